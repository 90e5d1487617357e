"""The errors of a call, as one tree.

ConvergiaError
├── NotSentError               the gateway certainly did not accept the message
│   ├── ConnectionFailedError
│   ├── LiveGatewayBlockedError  CONVERGIA_FORBID_LIVE forbids the live gateway
│   ├── PasswordUnavailableError the file or function for the password failed
│   ├── RecipientNotAllowedError the number is not in CONVERGIA_ALLOWED_NUMBERS
│   └── RejectedError
│       ├── MissingParameterError    101 102 103 104
│       ├── MessageTooLongError      105
│       ├── GatewayUnavailableError  109 110 200 305 306
│       ├── SendAuthenticationError  201, an AuthenticationError
│       ├── AddressNotAllowedError   202
│       ├── QuotaExceededError       204
│       ├── TrafficNotAllowedError   205
│       ├── SendFailedError          254
│       └── InvalidNumberError       307
├── OutcomeUnknownError        the message may have been sent, the operation carried out
├── GatewayFaultError          an operation of the WSDL answered a SOAP Fault
├── QueryError                 a status query brought no state
│   ├── MessageNotFoundError     status 6
│   ├── QueryFailedError         unreachable, unreadable, or a status that the guide does not list
│   └── QueryAuthenticationError status 5, an AuthenticationError
└── AuthenticationError        wrong user or password, of a send or of a query

A query never raises a `NotSentError`, because the message that it is about was sent. A programming
mistake raises a `ValueError` or a `TypeError`, which are outside the tree. No error contains a
password, or chains to an exception whose text might.
"""

from __future__ import annotations

from typing import Literal

__all__ = [
    "AddressNotAllowedError",
    "AuthenticationError",
    "ConnectionFailedError",
    "ConvergiaError",
    "GatewayFaultError",
    "GatewayUnavailableError",
    "InvalidNumberError",
    "LiveGatewayBlockedError",
    "MessageNotFoundError",
    "MessageTooLongError",
    "MissingParameterError",
    "NotSentError",
    "OutcomeUnknownError",
    "PasswordUnavailableError",
    "QueryAuthenticationError",
    "QueryError",
    "QueryFailedError",
    "QueryFailure",
    "QuotaExceededError",
    "RecipientNotAllowedError",
    "RejectedError",
    "SendAuthenticationError",
    "SendFailedError",
    "TrafficNotAllowedError",
    "caught_as",
    "rejection",
]


class ConvergiaError(Exception):
    """Base of all errors that this package raises about a gateway."""


class AuthenticationError(ConvergiaError):
    """The user or the password is wrong: 201 to a send, 5 to a status query.

    A send raises `SendAuthenticationError`, which is also a `RejectedError`. A query raises
    `QueryAuthenticationError`, which is also a `QueryError`.

    Attributes:
        code: the gateway's code.
        description: the guide's Spanish text for it.
        raw: the reply's body, password masked.
    """

    code: int
    description: str
    raw: bytes


class NotSentError(ConvergiaError):
    """The gateway certainly did not accept the message. Sending it again is safe."""


class ConnectionFailedError(NotSentError):
    """Nothing reached the gateway: the connection failed before the first byte was sent."""


class LiveGatewayBlockedError(NotSentError):
    """CONVERGIA_FORBID_LIVE is set, and the request would have gone to the live gateway.

    A query raises a `QueryFailedError` with the reason `blocked` instead.
    """


class PasswordUnavailableError(NotSentError):
    """The file or the caller's function that provides the password failed.

    The message names the function and the type of its error, but never quotes that error. A query
    raises a `QueryFailedError` with the reason `password` instead.
    """


class RecipientNotAllowedError(NotSentError):
    """The number is not in `allowed_numbers` (CONVERGIA_ALLOWED_NUMBERS)."""


class RejectedError(NotSentError):
    """The gateway rejected the message.

    Attributes:
        code: the gateway's code.
        description: the guide's Spanish text for it. Empty if the guide does not list the code.
        retryable: True if the profile lists the code as a temporary error.
        raw: the reply's body.
    """

    def __init__(
        self, code: int, description: str = "", *, retryable: bool = False, raw: bytes = b""
    ) -> None:
        super().__init__(code, description)
        self.code = code
        self.description = description
        self.retryable = retryable
        self.raw = raw

    def __str__(self) -> str:
        return _worded(self.code, self.description)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are pickled with their args only, and task queues pickle exceptions.
        return type(self), self.args, self.__dict__


class MissingParameterError(RejectedError):
    """101 to 104: the user, password, text or number is missing or empty."""


class MessageTooLongError(RejectedError):
    """105: the text is too long."""


class GatewayUnavailableError(RejectedError):
    """109, 110, 200, 305, 306: an error of the network or the system behind the gateway."""


class SendAuthenticationError(AuthenticationError, RejectedError):
    """201: the user or the password is wrong."""


class AddressNotAllowedError(RejectedError):
    """202: the account may not be used from this IP address."""


class QuotaExceededError(RejectedError):
    """204: the account's message allowance is used up."""


class TrafficNotAllowedError(RejectedError):
    """205: the account may not send this traffic."""


