"""The ways a call can go wrong, as one tree.

ConvergiaError
├── NotSentError               the gateway certainly did not take the message
│   ├── ConnectionFailedError
│   └── RejectedError
│       ├── MissingParameterError    101 102 103 104
│       ├── MessageTooLongError      105
│       ├── GatewayUnavailableError  109 110 200 305 306
│       ├── AuthenticationError      201, and status 5
│       ├── AddressNotAllowedError   202
│       ├── QuotaExceededError       204
│       ├── TrafficNotAllowedError   205
│       ├── SendFailedError          254
│       └── InvalidNumberError       307
├── OutcomeUnknownError        it may have been sent
└── MessageNotFoundError       status 6

Misuse by the programmer is a `ValueError` or a `TypeError`, outside the tree. No error carries a
password, and none chains to an exception whose text might.
"""

from __future__ import annotations

__all__ = [
    "AddressNotAllowedError",
    "AuthenticationError",
    "ConnectionFailedError",
    "ConvergiaError",
    "GatewayUnavailableError",
    "InvalidNumberError",
    "MessageNotFoundError",
    "MessageTooLongError",
    "MissingParameterError",
    "NotSentError",
    "OutcomeUnknownError",
    "QuotaExceededError",
    "RejectedError",
    "SendFailedError",
    "TrafficNotAllowedError",
    "rejection",
]


class ConvergiaError(Exception):
    """Whatever this package raises about a gateway."""


class NotSentError(ConvergiaError):
    """The gateway certainly did not take the message; sending it again is safe."""


class ConnectionFailedError(NotSentError):
    """Nothing reached the gateway: no connection, or it failed before the first byte went out."""


class RejectedError(NotSentError):
    """The gateway said no.

    Attributes:
        code: the gateway's number.
        description: the guide's Spanish text for it; empty for a code that the guide lacks.
        retryable: whether the profile lists the code as one that passes by itself.
        raw: the reply's body as it came.
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
        return f"{self.code}: {self.description or 'a code that the guide does not list'}"

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions pickle by their args alone; task queues pickle exceptions.
        return type(self), self.args, self.__dict__


class MissingParameterError(RejectedError):
    """101 to 104: user, password, text or number absent or empty."""


class MessageTooLongError(RejectedError):
    """105."""


class GatewayUnavailableError(RejectedError):
    """109, 110, 200, 305, 306: an error of the network or the system behind the gateway."""


class AuthenticationError(RejectedError):
    """201, or status 5: wrong user or password."""


class AddressNotAllowedError(RejectedError):
    """202: the account may not be used from this IP address."""


class QuotaExceededError(RejectedError):
    """204: the account's allowance of messages is used up."""


class TrafficNotAllowedError(RejectedError):
    """205: traffic that the account may not send."""


class SendFailedError(RejectedError):
    """254."""


class InvalidNumberError(RejectedError):
    """307: not a number that the gateway takes."""


class OutcomeUnknownError(ConvergiaError):
    """The request went out, and what came back does not tell whether the message was taken.

    It may have been sent: a timeout, a reset, a 5xx or an unreadable reply. Sending it again may
    deliver it twice; the gateway offers nothing to find out with.

    Attributes:
        raw: what came back, as it came, password masked; empty when nothing did.
        http_status: the reply's HTTP status, when there was one.
    """

    def __init__(self, reason: str, *, raw: bytes = b"", http_status: int | None = None) -> None:
        super().__init__(reason)
        self.raw = raw
        self.http_status = http_status

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.args, self.__dict__


class MessageNotFoundError(ConvergiaError):
    """Status 6: no such message, or another account's."""


_BY_CODE: dict[int, type[RejectedError]] = {
    101: MissingParameterError,
    102: MissingParameterError,
    103: MissingParameterError,
    104: MissingParameterError,
    105: MessageTooLongError,
    109: GatewayUnavailableError,
    110: GatewayUnavailableError,
    200: GatewayUnavailableError,
    201: AuthenticationError,
    202: AddressNotAllowedError,
    204: QuotaExceededError,
    205: TrafficNotAllowedError,
    254: SendFailedError,
    305: GatewayUnavailableError,
    306: GatewayUnavailableError,
    307: InvalidNumberError,
}


def rejection(code: int) -> type[RejectedError]:
    """The class for a send code other than 100; `RejectedError` itself for one the guide lacks."""
    return _BY_CODE.get(code, RejectedError)
