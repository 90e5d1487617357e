"""What is known of one message after a scenario: what the gateway saw and what the program said."""

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
    """What one run of the program is asked to send."""

    number: str
    message: str
    extra: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One assignment, and all that came of it.

    Attributes:
        scenario: the situation.
        assignment: what the program was asked to send.
        run: the program's; None if a person or a test suite triggered the scenario.
        claim: what the program says became of the message; None without a run.
        sends: the send requests, in the order they came.
        queries: the status queries.
        messages: the accepted messages.
        profile: the assumptions in force.
        expects: what becomes of the message, if it is sent once.
        names_extra: the command names `{extra}`, so the reference must arrive.
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
    """How a program says what became of a message.

    Attributes:
        success: a pattern that its output matches; exit code 0 without one.
        unknown: a pattern; exit code 3 without one, as `convergia send` has it.
    """

    success: re.Pattern[str] | None = None
    unknown: re.Pattern[str] | None = None

    def read(self, run: ProgramRun) -> Claim:
        """Return what a finished run claims."""
        if self.unknown is not None and self.unknown.search(run.output):
            return "unknown"
        if self.success is not None and self.success.search(run.output):
            return "success"
        if self.unknown is None and run.exit_code == UNKNOWN_EXIT_CODE:
            return "unknown"
        return "success" if self.success is None and run.exit_code == 0 else "failure"


def answered(seen: Observation, position: int) -> bool:
    """Return True if the reply to a send arrived whole, undisturbed, and while the client waited.

    Args:
        seen: what is known of the message.
        position: which of its sends; negative from the end.
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
    """Return the signal that ended the program, as the system or a shell reports it."""
    code = run.exit_code
    if code is None:
        return None
    if code < 0:
        return -code
    number = code - _SHELL_SIGNALS
    return number if 0 < number <= _LAST_SIGNAL else None