class SendFailedError(RejectedError):
    """254: the gateway failed to send the message."""


class InvalidNumberError(RejectedError):
    """307: the gateway does not accept the number."""


class OutcomeUnknownError(ConvergiaError):
    """The request was written, but no reply says whether the message was accepted.

    It may have been sent: there was a timeout, a reset, a 5xx or an unreadable reply. Sending it
    again may deliver it twice. The gateway has no way to find out.

    Attributes:
        raw: the part of the reply that arrived, password masked. Empty if nothing did.
        http_status: the reply's HTTP status, if there was a reply.
        fault: the text of a SOAP Fault, password masked. Empty if there is none.
        cure: where to look: `portal` (whether it was sent), `probe` (the profile does not describe
            the gateway's replies), `wsdl` (the gateway has another WSDL) or `doctor`.
    """

    def __init__(
        self,
        reason: str,
        *,
        raw: bytes = b"",
        http_status: int | None = None,
        fault: str = "",
        cure: Literal["portal", "probe", "wsdl", "doctor"] = "portal",
    ) -> None:
        super().__init__(reason)
        self.raw = raw
        self.http_status = http_status
        self.fault = fault
        self.cure = cure

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.args, self.__dict__


class GatewayFaultError(ConvergiaError):
    """An operation called by `call` answered a SOAP Fault, which is the service's own answer.

    Attributes:
        code: the Fault's code, such as `SOAP-ENV:Server`. Empty if there is none.
        text: the Fault's text, password masked.
        detail: the Fault's detail element as XML, password masked. Empty if there is none.
        http_status: the reply's HTTP status.
    """

    def __init__(
        self, code: str, text: str, *, detail: str = "", http_status: int | None = None
    ) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.detail = detail
        self.http_status = http_status

    def __str__(self) -> str:
        return f"{self.code or 'a SOAP Fault without a code'}: {self.text}"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.args, self.__dict__


class QueryError(ConvergiaError):
    """A status query did not return a state. This does not mean that the message was not sent.

    Attributes:
        raw: the reply's body, password masked. Empty without a reply.
        http_status: the reply's HTTP status. None without a reply.
    """

    def __init__(self, message: str, *, raw: bytes = b"", http_status: int | None = None) -> None:
        super().__init__(message)
        self.raw = raw
        self.http_status = http_status

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.args, self.__dict__


class MessageNotFoundError(QueryError):
    """Status 6: the account has no such message."""


QueryFailure = Literal["unreachable", "unreadable", "unlisted", "blocked", "password"]


class QueryFailedError(QueryError):
    """The gateway did not answer a query, or its answer cannot be understood.

    Attributes:
        reason: `unreachable` (no reply: no connection, a timeout, a reset), `unreadable` (an HTTP
            error, a redirect, a reply that cannot be read), `unlisted` (a status that the guide
            does not list), `blocked` (CONVERGIA_FORBID_LIVE forbids the live gateway) or `password`
            (the function that provides the password failed).
        code: the status, if it is unlisted. Otherwise None.
    """

    def __init__(
        self,
        message: str,
        reason: QueryFailure,
        *,
        code: int | None = None,
        raw: bytes = b"",
        http_status: int | None = None,
    ) -> None:
        super().__init__(message, raw=raw, http_status=http_status)
        Exception.__init__(self, message, reason)
        self.reason: QueryFailure = reason
        self.code = code

    @property
    def retryable(self) -> bool:
        """True if another query soon may return a state."""
        return self.reason not in ("unlisted", "blocked")

    def __str__(self) -> str:
        return str(self.args[0])


class QueryAuthenticationError(AuthenticationError, QueryError):
    """Status 5: the user or the password is wrong."""

    def __init__(self, code: int, description: str = "", *, raw: bytes = b"") -> None:
        QueryError.__init__(self, _worded(code, description), raw=raw)
        Exception.__init__(self, code, description)
        self.code = code
        self.description = description

    def __str__(self) -> str:
        return _worded(self.code, self.description)


_BY_CODE: dict[int, type[RejectedError]] = {
    101: MissingParameterError,
    102: MissingParameterError,
    103: MissingParameterError,
    104: MissingParameterError,
    105: MessageTooLongError,
    109: GatewayUnavailableError,
    110: GatewayUnavailableError,
    200: GatewayUnavailableError,
    201: SendAuthenticationError,
    202: AddressNotAllowedError,
    204: QuotaExceededError,
    205: TrafficNotAllowedError,
    254: SendFailedError,
    305: GatewayUnavailableError,
    306: GatewayUnavailableError,
    307: InvalidNumberError,
}


def rejection(code: int) -> type[RejectedError]:
    """Return the class for a send code other than 100; `RejectedError` if the guide lacks it."""
    return _BY_CODE.get(code, RejectedError)


def caught_as(kind: type[BaseException]) -> str:
    """Return the name under which callers catch an error, for tables, logs and JSON."""
    return (AuthenticationError if issubclass(kind, AuthenticationError) else kind).__name__


def _worded(code: int, description: str) -> str:
    return f"{code}: {description or 'a code that the guide does not list'}"
