"""The interface of the storage that keeps messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .stored import StoredMessage


class MessageStorage(Protocol):
    """A storage for the messages of one space, with those that memory has dropped."""

    def put_message(self, number: int, stored: StoredMessage) -> None:
        """Write a new message."""

    def change_message(self, number: int, stored: StoredMessage) -> None:
        """Write the new state or polls of a message."""

    def delete_message(self, number: int) -> None:
        """Delete a message. Its id is not used again."""

    def message(self, number: int) -> StoredMessage | None:
        """Return a message by its number, or None."""

    def replace_messages(
        self, messages: Iterable[tuple[int, StoredMessage]], accepted: int
    ) -> None:
        """Replace all messages by these, of `accepted` that were ever accepted."""
