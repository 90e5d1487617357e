"""The interface of speakers, which send requests by hand or through the client."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a gateway: the code, the message id if there is one, and the body."""

    code: int
    message_id: str | None = None
    raw: bytes = field(default=b"", repr=False)


class Speaker(Protocol):
    """A speaker that by default uses the target's account."""

    def send(self, number: str, message: str = "Hola", **others: str) -> Answer:
        """Send a message. `username`, `password` and `extra` may be given."""
        ...

    def status(self, message_id: str, **others: str) -> Answer:
        """Query a status. `username` and `password` may be given."""
        ...
