"""The requests of a test and their replies, which are the evidence of a failure."""

from __future__ import annotations

import shlex
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_KEPT = 8
"""The number of latest requests to keep. They show what went wrong."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the gateway, with its reply.

    Attributes:
        transport: `http` or `soap`.
        operation: `send`, `status`, the name of another operation, or a path.
        own_account: True if it was sent with the target's own user and password.
        method: GET or POST. Empty for a request by the client, which is not seen.
        url: the full URL, with the password.
        headers: the headers of the request.
        body: the body of the request.
        status: the HTTP status. None without a reply.
        reply: the body of the reply.
        code: the code in the reply. None if none was read.
    """

    transport: str
    operation: str
    own_account: bool = True
    method: str = ""
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    status: int | None = None
    reply: bytes = field(default=b"", repr=False)
    code: int | None = None

    def curl(self) -> str:
        """Return a curl command that repeats the request. Empty if the request was not seen."""
        if not self.method:
            return ""
        headers = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in self.headers.items()]
        data = [f"--data-binary {shlex.quote(self.body.decode())}"] if self.body else []
        return " ".join(["curl -sS -i", shlex.quote(self.url), *headers, *data])


@dataclass(slots=True)
class Questions:
    """The latest requests of the running test."""

    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=MOST_KEPT), repr=False)

    def note(self, asked: Asked) -> None:
        """Add a request."""
        self.asked.append(asked)

    def replied(self, status: int, reply: bytes) -> None:
        """Add the reply to the last request."""
        if self.asked:
            self.asked[-1] = replace(self.asked[-1], status=status, reply=reply)

    def answered(self, code: int) -> None:
        """Add the code in the reply to the last request."""
        if self.asked:
            self.asked[-1] = replace(self.asked[-1], code=code)

    def begin(self) -> None:
        """Remove the requests of the previous test."""
        self.asked.clear()

    @property
    def last(self) -> Asked | None:
        """The last request. None before the first."""
        return self.asked[-1] if self.asked else None
