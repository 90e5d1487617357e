"""What is refused before anything is sent."""

from __future__ import annotations

from convergia_sms._models import Message


def check_concurrency(concurrency: int) -> None:
    """Refuse to send none at a time.

    Raises:
        ValueError: below 1.
    """
    if concurrency < 1:
        raise ValueError(f"concurrency: 1 or more, not {concurrency!r}")


def message_at(index: int, item: object) -> Message:
    """Return the item, when it is a message.

    Raises:
        TypeError: it is not; tells its place among those given.
    """
    if not isinstance(item, Message):
        raise TypeError(f"messages[{index}]: a Message, not {type(item).__name__}")
    return item
