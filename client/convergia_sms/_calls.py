"""A call under way: its request and deadline, and the outcome of an interruption."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convergia_sms._codecs.wire import ASKING
from convergia_sms._errors import OutcomeUnknownError
from convergia_sms._exchange import MAX_BODY
from convergia_sms._observation import RequestInfo, ResponseInfo
from convergia_sms._rules import may_be_done

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_sms._codecs.dialect import Reading, Unreadable
    from convergia_sms._codecs.operations import Returned
    from convergia_sms._codecs.service import ServiceFault
    from convergia_sms._codecs.wire import Credentials, Operation, Reply, Request
    from convergia_sms._exchange import Exchange
    from convergia_sms._redaction import Redactor
    from convergia_sms._timeouts import Timeout

__all__ = ["Call", "Outgoing", "interrupted"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it is sent.

    Attributes:
        number: the 12 digits.
        message: the text of the message.
        changed: True if the text differs from the caller's.
        redirected_from: the number that the caller gave, if it differs. Otherwise None.
    """

    number: str
    message: str
    changed: bool = False
    redirected_from: str | None = None


@dataclass(slots=True)
class Call:
    """A call, and the number of its current attempt.

    Attributes:
        operation: the kind of call.
        request: the request of each attempt.
        timeout: its limits.
        deadline: the time when the call must end, by the clock of the conversation.
        describe: returns the `RequestInfo` of an attempt, by its number. Called only if a hook, the
            log or telemetry needs it.
        attempt: the number of the attempt, from 1.
        message_id: the id of the message that is queried.
        max_body: the largest reply to accept, in bytes.
        number: the number of the message. Never shown in errors and logs.
        text: the text of the message. Never shown in errors and logs.
        redactor: masks secrets.
        compose: makes the request with the given credentials.
        read: reads a reply. Returns None if its HTTP status shows that there is nothing to read.
        password: the password in the request, if a function gave it.
    """

    operation: Operation
    request: Request
    timeout: Timeout
    deadline: float
    describe: Callable[[int], RequestInfo]
    redactor: Redactor
    compose: Callable[[Credentials], Request]
    read: Callable[[Reply], Reading | Returned | ServiceFault | Unreadable | None]
    password: str = field(default="", repr=False)
    attempt: int = 1
    message_id: str = ""
    max_body: int = MAX_BODY
    number: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    _info: RequestInfo | None = None

    def info(self) -> RequestInfo:
        """Return the `RequestInfo` of this attempt, the same object each time."""
        if self._info is None or self._info.attempt != self.attempt:
            self._info = self.describe(self.attempt)
        return self._info


def interrupted(
    call: Call, interruption: BaseException, exchange: Exchange, seconds: float
) -> ResponseInfo:
    """Return how an interrupted request ended. A cancelled send may have been sent.

    If the request was already being written, the interruption gets an `OutcomeUnknownError` as its
    cause.
    """
    if call.operation in ASKING:
        return ResponseInfo(call.info(), "failed", seconds, message_id=call.message_id)
    if not exchange.on_wire:
        return ResponseInfo(call.info(), "not-sent", seconds, message_id=call.message_id)
    told = may_be_done(call.operation)
    why = f"interrupted ({type(interruption).__name__}) after the request went out"
    error = OutcomeUnknownError(f"{told}: {why}")
    interruption.add_note(f"convergia_sms: {told}")
    if interruption.__cause__ is None:
        interruption.__cause__ = error
    return ResponseInfo(call.info(), "unknown", seconds, message_id=call.message_id, error=error)
