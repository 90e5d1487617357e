"""Steps that a conversation asks its client to carry out, and their results.

A conversation yields a `Step`: an `Exchange` for a transport, a `Pause`, or a `PasswordWanted`.
Transports know only this module. Retries and outcomes are decided above them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from convergia_sms._codecs.wire import Reply, Request
    from convergia_sms._settings.secrets import NoPassword, Password, PasswordFunction
    from convergia_sms._timeouts import Timeout

__all__ = [
    "LAPSED",
    "MAX_BODY",
    "Done",
    "Exchange",
    "Failure",
    "PasswordWanted",
    "Pause",
    "Step",
    "Steps",
    "sending_until",
]

T = TypeVar("T")

# A reply has a code and an id. A megabyte leaves room for a long error page.
MAX_BODY = 1 << 20


@dataclass(frozen=True, slots=True)
class Failure:
    """An exchange without a complete reply.

    Attributes:
        reason: the reason, without secrets.
        http_status: the reply's status, if it arrived.
        raw: the part of the reply's body that arrived.
        blocked: True if the live gateway is forbidden, so that no connection was opened.
    """

    reason: str
    http_status: int | None = None
    raw: bytes = field(default=b"", repr=False)
    blocked: bool = False


@dataclass(slots=True)
class Exchange:
    """A step: write at most one request and read its reply.

    Attributes:
        request: the request to send.
        timeout: limits for the connection and between pieces of the reply.
        deadline: the time when the exchange must end, on the clock of `time.monotonic`.
        on_wire: set by the transport before it writes the first byte.
        max_body: the largest reply to accept, in bytes.
        lapsed: returns True once the request must not be written any more, whatever the deadline.
    """

    request: Request
    timeout: Timeout
    deadline: float
    on_wire: bool = False
    max_body: int = MAX_BODY
    lapsed: Callable[[], bool] | None = None

    def too_late(self) -> str | None:
        """Return why nothing may be written any more, or None if the request may be sent.

        Transports call this in the same step as they write the first byte, because a process may be
        suspended for any time before that.
        """
        if time.monotonic() >= self.deadline:
            return "the call's time was up before the request was written"
        if self.lapsed is not None and self.lapsed():
            return "the lease expired before the request was written"
        return None


@dataclass(frozen=True, slots=True)
class Pause:
    """A step: wait for some seconds."""

    seconds: float


# Set by callers that may send only for a limited time, such as a worker of an outbox with its
# lease.
LAPSED: ContextVar[Callable[[], bool] | None] = ContextVar("LAPSED", default=None)


@contextmanager
def sending_until(lapsed: Callable[[], bool]) -> Iterator[None]:
    """Let calls in the block write a request only while `lapsed` returns False."""
    token = LAPSED.set(lapsed)
    try:
        yield
    finally:
        LAPSED.reset(token)


@dataclass(frozen=True, slots=True)
class PasswordWanted:
    """A step: call the caller's function for the password."""

    function: PasswordFunction = field(repr=False)


Step: TypeAlias = Exchange | Pause | PasswordWanted
Done: TypeAlias = "Reply | Failure | Password | NoPassword | None"
Steps: TypeAlias = Generator[Step, Done, T]
