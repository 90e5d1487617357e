"""The course of a call, without its I/O.

Each call is a generator. It yields steps (`Exchange`, `Pause`, `PasswordWanted`), is sent their
results, and returns the call's result or raises its error. The sync and the async client drive the
same generators, and differ only in how they carry out a step.

The rule behind all this: a send is not idempotent. If it failed before anything was written, it was
not sent. If the reply has a code, that is the answer. Otherwise the outcome is unknown. The message
is then sent again only if the caller sets `Retries.risking_duplicates`.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from convergia_sms._calls import Call, interrupted
from convergia_sms._codecs.dialect import Reading
from convergia_sms._codecs.explanation import explain
from convergia_sms._codecs.operations import Returned
from convergia_sms._codecs.service import ServiceFault
from convergia_sms._codecs.vocabulary import ACCEPTED
from convergia_sms._codecs.wire import Credentials, Request
from convergia_sms._errors import (
    AuthenticationError,
    ConvergiaError,
    GatewayFaultError,
    OutcomeUnknownError,
    QueryFailedError,
)
from convergia_sms._exchange import LAPSED, Exchange, Failure, PasswordWanted, Pause
from convergia_sms._models import MASKED_TEXT, DeliveryStatus, Receipt
from convergia_sms._observation import RequestInfo, ResponseInfo
from convergia_sms._outcomes import outcome_of, retry_kind
from convergia_sms._redaction import Redactor
from convergia_sms._retries import pause
from convergia_sms._rules import delivery, no_password, refusal, unanswered, unreadable
from convergia_sms._settings.secrets import NoPassword, Password
from convergia_sms._text import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from convergia_wsdl import Guide, Profile

    from convergia_sms._calls import Outgoing
    from convergia_sms._codecs.dialect import Unreadable
    from convergia_sms._codecs.wire import Codec, Operation, Reply
    from convergia_sms._exchange import Done, Step, Steps
    from convergia_sms._lazy_operations import LazyOperations
    from convergia_sms._observation import Observer
    from convergia_sms._outcomes import RetryKind
    from convergia_sms._retries import Retries, RetryBudget
    from convergia_sms._settings import PasswordFunction
    from convergia_sms._timeouts import Timeout

__all__ = ["Conversation"]

Result = TypeVar("Result", bound=Receipt | DeliveryStatus | Returned)

# A possible one-time code in a sensitive text. A reply may echo it alone.
_CODE = re.compile(r"\d{3,10}")
# A placeholder until the first request is made.
_NO_REQUEST = Request("GET", "")
# A shorter text is not masked, because it would be found in every reply.
_SHORTEST_PRIVATE = 4
_FIRST_POLL = 0.5
_SUCCESS = range(200, 300)
# Replies of other operations may be reports and lists, far longer than a code and an id.
_LARGEST_ANSWER = 16 << 20
_LONGEST_POLL = 10.0


@dataclass(frozen=True, slots=True)
class Conversation:
    """The state that all calls of a client share."""

    codec: Codec
    credentials: Credentials
    secret: PasswordFunction | None
    origin: str
    guide: Guide
    profile: Profile
    retries: Retries
    budget: RetryBudget
    observer: Observer
    redactor: Redactor
    operations: LazyOperations
    goes_to: Callable[[str], str] | None
    clock: Callable[[], float] = time.monotonic

    def send(
        self, text: Outgoing, extra: str | None, timeout: Timeout, *, sensitive: bool = False
    ) -> Steps[Receipt]:
        """Send a message. The text of a sensitive one is masked wherever it could be read."""
        number, message = text.number, text.message
        redactor = self.redactor
        if sensitive:
            redactor = redactor.including(message, *_CODE.findall(message))

        def compose(credentials: Credentials) -> Request:
            return self.codec.send(credentials, number, message, extra)

        segments = measure(message).segments

        def judge(reading: Reading, raw: bytes) -> Receipt | ConvergiaError:
            if reading.code != ACCEPTED:
                return refusal(reading.code, self.guide, self.profile, call.redactor.mask(raw))
            if reading.message_id in {number, number[-10:]} and not self.profile.reply.strict:
                reason = "the reply repeats the number where a message id was expected"
                masked = call.redactor.mask(raw)
                return OutcomeUnknownError(f"the message may have been sent: {reason}", raw=masked)
            return Receipt(
                message_id=reading.message_id,
                code=reading.code,
                number=number,
                transport=self.codec.transport,
                segments=segments,
                raw=call.redactor.mask(raw) if sensitive else raw,
                sent_text=message if text.changed else None,
                redirected_from=text.redirected_from,
            )

        def describe(attempt: int) -> RequestInfo:
            info = self._info("send", call.request, attempt)
            shown = MASKED_TEXT if sensitive else message
            return replace(info, segments=segments, number=number, text=shown)

        deadline, read = self.clock() + timeout.total, self._reading("send")
        call = Call("send", _NO_REQUEST, timeout, deadline, describe, redactor, compose, read)
        call.number, call.text = number, message
        yield from self._compose(call)
        return (yield from self._attempts(call, judge))

    def status(self, message_id: str, timeout: Timeout) -> Steps[DeliveryStatus]:
        """Query the state of a message."""

        def compose(credentials: Credentials) -> Request:
            return self.codec.status(credentials, message_id)

        def judge(reading: Reading, raw: bytes) -> DeliveryStatus | ConvergiaError:
            return delivery(reading.code, self.guide, call.redactor.mask(raw))

        def describe(attempt: int) -> RequestInfo:
            return self._info("status", call.request, attempt)

        deadline, read = self.clock() + timeout.total, self._reading("status")
        call = Call(
            "status", _NO_REQUEST, timeout, deadline, describe, self.redactor, compose, read
        )
        call.message_id = message_id
        yield from self._compose(call)
        return (yield from self._attempts(call, judge))

    def wait(
        self, message_id: str, seconds: float, poll: float | None, timeout: Timeout
    ) -> Steps[DeliveryStatus]:
        """Query until the state is final or the time is up, and return the last state."""
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
                # Another query may succeed. The message is not affected.
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
        """Call an operation of the WSDL. A repeatable one has a query's retries and errors."""
        codec = self.operations.get()
        if self.goes_to is not None:
            arguments = codec.sent_to(name, arguments, self.goes_to)
        operation: Operation = "query" if repeatable else "call"

        def compose(credentials: Credentials) -> Request:
            return codec.request(credentials, name, arguments)

        def describe(attempt: int) -> RequestInfo:
            info = self._info(operation, call.request, attempt)
            return replace(info, transport="soap", wsdl_operation=name)

        def read(reply: Reply) -> Returned | ServiceFault | Unreadable | None:
            found = codec.read(name, reply)
            return found if reply.status in _SUCCESS or isinstance(found, ServiceFault) else None

        def judge(returned: Returned, _raw: bytes) -> Returned:
            return returned

        deadline = self.clock() + timeout.total
        call = Call(
            operation, _NO_REQUEST, timeout, deadline, describe, self.redactor, compose, read
        )
        call.max_body = _LARGEST_ANSWER
        yield from self._compose(call)
        return (yield from self._attempts(call, judge))

    def _reading(self, operation: Operation) -> Callable[[Reply], Reading | Unreadable | None]:
        def read(reply: Reply) -> Reading | Unreadable | None:
            return self.codec.read(operation, reply) if reply.status in _SUCCESS else None

        return read

    def _compose(self, call: Call) -> Steps[bool]:
        """Make the call's request with the current password. Return True if that has changed.

        Raises:
            PasswordUnavailableError: there is no password. A query raises a `QueryFailedError`
                instead.
        """
        if self.secret is None:
            call.request = call.compose(self.credentials)
            return False
        answer = yield PasswordWanted(self.secret)
        if not isinstance(answer, Password):
            reason = answer.reason if isinstance(answer, NoPassword) else "no password"
            raise no_password(call.operation, reason)
        if call.password == answer.value and call.request is not _NO_REQUEST:
            return False
        call.password = answer.value
        call.redactor = call.redactor.including(answer.value)
        call.request = call.compose(Credentials(self.credentials.username, answer.value))
        return True

    def _info(self, operation: Operation, request: Request, attempt: int) -> RequestInfo:
        return RequestInfo(
            operation=operation,
            transport=self.codec.transport,
            method=request.method,
            url=self.origin + request.target.partition("?")[0],
            attempt=attempt,
        )

    def _attempts(
        self, call: Call, judge: Callable[[Any, bytes], Result | ConvergiaError]
    ) -> Steps[Result]:
        """Repeat the call until it has an answer, or may not be retried."""
        spent: dict[RetryKind, int] = {}
        asked_again = False
        while True:
            verdict = yield from self._exchange(call, judge)
            if not isinstance(verdict, ConvergiaError):
                self.budget.give()
                return verdict
            if isinstance(verdict, AuthenticationError) and self.secret and not asked_again:
                # The gateway accepted nothing, and the password may have been changed meanwhile.
                asked_again = True
                if (yield from self._compose(call)):
                    call.attempt += 1
                    continue
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
            yield from self._compose(call)
            call.attempt += 1

    def _exchange(
        self, call: Call, judge: Callable[[Any, bytes], Result | ConvergiaError]
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
            ended = interrupted(call, interruption, exchange, seconds)
            self.observer.after(ended.outcome, lambda: ended, end)
            raise
        seconds = self.clock() - started
        if done is None or isinstance(done, (Password, NoPassword)):
            raise TypeError("the answer to an exchange must be a reply or a failure")
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
        self, call: Call, done: Reply | Failure, *, on_wire: bool
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


def _masked(call: Call, text: str) -> str:
    return call.redactor.mask(text.encode()).decode()
