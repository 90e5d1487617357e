"""A call from beginning to end, without its I/O.

Each call is a generator: it yields what is to be done (`Exchange`, `Pause`), is sent what came of
it, and returns the call's result or raises its error. The sync and the async client drive the same
generators and differ only in how they do what is asked.

The rule that all this serves: a send is not idempotent. What failed before anything was written was
not sent; a code that came back is the answer; all else is outcome unknown, and never sent again
unless the caller asked for that by name.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from convergia_sms._codecs.dialect import Reading
from convergia_sms._codecs.explanation import explain
from convergia_sms._codecs.operations import Returned
from convergia_sms._codecs.service import ServiceFault
from convergia_sms._codecs.vocabulary import ACCEPTED
from convergia_sms._codecs.wire import ASKING
from convergia_sms._errors import (
    ConvergiaError,
    GatewayFaultError,
    OutcomeUnknownError,
    QueryFailedError,
)
from convergia_sms._exchange import LAPSED, MAX_BODY, Exchange, Failure, Pause
from convergia_sms._models import MASKED_TEXT, DeliveryStatus, Receipt
from convergia_sms._observation import RequestInfo, ResponseInfo
from convergia_sms._outcomes import outcome_of, retry_kind
from convergia_sms._redaction import Redactor
from convergia_sms._retries import pause
from convergia_sms._rules import delivery, may_be_done, refusal, unanswered, unreadable
from convergia_sms._text import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from convergia_wsdl import Guide, Profile

    from convergia_sms._codecs.dialect import Unreadable
    from convergia_sms._codecs.wire import Codec, Credentials, Operation, Reply, Request
    from convergia_sms._exchange import Done, Step, Steps
    from convergia_sms._lazy_operations import LazyOperations
    from convergia_sms._observation import Observer
    from convergia_sms._outcomes import RetryKind
    from convergia_sms._retries import Retries, RetryBudget
    from convergia_sms._timeouts import Timeout

__all__ = ["Conversation", "Outgoing"]

Result = TypeVar("Result", bound=Receipt | DeliveryStatus | Returned)

# What may be a code in a sensitive text: a reply may echo it alone.
_CODE = re.compile(r"\d{3,10}")
# A shorter text would be found in every reply.
_SHORTEST_PRIVATE = 4
_FIRST_POLL = 0.5
_SUCCESS = range(200, 300)
# Reports and lists of other operations are longer than a code and an id.
_LARGEST_ANSWER = 16 << 20
_LONGEST_POLL = 10.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it goes out.

    Attributes:
        number: the 12 digits.
        message: the text.
        changed: whether that is another text than the caller gave.
        redirected_from: the number that the caller gave, if that is another one; else None.
    """

    number: str
    message: str
    changed: bool = False
    redirected_from: str | None = None


@dataclass(slots=True)
class _Call:
    """A call, and which attempt at it this is.

    Attributes:
        operation: what it asks for.
        request: what is sent, at each attempt.
        timeout: its limits.
        deadline: when all must be over.
        describe: what is told of an attempt, by its number; asked only where somebody listens.
        read: reads a reply; None if its HTTP status says that there is nothing to read.
        attempt: from 1.
        message_id: of the message asked for.
        max_body: the largest reply to accept, in bytes.
        number: of the message sent; in no error and no log.
        text: of the message sent; in no error and no log.
        redactor: masks what must show nowhere.
    """

    operation: Operation
    request: Request
    timeout: Timeout
    deadline: float
    describe: Callable[[int], RequestInfo]
    redactor: Redactor
    read: Callable[[Reply], Reading | Returned | ServiceFault | Unreadable | None]
    attempt: int = 1
    message_id: str = ""
    max_body: int = MAX_BODY
    number: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    _info: RequestInfo | None = None

    def info(self) -> RequestInfo:
        """What is told of this attempt; the same object however often it is told."""
        if self._info is None or self._info.attempt != self.attempt:
            self._info = self.describe(self.attempt)
        return self._info


