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
    """A script is invalid. The message names the field and the reason."""


class ScriptAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The answer to one request.

    Attributes:
        code: the guide's code. None for the code that the request would get without a script.
        fault: the fault to inject.
        seconds: the longest time that a silence or a slow reply lasts.
        delay: the seconds by which the reply is delayed, or the distribution to draw them from.
        returns: the value that the operation returns. A struct is an object, an array a list. A
            send is accepted or rejected as without a script.
        soap_fault: a SOAP Fault that replaces the result. A send is not accepted, unless `code` is
            100.
        reply: status, headers and body that replace the face's reply. A send is accepted or
            rejected as without a script.
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
        """True if it gives the result of an operation."""
        return self.returns is not msgspec.UNSET or self.soap_fault is not None

    @property
    def weight(self) -> int:
        """The approximate size of its reply in bytes."""
        if self.reply is None:
            return 0
        return len(self.reply.text or self.reply.base64 or "")

    @property
    def label(self) -> str:
        """Its short form in lists of scripts: `110`, `http-503`, `SOAP Fault: …`."""
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
    """A rule that answers the next matching requests.

    Attributes:
        answers: the answers, given one after the other. If `times` is larger than their number, or
            0, they repeat from the first.
        match: the criteria for requests. By default all requests match. A status query has the
            number, text and extra of its message.
        times: the number of requests that it answers. By default the number of its answers. 0 for
            no limit.
        probability: the probability, from 0 to 1, that it answers a matching request.
        seed: the seed of its random numbers, which makes a run repeatable.
    """

    answers: tuple[ScriptAnswer, ...]
    match: Criteria = Criteria()
    times: Count | None = None
    probability: float = 1.0
    seed: Whole = 0


def typed(script: Script) -> Script:
    """Return the script with the types of all its values checked.

    msgspec checks values that it decodes, but not those of objects made in Python.

    Raises:
        ScriptError: if a value has the wrong type. The message names the field.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(script), Script)
    except (msgspec.ValidationError, TypeError) as error:
        raise ScriptError(f"the script is invalid: {describe(error, Script)}") from None


class ScriptState(msgspec.Struct, frozen=True):
    """A script with its state.

    Attributes:
        id: the number of the script in the space, from 1.
        script: its definition.
        used: the number of requests that it has answered.
        remaining: the number of requests that it will still answer. None for no limit.
        draws: the number of random draws for its probability.
        from_file: true if it comes from the server's start file.
    """

    id: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
    script: Script
    used: Count
    remaining: Count | None
    draws: Count = 0
    from_file: bool = False


class NearMiss(msgspec.Struct, frozen=True):
    """The script that nearly matched a request, and why it did not answer.

    Attributes:
        script: the id of the script.
        matched: the fields that matched.
        reasons: why it did not answer, one text for each reason.
    """

    script: int
    matched: tuple[str, ...]
    reasons: tuple[str, ...]
