"""Checks before anything is sent."""

from __future__ import annotations

from convergia_sms._models import Message


def check_concurrency(concurrency: int) -> None:
    """Require a concurrency of at least 1.

    Raises:
        ValueError: `concurrency` is below 1.
    """
    if concurrency < 1:
        raise ValueError(f"concurrency must be at least 1, not {concurrency!r}")


def message_at(index: int, item: object) -> Message:
    """Return the item, which must be a message.

    Raises:
        TypeError: the item is not a message. The error gives its index.
    """
    if not isinstance(item, Message):
        raise TypeError(f"messages[{index}] must be a Message, not {type(item).__name__}")
    return item
