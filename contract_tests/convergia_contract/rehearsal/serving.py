"""Scenarios that a person or a test suite triggers, each at its own URL."""

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
    """The address of a scenario, and the messages to send to it.

    Attributes:
        scenario: the name of the scenario.
        base_url: the base URL of the gateway.
        wsdl_url: the URL of its WSDL.
        username: the account.
        numbers: the recipients, one for each message.
        message: the text to send.
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
    """All scenarios, prepared to be triggered.

    Args:
        stage: a running stage.
        scenarios: the scenarios, in the order of the list.
        deviations: accepted deviations.
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
        """Return the addresses and messages of all scenarios."""
        return [_offer(setting) for setting in self._settings]

    def judge(self) -> RehearsalResult:
        """Judge the scenarios that were triggered so far, without exit codes and output."""
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
