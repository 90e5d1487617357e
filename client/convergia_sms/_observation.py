"""Report each request to the log, to the user's hooks and to telemetry.

Nothing here ever holds a password, a URL's query or a body. A message's number and text are there
for hooks that ask for them; no repr and no log record shows them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_sms._codecs.wire import Operation
    from convergia_sms._errors import ConvergiaError
    from convergia_sms._models import Transport

    End = Callable[["ResponseInfo"], None]

__all__ = ["Outcome", "RequestInfo", "ResponseInfo"]

log = logging.getLogger("convergia_sms")

Outcome = Literal["accepted", "answered", "rejected", "not-sent", "unknown", "failed"]

_LEVELS: dict[Outcome, int] = {
    "accepted": logging.DEBUG,
    "answered": logging.DEBUG,
    "rejected": logging.INFO,
    "not-sent": logging.WARNING,
    "unknown": logging.WARNING,
    "failed": logging.WARNING,
}


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A request about to go out.

    Attributes:
        operation: `send`, `status`, or for another operation of the WSDL `query` (repeatable) or
            `call`.
        transport: `soap` or `http`.
        method: GET or POST.
        url: where to, without its query.
        attempt: 1 for the first try of a call, 2 for its first retry, …
        segments: how many SMS parts the text takes; None for a status query.
        number: the 12 digits; empty for a status query. Not in the repr.
        text: the message; `***` if it is sensitive; empty for a status query. Not in the repr.
        wsdl_operation: of a `call` or `query`, its name in the WSDL.
    """

    operation: Operation
    transport: Transport
    method: str
    url: str
    attempt: int = 1
    segments: int | None = None
    number: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    wsdl_operation: str = ""


@dataclass(frozen=True, slots=True)
class ResponseInfo:
    """How a request ended.

    Attributes:
        request: the request.
        outcome: of a send `accepted`, `rejected`, `not-sent` or `unknown`; of a status query
            `answered` or `failed`. A call or query is `answered`, `failed`, `not-sent` or
            `unknown`.
        seconds: from before the connection to the end of the reply.
        http_status: the reply's HTTP status; None without a reply.
        code: the gateway's number; None when none could be read.
        message_id: of the message sent or asked for; empty without one.
        error: what the caller gets to see, unless the call is tried again.
    """

    request: RequestInfo
    outcome: Outcome
    seconds: float
    http_status: int | None = None
    code: int | None = None
    message_id: str = ""
    error: ConvergiaError | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Observer:
    """Report requests to whatever listens. Without a listener nothing is put together."""

    before_request: Callable[[RequestInfo], object] | None = None
    after_request: Callable[[ResponseInfo], object] | None = None
    telemetry: Callable[[RequestInfo], End] | None = None
    _warned: dict[tuple[str, str], object] = field(default_factory=dict, repr=False)

    def before(self, describe: Callable[[], RequestInfo]) -> End | None:
        """Call the hook before a request. What it raises ends the call: nothing has gone out.

        Returns:
            What `after` is to be given.
        """
        if self.before_request is not None:
            self.before_request(describe())
        if self.telemetry is None:
            return None
        try:
            return self.telemetry(describe())
        except Exception:
            log.exception("telemetry failed to begin a request's span")
            return None

    def after(
        self, outcome: Outcome, describe: Callable[[], ResponseInfo], end: End | None
    ) -> None:
        """Log a request's end and call the hook. What either raises is logged and costs no result.

        So with telemetry: its span processors and metric readers are the application's.
        """
        level = _LEVELS[outcome]
        logged = log.isEnabledFor(level)
        if end is None and self.after_request is None and not logged:
            return
        response = describe()
        if end is not None:
            try:
                end(response)
            except Exception:
                log.exception("telemetry failed to end a request's span")
        if logged:
            log.log(level, "%s", _sentence(response), extra=_fields(response))
        if self.after_request is not None:
            try:
                self.after_request(response)
            except Exception:
                log.exception("the after_request hook failed")

    def unforeseen(self, operation: Operation, transport: Transport) -> None:
        """Warn, once an operation and transport, that the profile describes other replies."""
        mine = object()
        if self._warned.setdefault((operation, transport), mine) is mine:
            log.warning(
                "%s over %s: the profile does not describe this gateway's replies. They were "
                "understood all the same; `convergia probe --output DIR` writes a profile that "
                "does",
                operation,
                transport,
                extra={"convergia_operation": operation, "convergia_transport": transport},
            )

    def retrying(self, request: RequestInfo, seconds: float) -> None:
        """Log that a call is tried again."""
        log.info(
            "%s over %s: trying again in %.2f s",
            request.operation,
            request.transport,
            seconds,
            extra={
                "convergia_operation": request.operation,
                "convergia_transport": request.transport,
                "convergia_attempt": request.attempt,
                "convergia_pause": seconds,
            },
        )


def _sentence(response: ResponseInfo) -> str:
    request = response.request
    end = response.outcome if response.error is None else f"{response.outcome}: {response.error}"
    return f"{request.operation} over {request.transport}: {end} ({response.seconds:.3f} s)"


def _fields(response: ResponseInfo) -> dict[str, object]:
    request = response.request
    return {
        "convergia_operation": request.operation,
        "convergia_transport": request.transport,
        "convergia_url": request.url,
        "convergia_attempt": request.attempt,
        "convergia_segments": request.segments,
        "convergia_outcome": response.outcome,
        "convergia_seconds": response.seconds,
        "convergia_http_status": response.http_status,
        "convergia_code": response.code,
        "convergia_message_id": response.message_id,
    }