@dataclass(frozen=True, slots=True)
class Conversation:
    """What every call of a client shares."""

    codec: Codec
    credentials: Credentials
    origin: str
    guide: Guide
    profile: Profile
    retries: Retries
    budget: RetryBudget
    observer: Observer
    redactor: Redactor
    operations: LazyOperations
    clock: Callable[[], float] = time.monotonic

    def send(
        self, text: Outgoing, extra: str | None, timeout: Timeout, *, sensitive: bool = False
    ) -> Steps[Receipt]:
        """Send a message; a sensitive one's text is masked wherever anybody might read it."""
        number, message = text.number, text.message
        redactor = self.redactor
        if sensitive:
            redactor = redactor.including(message, *_CODE.findall(message))
        request = self.codec.send(self.credentials, number, message, extra)
        segments = measure(message).segments

        def judge(reading: Reading, raw: bytes) -> Receipt | ConvergiaError:
            if reading.code != ACCEPTED:
                return refusal(reading.code, self.guide, self.profile, redactor.mask(raw))
            if reading.message_id in {number, number[-10:]} and not self.profile.reply.strict:
                reason = "the reply repeats the number where a message id was expected"
                masked = redactor.mask(raw)
                return OutcomeUnknownError(f"the message may have been sent: {reason}", raw=masked)
            return Receipt(
                message_id=reading.message_id,
                code=reading.code,
                number=number,
                transport=self.codec.transport,
                segments=segments,
                raw=redactor.mask(raw) if sensitive else raw,
                sent_text=message if text.changed else None,
                redirected_from=text.redirected_from,
            )

        def describe(attempt: int) -> RequestInfo:
            info = self._info("send", request, attempt)
            shown = MASKED_TEXT if sensitive else message
            return replace(info, segments=segments, number=number, text=shown)

        deadline = self.clock() + timeout.total
        call = _Call("send", request, timeout, deadline, describe, redactor, self._reading("send"))
        call.number, call.text = number, message
        return (yield from self._attempts(call, judge))

    def status(self, message_id: str, timeout: Timeout) -> Steps[DeliveryStatus]:
        """Ask for a message's state."""
        request = self.codec.status(self.credentials, message_id)

        def judge(reading: Reading, raw: bytes) -> DeliveryStatus | ConvergiaError:
            return delivery(reading.code, self.guide, self.redactor.mask(raw))

        def describe(attempt: int) -> RequestInfo:
            return self._info("status", request, attempt)

        deadline = self.clock() + timeout.total
        call = _Call(
            "status", request, timeout, deadline, describe, self.redactor, self._reading("status")
        )
        call.message_id = message_id
        return (yield from self._attempts(call, judge))

    def wait(
        self, message_id: str, seconds: float, poll: float | None, timeout: Timeout
    ) -> Steps[DeliveryStatus]:
        """Ask until the state is final or the time is up; the last state seen."""
        deadline = self.clock() + seconds
        interval = poll or _FIRST_POLL
        while True:
            state: DeliveryStatus | None = None
            failure: QueryFailedError | None = None
            try:
                state = yield from self.status(message_id, timeout)
            except QueryFailedError as error:
                if not error.retryable:
                    raise
                # The gateway is out of reach for a while; the message is on its way all the same.
                failure = error
            if state in self.profile.status.final and state is not None:
                return state
            left = deadline - self.clock()
            if left <= 0:
                if state is not None:
                    return state
                if failure is not None:
                    raise failure
            yield Pause(max(0.0, min(interval, left)))
            if poll is None:
                interval = min(_LONGEST_POLL, interval * 1.5)

    def call(
        self, name: str, arguments: Mapping[str, object], timeout: Timeout, *, repeatable: bool
    ) -> Steps[Returned]:
        """Call an operation of the WSDL. A repeatable one gets a query's retries and errors."""
        codec = self.operations.get()
        request = codec.request(self.credentials, name, arguments)
        operation: Operation = "query" if repeatable else "call"

        def describe(attempt: int) -> RequestInfo:
            info = self._info(operation, request, attempt)
            return replace(info, transport="soap", wsdl_operation=name)

        def read(reply: Reply) -> Returned | ServiceFault | Unreadable | None:
            found = codec.read(name, reply)
            fits = reply.status in _SUCCESS or isinstance(found, ServiceFault)
            return found if fits else None

        def judge(returned: Returned, _raw: bytes) -> Returned:
            return returned

        deadline = self.clock() + timeout.total
        call = _Call(operation, request, timeout, deadline, describe, self.redactor, read)
        call.max_body = _LARGEST_ANSWER
        return (yield from self._attempts(call, judge))

    def _reading(self, operation: Operation) -> Callable[[Reply], Reading | Unreadable | None]:
        def read(reply: Reply) -> Reading | Unreadable | None:
            return self.codec.read(operation, reply) if reply.status in _SUCCESS else None

        return read

    def _info(self, operation: Operation, request: Request, attempt: int) -> RequestInfo:
        return RequestInfo(
            operation=operation,
            transport=self.codec.transport,
            method=request.method,
            url=self.origin + request.target.partition("?")[0],
            attempt=attempt,
        )

    def _attempts(
        self, call: _Call, judge: Callable[[Any, bytes], Result | ConvergiaError]
    ) -> Steps[Result]:
        """Attempt the call until it is answered, or may not be attempted again."""
        spent: dict[RetryKind, int] = {}
        while True:
            verdict = yield from self._exchange(call, judge)
            if not isinstance(verdict, ConvergiaError):
                self.budget.give()
                return verdict
            kind = retry_kind(verdict)
            if kind is None or spent.get(kind, 0) >= getattr(self.retries, kind):
                raise verdict
            seconds = pause(call.attempt)
            lapsed = LAPSED.get()
            if self.clock() + seconds >= call.deadline or (lapsed is not None and lapsed()):
                raise verdict
            if not self.budget.take():
                raise verdict
            spent[kind] = spent.get(kind, 0) + 1
            self.observer.retrying(call.info(), seconds)
            yield Pause(seconds)
            call.attempt += 1

    def _exchange(
        self, call: _Call, judge: Callable[[Any, bytes], Result | ConvergiaError]
    ) -> Generator[Step, Done, Result | ConvergiaError]:
        exchange = Exchange(
            call.request,
            call.timeout,
            call.deadline,
            max_body=call.max_body,
            lapsed=LAPSED.get(),
        )
        end = self.observer.before(call.info)
        started = self.clock()
        try:
            done = yield exchange
        except BaseException as interruption:
            seconds = self.clock() - started
            told = _interrupted(call, interruption, exchange, seconds)
            self.observer.after(told.outcome, lambda: told, end)
            raise
        seconds = self.clock() - started
        if done is None:
            raise TypeError("an exchange is answered by a reply or a failure")
        reading = self._read(call, done, on_wire=exchange.on_wire)
        verdict = (
            judge(reading, b"" if isinstance(done, Failure) else done.body)
            if isinstance(reading, Reading | Returned)
            else reading
        )
        if isinstance(reading, Reading) and reading.unforeseen:
            self.observer.unforeseen(call.operation, self.codec.transport)
        outcome = outcome_of(call.operation, verdict)

        def describe() -> ResponseInfo:
            return ResponseInfo(
                request=call.info(),
                outcome=outcome,
                seconds=seconds,
                http_status=done.http_status if isinstance(done, Failure) else done.status,
                code=reading.code if isinstance(reading, Reading) else None,
                message_id=(
                    call.message_id or (verdict.message_id if isinstance(verdict, Receipt) else "")
                ),
                error=verdict if isinstance(verdict, ConvergiaError) else None,
            )

        self.observer.after(outcome, describe, end)
        return verdict

    def _read(
        self, call: _Call, done: Reply | Failure, *, on_wire: bool
    ) -> Reading | Returned | ConvergiaError:
        operation = call.operation
        if isinstance(done, Failure):
            masked = replace(
                done, reason=_masked(call, done.reason), raw=call.redactor.mask(done.raw)
            )
            return unanswered(operation, masked, on_wire=on_wire)
        read = call.read(done)
        if isinstance(read, Reading | Returned):
            return read
        if isinstance(read, ServiceFault):
            return GatewayFaultError(
                _masked(call, read.code),
                _masked(call, read.text),
                detail=_masked(call, read.detail),
                http_status=done.status,
            )
        raw = call.redactor.mask(done.body)
        private = Redactor(
            call.text if len(call.text) >= _SHORTEST_PRIVATE else "",
            numbers=[call.number] if call.number else (),
        )

        def mask(text: str) -> str:
            return private.mask(_masked(call, text).encode()).decode()

        return unreadable(operation, explain(done, read), raw, done.status, mask)


def _masked(call: _Call, text: str) -> str:
    return call.redactor.mask(text.encode()).decode()


def _interrupted(
    call: _Call, interruption: BaseException, exchange: Exchange, seconds: float
) -> ResponseInfo:
    """Make what an interruption leaves open visible on it: a cancelled send may have been sent.

    The interruption of a send goes on its way with an `OutcomeUnknownError` as its cause.
    """
    if call.operation in ASKING:
        return ResponseInfo(call.info(), "failed", seconds, message_id=call.message_id)
    if not exchange.on_wire:
        return ResponseInfo(call.info(), "not-sent", seconds, message_id=call.message_id)
    error = OutcomeUnknownError(
        f"interrupted ({type(interruption).__name__}) after the request went out"
    )
    interruption.add_note(f"convergia_sms: {may_be_done(call.operation)}")
    if interruption.__cause__ is None:
        interruption.__cause__ = error
    return ResponseInfo(call.info(), "unknown", seconds, message_id=call.message_id, error=error)
