"""The stage: a mock server with a space for each scenario, and its observations."""

from __future__ import annotations

import logging
import os
import secrets
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from convergia_mockserver import Account, MockServer
from convergia_mockserver.gateway.patterns import twelve_digits

from .observation import Assignment, Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from convergia_mockserver import JournalEntry, Space
    from convergia_mockserver.gateway.scripts import ScriptOptions
    from convergia_wsdl import Profile

    from .observation import Claim
    from .programs import ProgramRun
    from .scenarios import Expected, Scenario, Step

_BEYOND_PATIENCE = 5.0
# These variables would change the program's account, password, recipients or route.
_DROPPED = (
    "CONVERGIA_ACCOUNT", "CONVERGIA_ALLOWED_NUMBERS", "CONVERGIA_PASSWORD_FILE", "CONVERGIA_PROXY",
    "CONVERGIA_REDIRECT_TO",
)  # fmt: skip
_LOCAL = "127.0.0.1,localhost,::1"


@dataclass(frozen=True, slots=True)
class Setting:
    """A prepared scenario.

    Attributes:
        scenario: the scenario.
        space: its space on the server.
        base_url: the base URL of the gateway.
        wsdl_url: the URL of its WSDL.
        username: the account, with the name of the space if all scenarios share one URL.
        password: the password for the program, which is wrong if the scenario says so.
        assignments: the messages to send, one for each run.
    """

    scenario: Scenario
    space: Space
    base_url: str
    wsdl_url: str
    username: str
    password: str = field(repr=False)
    assignments: tuple[Assignment, ...]

    def values(self, assignment: Assignment) -> dict[str, str]:
        """Return the values of the command's placeholders. The password is not among them."""
        return {
            "number": assignment.number,
            "message": assignment.message,
            "extra": assignment.extra,
            "base_url": self.base_url,
            "wsdl_url": self.wsdl_url,
            "username": self.username,
            "scenario": self.scenario.name,
        }

    def environment(self, assignment: Assignment) -> dict[str, str]:
        """Return the program's environment: the current one with `CONVERGIA_*`, without a proxy."""
        inherited = {name: value for name, value in os.environ.items() if name not in _DROPPED}
        direct = {
            name: ",".join(filter(None, (_LOCAL, inherited.get(name))))
            for name in ("NO_PROXY", "no_proxy")
        }
        given = {
            f"CONVERGIA_{name.upper()}": value for name, value in self.values(assignment).items()
        }
        return (
            inherited
            | given
            | direct
            | {"CONVERGIA_PASSWORD": self.password, "CONVERGIA_FORBID_LIVE": "1"}
        )


class Stage:
    """A mock server with a space for each scenario, as a context manager.

    Args:
        profile: the assumptions in force.
        username: the account for the program.
        password: the password of the account. By default a random one.
        by_account: True if all scenarios share one URL, and the name of the account selects one.
        host: the address to listen at.
        port: the port to listen at. 0 for any free port.
        timeout: the longest time of a program, in seconds.
    """

    def __init__(
        self,
        profile: Profile,
        username: str,
        password: str | None = None,
        *,
        by_account: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        timeout: float = 60.0,
    ) -> None:
        self.profile = profile
        self.username = username
        self.password: str = password or secrets.token_urlsafe(18)
        self._by_account = by_account
        self._timeout = timeout
        account = Account(name=username, password=self.password)
        self.server: MockServer = MockServer(
            host, port, accounts=[account], profile=profile, delivery_delay=0.0
        )

    def __enter__(self) -> Self:
        # uvicorn logs each fault that the server injects as an error.
        logging.getLogger("uvicorn").addHandler(logging.NullHandler())
        self.server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.stop()

    def prepare(self, scenario: Scenario) -> Setting:
        """Prepare a scenario in its own space."""
        space = self.server.space(scenario.name)
        account = Account(
            name=self.username,
            password=self.password,
            allowance=scenario.limits.allowance,
            addresses=scenario.limits.addresses,
            prefixes=scenario.limits.prefixes,
            hours=scenario.limits.hours,
            rate=scenario.limits.rate,
        )
        space.accounts.put(account)
        for step in scenario.steps:
            space.script(**self._options(step))
        name = None if self._by_account else scenario.name
        return Setting(
            scenario,
            space,
            self.server.url_for("http", name).rstrip("/"),
            self.server.url_for("soap", name) + "?wsdl",
            f"{self.username}@{scenario.name}" if self._by_account else self.username,
            self.password[::-1] + "x" if scenario.wrong_password else self.password,
            tuple(_assignments(scenario)),
        )

    def _options(self, step: Step) -> ScriptOptions:
        beyond = self._timeout + _BEYOND_PATIENCE
        options: ScriptOptions = {
            "code": step.code,
            "fault": step.fault,
            "seconds": beyond if step.outlasts else step.seconds,
            "delay": beyond if step.outlasts and step.fault is None else step.delay,
            "times": step.times,
            "face": step.face,
            "operation": step.operation or ("send" if step.code is None else None),
        }
        return options

    def observe(
        self,
        setting: Setting,
        runs: Iterable[tuple[ProgramRun, Claim] | None],
        *,
        ends: Sequence[int] | None = None,
        names_extra: bool = False,
    ) -> list[Observation]:
        """Return the observation of each assignment.

        Args:
            setting: the setting of the scenario that was played.
            runs: the runs in the order of the assignments.
            ends: the number of journal entries after each run. None if runs overlapped.
            names_extra: True if the command contains the reference.
        """
        entries, _ = setting.space.journal.find()
        messages = {message.id: message for message in setting.space.messages}
        if ends is None:
            place = _by_number(setting.assignments)
        else:
            place = lambda entry: bisect_left(ends, entry.id)  # noqa: E731
        observations = []
        owners: dict[str, int] = {}
        for entry in entries:
            if entry.message_id is not None:
                owners[entry.message_id] = place(entry)
        for position, (assignment, run) in enumerate(zip(setting.assignments, runs, strict=True)):
            sends = [
                entry for entry in entries if entry.operation == "send" and place(entry) == position
            ]
            queries = [
                entry
                for entry in entries
                if entry.operation == "status"
                and owners.get(entry.arguments.get("messageid", ""), 0) == position
            ]
            observations.append(
                Observation(
                    scenario=setting.scenario,
                    assignment=assignment,
                    run=None if run is None else run[0],
                    claim=None if run is None else run[1],
                    sends=tuple(sends),
                    queries=tuple(queries),
                    messages=tuple(
                        messages[each]
                        for each, owner in owners.items()
                        if owner == position and each in messages
                    ),
                    profile=self.profile,
                    expects=_expected(setting.scenario, position),
                    names_extra=names_extra,
                )
            )
        return observations


def _assignments(scenario: Scenario) -> Iterable[Assignment]:
    for position in range(scenario.runs):
        number = f"{int(scenario.number) + position:012d}"
        extra = scenario.extra if scenario.runs == 1 else f"{scenario.extra}-{position + 1}"
        yield Assignment(number, scenario.message, extra)


def _expected(scenario: Scenario, position: int) -> Expected:
    return (scenario.expects_next or scenario.expects) if position else scenario.expects


def _by_number(assignments: tuple[Assignment, ...]) -> Callable[[JournalEntry], int]:
    """Return a function that finds the assignment of a send by its number, or else the first."""
    places = {assignment.number: place for place, assignment in enumerate(assignments)}
    return lambda entry: places.get(twelve_digits(entry.arguments.get("number", "")), 0)
