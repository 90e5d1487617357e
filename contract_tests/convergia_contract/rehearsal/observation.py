"""The observation of a message in a scenario: what the gateway got and the program reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec
from convergia_mockserver import FaultKind

if TYPE_CHECKING:
    import re

    from convergia_mockserver import JournalEntry, Message
    from convergia_wsdl import Profile

    from .programs import ProgramRun
    from .scenarios import Expected, Scenario

Claim = Literal["success", "failure", "unknown"]
UNKNOWN_EXIT_CODE = 3
_LAST_SIGNAL = 64
_SHELL_SIGNALS = 128


class Assignment(msgspec.Struct, frozen=True):
    """The message that a run of the program must send."""

    number: str
    message: str
    extra: str


@dataclass(frozen=True, slots=True)
class Observation:
    """The results of an assignment.

    Attributes:
        scenario: the scenario.
        assignment: the message to send.
        run: the run of the program. None if a person or a test suite sent the message.
        claim: the outcome that the program reported. None without a run.
        sends: the send requests, oldest first.
        queries: the status queries.
        messages: the accepted messages.
        profile: the assumptions in force.
        expects: the outcome of the message if it is sent once.
        names_extra: True if the command contains `{extra}`, so that the reference must arrive.
    """

    scenario: Scenario
    assignment: Assignment
    run: ProgramRun | None
    claim: Claim | None
    sends: tuple[JournalEntry, ...]
    queries: tuple[JournalEntry, ...]
    messages: tuple[Message, ...]
    profile: Profile
    expects: Expected
    names_extra: bool = False


@dataclass(frozen=True, slots=True)
class Claims:
    """The ways in which a program reports the outcome of a message.

    Attributes:
        success: the pattern of its output for success. By default exit code 0.
        unknown: the pattern of its output for an unknown outcome. By default exit code 3, as for
            `convergia send`.
    """

    success: re.Pattern[str] | None = None
    unknown: re.Pattern[str] | None = None

    def read(self, run: ProgramRun) -> Claim:
        """Return the outcome that a finished run reports."""
        if self.unknown is not None and self.unknown.search(run.output):
            return "unknown"
        if self.success is not None and self.success.search(run.output):
            return "success"
        if self.unknown is None and run.exit_code == UNKNOWN_EXIT_CODE:
            return "unknown"
        return "success" if self.success is None and run.exit_code == 0 else "failure"


def answered(seen: Observation, position: int) -> bool:
    """Return True if the reply to a send arrived complete, and while the client waited.

    Args:
        seen: the observation of the message.
        position: the position of the send. Negative from the end.
    """
    position %= len(seen.sends)
    entry = seen.sends[position]
    if entry.fault not in {None, FaultKind.DUPLICATE_ID.value}:
        return False
    if not entry.delay:
        return True
    if position + 1 < len(seen.sends):
        waited = (seen.sends[position + 1].at - entry.at).total_seconds()
    else:
        waited = 0.0 if seen.run is None else seen.run.seconds
    return waited >= entry.delay


def ended_by_signal(run: ProgramRun) -> int | None:
    """Return the signal that ended the program, as reported by the system or a shell, or None."""
    code = run.exit_code
    if code is None:
        return None
    if code < 0:
        return -code
    number = code - _SHELL_SIGNALS
    return number if 0 < number <= _LAST_SIGNAL else None
