"""Scripts as values."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from convergia_mockserver.gateway.calls import SoapFault  # noqa: TC001 - msgspec reads it
from convergia_mockserver.gateway.criteria import Criteria
from convergia_mockserver.gateway.faults import FaultKind  # noqa: TC001 - msgspec reads it
from convergia_mockserver.gateway.numbers import LARGEST, Code, Count, Whole
from convergia_mockserver.gateway.own_reply import OwnReply  # noqa: TC001 - msgspec reads it
from convergia_mockserver.gateway.valid_input import describe

from .delays import Delay  # noqa: TC001 - msgspec reads it


class ScriptError(ValueError):
    """A script that cannot be; says why."""


class ScriptAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one request gets.

    Attributes:
        code: the guide's code; None for the one it would get without a script.
        fault: a failure below the codes.
        seconds: how long a silence or a drip lasts at most.
        delay: seconds to hold the reply back, or what they are drawn from.
        returns: what the operation returns, spelled by the face: a struct is an object, an array a
            list. A send is taken or refused as it would be without.
        soap_fault: a SOAP Fault instead. A send is not taken, unless `code` is 100.
        reply: status, headers and body in place of what the face would spell. A send is taken or
            refused as it would be without.
    """

    code: Code | None = None
    fault: FaultKind | None = None
    seconds: float = 30.0
    delay: float | Delay = 0.0
    returns: Any = msgspec.UNSET
    soap_fault: SoapFault | None = None
    reply: OwnReply | None = None

    @property
    def decides(self) -> bool:
        """Return True if it says what an operation answers."""
        return self.returns is not msgspec.UNSET or self.soap_fault is not None

    @property
    def weight(self) -> int:
        """Bytes that its reply keeps, more or less."""
        if self.reply is None:
            return 0
        return len(self.reply.text or self.reply.base64 or "")

    @property
    def label(self) -> str:
        """What it is called where scripts are listed: `110`, `http-503`, `SOAP Fault: ...`."""
        parts = [str(each) for each in (self.code, self.fault) if each is not None]
        if self.soap_fault is not None:
            parts.append(f"SOAP Fault: {self.soap_fault.text[:40]}")
        if self.reply is not None:
            parts.append(f"HTTP {self.reply.status}")
        if self.returns is not msgspec.UNSET:
            parts.append(f"= {self.returns!r}"[:40])
        if self.delay:
            parts.append(f"{self.delay:g} s" if isinstance(self.delay, float | int) else "delay")
        return " ".join(parts)


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule for the next requests that match.

    Attributes:
        answers: one after the other; round again when `times` says more.
        match: which requests; all when left out. A status query has the number, text and extra of
            the message that it asks for.
        times: how many requests it answers; as many as it has answers when left out; 0: no end.
        probability: the chance that it answers a request that matches; others pass it by.
        seed: what the chance is drawn from, so that a run can be repeated.
    """

    answers: tuple[ScriptAnswer, ...]
    match: Criteria = Criteria()
    times: Count | None = None
    probability: float = 1.0
    seed: Whole = 0


def typed(script: Script) -> Script:
    """Return the script with each of its values checked for its type.

    What comes from JSON is checked as it is read; what comes from Python is not.

    Raises:
        ScriptError: one is not; its text says which.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(script), Script)
    except (msgspec.ValidationError, TypeError) as error:
        raise ScriptError(f"a script that cannot be: {describe(error, Script)}") from None


class ScriptState(msgspec.Struct, frozen=True):
    """A script at work.

    Attributes:
        id: its number in the space, from 1.
        script: what it says.
        used: how many requests it answered.
        remaining: how many more it will; None: no end.
        draws: how often its chance was drawn.
        from_file: whether the server's start file gave it.
    """

    id: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
    script: Script
    used: Count
    remaining: Count | None
    draws: Count = 0
    from_file: bool = False


class NearMiss(msgspec.Struct, frozen=True):
    """The script that came nearest to a request it did not answer, and why it did not.

    Attributes:
        script: the script's id.
        matched: the criteria that agreed.
        reasons: what did not agree, a text for each.
    """

    script: int
    matched: tuple[str, ...]
    reasons: tuple[str, ...]
