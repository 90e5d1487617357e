"""Playing the scenarios, several at a time, and judging each."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .observation import Claims
from .programs import fill, run
from .verdicts import RehearsalResult, gone_deviations, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .expectations import Deviation
    from .observation import Assignment, Claim
    from .programs import ProgramRun
    from .scenarios import Scenario
    from .stage import Setting, Stage
    from .verdicts import ScenarioResult

_EXTRA = "{extra}"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The rehearsal of a program.

    Attributes:
        stage: the stage with the mock gateway.
        command: the program with its arguments.
        claims: the ways in which the program reports an outcome.
        deviations: accepted deviations.
        timeout: the longest time of a run, in seconds.
        jobs: the number of scenarios to play at the same time.
    """

    stage: Stage
    command: Sequence[str]
    claims: Claims = field(default_factory=Claims)
    deviations: Sequence[Deviation] = ()
    timeout: float = 60.0
    jobs: int = 4

    def play(
        self, scenarios: Sequence[Scenario], on_result: Callable[[ScenarioResult], None]
    ) -> RehearsalResult:
        """Play all scenarios, and call `on_result` with the result of each.

        Raises:
            ProgramError: if the command cannot be started.
        """
        started, began = datetime.now(UTC), time.monotonic()
        results: dict[str, ScenarioResult] = {}
        pool = ThreadPoolExecutor(self.jobs, thread_name_prefix="rehearse")
        try:
            for future in as_completed([pool.submit(self._play, each) for each in scenarios]):
                result = future.result()
                results[result.scenario.name] = result
                on_result(result)
        finally:
            pool.shutdown(cancel_futures=True)
        ordered = [results[scenario.name] for scenario in scenarios]
        return RehearsalResult(
            tuple(self.command),
            started.isoformat(timespec="seconds"),
            round(time.monotonic() - began, 3),
            tuple(ordered),
            gone_deviations(self.deviations, ordered),
        )

    def _play(self, scenario: Scenario) -> ScenarioResult:
        began = time.monotonic()
        setting = self.stage.prepare(scenario)
        ends: list[int] | None = None
        if scenario.at_once:
            with ThreadPoolExecutor(len(setting.assignments)) as pool:
                runs = list(pool.map(lambda each: self._run(setting, each), setting.assignments))
        else:
            runs, ends = [], []
            for assignment in setting.assignments:
                runs.append(self._run(setting, assignment))
                ends.append(setting.space.journal.count())
        names_extra = any(_EXTRA in argument for argument in self.command)
        seen = self.stage.observe(setting, runs, ends=ends, names_extra=names_extra)
        return judge(scenario, seen, self.deviations, time.monotonic() - began)

    def _run(self, setting: Setting, assignment: Assignment) -> tuple[ProgramRun, Claim]:
        done = run(
            fill(self.command, setting.values(assignment)),
            setting.environment(assignment),
            password=setting.password,
            timeout=self.timeout,
        )
        return done, self.claims.read(done)
