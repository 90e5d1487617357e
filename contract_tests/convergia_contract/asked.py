"""What a test of the suite asked the gateway, and what came back: the evidence of a failure."""

from __future__ import annotations

import shlex
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_KEPT = 8
"""A test asks a handful of questions; the last ones show what went wrong."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question.

    Attributes:
        transport: `http` or `soap`.
        operation: `send`, `status`, another operation's name, or what else was asked for.
        own_account: whether it went out with the target's own user and password.
        method: GET or POST; empty where the client spoke, whose requests are not seen.
        url: in full, the password in it.
        headers: of the request.
        body: of the request.
        status: the HTTP status; None where no reply came.
        reply: the reply's body.
        code: the gateway's number; None where none was read.
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
        """Return the command that asks the same; empty where the request was not seen."""
        if not self.method:
            return ""
        headers = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in self.headers.items()]
        data = [f"--data-binary {shlex.quote(self.body.decode())}"] if self.body else []
        return " ".join(["curl -sS -i", shlex.quote(self.url), *headers, *data])


@dataclass(slots=True)
class Questions:
    """What the test that runs has asked so far, the last ones of it."""

    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=MOST_KEPT), repr=False)

    def note(self, asked: Asked) -> None:
        """Keep a question."""
        self.asked.append(asked)

    def replied(self, status: int, reply: bytes) -> None:
        """Add its reply to the last question."""
        if self.asked:
            self.asked[-1] = replace(self.asked[-1], status=status, reply=reply)

    def answered(self, code: int) -> None:
        """Add to the last question the number that was read in its reply."""
        if self.asked:
            self.asked[-1] = replace(self.asked[-1], code=code)

    def begin(self) -> None:
        """Forget what the test before asked."""
        self.asked.clear()

    @property
    def last(self) -> Asked | None:
        """The last question; None before the first."""
        return self.asked[-1] if self.asked else None
