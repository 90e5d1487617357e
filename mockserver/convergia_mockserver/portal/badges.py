"""The badge of a request, which shows its outcome as its sender could see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from convergia_mockserver.gateway import FaultKind

if TYPE_CHECKING:
    from convergia_mockserver.gateway import JournalEntry

_ACCEPTED, _DELIVERED, _PENDING = 100, 3, 0
_FIRST_ERROR = 400


class Badge(NamedTuple):
    """A badge.

    Attributes:
        style: `good`, `wait`, `bad` or `none`.
        key: the key of its text in the catalogue. `badge.code` shows the code with the guide's
            text.
    """

    style: str
    key: str


def badge(entry: JournalEntry) -> Badge:
    """Return the badge of a request. It is good only if the client could read the success."""
    if entry.operation == "send" and entry.code == _ACCEPTED and entry.message_id is None:
        return Badge("bad", "badge.not-taken")
    if hides_reply(entry):
        taken = entry.message_id is not None
        return Badge("wait", "badge.unseen") if taken else Badge("bad", "badge.no-reply")
    if entry.operation == "send" and entry.replaced and entry.message_id is not None:
        return Badge("wait", "badge.replaced")
    if entry.code is None or (entry.replaced and entry.operation in {"send", "status"}):
        return Badge("bad" if entry.reply.status >= _FIRST_ERROR else "none", "badge.http")
    return Badge(_style(entry), "badge.code")


def hides_reply(entry: JournalEntry) -> bool:
    """Return True if a fault hid the gateway's answer from the client."""
    return entry.fault is not None and FaultKind(entry.fault).hides_reply


def takes_message(entry: JournalEntry) -> bool:
    """Return False if a fault prevented the gateway from accepting a message."""
    return entry.fault is None or FaultKind(entry.fault).takes_message


def _style(entry: JournalEntry) -> str:
    if entry.operation == "status":
        return {_DELIVERED: "good", _PENDING: "wait"}.get(entry.code or 0, "bad")
    return "good" if entry.code == _ACCEPTED else "bad"
