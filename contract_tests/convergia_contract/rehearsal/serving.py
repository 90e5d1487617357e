"""Scenarios that a person or a test suite triggers, each at a URL of its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from .verdicts import RehearsalResult, gone_deviations, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .expectations import Deviation
    from .scenarios import Scenario
    from .stage import Setting, Stage


class Offer(msgspec.Struct, frozen=True):
    """Where one scenario is played, and what is to be sent there.

    Attributes:
        scenario: its name.
        base_url: the gateway's.
        wsdl_url: its WSDL.
        username: the account.
        numbers: to whom; one for each message.
        message: what is to be sent.
        extra: the reference of the first message.
    """

    scenario: str
    base_url: str
    wsdl_url: str
    username: str
    numbers: tuple[str, ...]
    message: str
    extra: str


class Offers:
    """Every scenario, ready to be triggered.

    Args:
        stage: a running one.
        scenarios: in the order they are listed.
        deviations: accepted breaches.
    """

    def __init__(
        self, stage: Stage, scenarios: Sequence[Scenario], deviations: Sequence[Deviation]
    ) -> None:
        self._stage = stage
        self._deviations = deviations
        self._began = time.monotonic()
        self._started = datetime.now(UTC)
        self._settings = [stage.prepare(scenario) for scenario in scenarios]

    def list(self) -> list[Offer]:
        """Return what to call, and with what."""
        return [_offer(setting) for setting in self._settings]

    def judge(self) -> RehearsalResult:
        """Judge what was triggered so far. Exit codes and output are not known here."""
        seconds = time.monotonic() - self._began
        results = []
        for setting in self._settings:
            seen = self._stage.observe(setting, [None] * len(setting.assignments))
            results.append(judge(setting.scenario, seen, self._deviations, seconds))
        return RehearsalResult(
            (),
            self._started.isoformat(timespec="seconds"),
            round(seconds, 3),
            tuple(results),
            gone_deviations(self._deviations, results),
        )


def _offer(setting: Setting) -> Offer:
    first = setting.assignments[0]
    return Offer(
        setting.scenario.name,
        setting.base_url,
        setting.wsdl_url,
        setting.username,
        tuple(assignment.number for assignment in setting.assignments),
        first.message,
        first.extra,
    )
