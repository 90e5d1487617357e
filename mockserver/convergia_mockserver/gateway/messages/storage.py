"""What the inbox needs from storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .stored import StoredMessage


class MessageStorage(Protocol):
    """Keeps the messages of one space: also those that memory has no room for."""

    def put_message(self, number: int, stored: StoredMessage) -> None:
        """Write a new message."""

    def change_message(self, number: int, stored: StoredMessage) -> None:
        """Write a message's new state or polls."""

    def delete_message(self, number: int) -> None:
        """Forget a message; its id is not given again."""

    def message(self, number: int) -> StoredMessage | None:
        """Return a message by its number."""

    def replace_messages(
        self, messages: Iterable[tuple[int, StoredMessage]], accepted: int
    ) -> None:
        """Forget all messages, and write these instead, of so many that were ever accepted."""
