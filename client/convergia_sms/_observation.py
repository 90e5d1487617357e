"""Reports of each request to the log, the user's hooks and telemetry.

They never contain a password, a URL's query or a body. Hooks get a message's number and text, but
no repr or log record shows them.
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
    """A request about to be sent.

    Attributes:
        operation: `send` or `status`. For another operation of the WSDL `query` (repeatable) or
            `call`.
        transport: `soap` or `http`.
        method: GET or POST.
        url: the URL, without its query.
        attempt: 1 for the first attempt of a call, 2 for its first retry, …
        segments: the number of SMS parts. None for a status query.
        number: the 12 digits. Empty for a status query. Not in the repr.
        text: the message. `***` if it is sensitive, empty for a status query. Not in the repr.
        wsdl_operation: the operation's name in the WSDL, for a `call` or `query`.
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
    """The result of a request.

    Attributes:
        request: the request.
        outcome: for a send `accepted`, `rejected`, `not-sent` or `unknown`; for a status query
            `answered` or `failed`; for a call or query `answered`, `failed`, `not-sent` or
            `unknown`.
        seconds: from before the connection to the end of the reply.
        http_status: the reply's HTTP status. None without a reply.
        code: the gateway's code. None if none could be read.
        message_id: the id of the message that was sent or queried. Empty if unknown.
        error: the error that the caller gets, unless the call is retried.
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
    """Reports requests to its listeners. Without a listener it does no work."""

    before_request: Callable[[RequestInfo], object] | None = None
    after_request: Callable[[ResponseInfo], object] | None = None
    telemetry: Callable[[RequestInfo], End] | None = None
    _warned: dict[tuple[str, str], object] = field(default_factory=dict, repr=False)

    def before(self, describe: Callable[[], RequestInfo]) -> End | None:
        """Call the hook before a request. An error in it ends the call before anything is sent.

        Returns:
            The function that ends the span, for `after`.
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
        """Log a request's result and call the hook. An error in either is logged only.

        The same goes for telemetry, because its span processors and metric readers belong to the
        application.
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
        """Warn, once for each operation and transport, that the profile describes other replies."""
        mine = object()
        if self._warned.setdefault((operation, transport), mine) is mine:
            log.warning(
                "%s over %s: the profile does not describe this gateway's replies. They were "
                "understood anyway. `convergia probe --output DIR` writes a profile that "
                "describes them",
                operation,
                transport,
                extra={"convergia_operation": operation, "convergia_transport": transport},
            )

    def retrying(self, request: RequestInfo, seconds: float) -> None:
        """Log that a call will be retried."""
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
