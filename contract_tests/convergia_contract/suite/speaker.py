"""A way of speaking to a gateway: by hand or through the client, over either transport."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway answered: the guide's number, the message id if one came, the body."""

    code: int
    message_id: str | None = None
    raw: bytes = field(default=b"", repr=False)


class Speaker(Protocol):
    """Asks as the target's account unless told otherwise."""

    def send(self, number: str, message: str = "Hola", **others: str) -> Answer:
        """Send; `username`, `password` and `extra` may be given."""
        ...

    def status(self, message_id: str, **others: str) -> Answer:
        """Query; `username` and `password` may be given."""
        ...
