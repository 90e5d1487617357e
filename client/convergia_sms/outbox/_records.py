"""What goes into the outbox and what comes out of it, as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from convergia_sms._models import MASKED_TEXT

from ._states import Event, State

if TYPE_CHECKING:
    from sqlalchemy import Row

__all__ = ["Decision", "Draft", "Enqueued", "Entry", "KeyConflictError", "OptOut", "Priority"]


class Priority(enum.IntEnum):
    """Workers take all of a higher one first. Three, so that a claim stays a short index scan."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


class KeyConflictError(ValueError):
    """The key is taken, by a message with another number, text or extra.

    Attributes:
        key: the caller's.
        id: the message that bears it.
    """

    def __init__(self, key: str, id: int) -> None:  # noqa: A002 - the column's name
        super().__init__(f"key {key!r} belongs to message {id}, whose content is another")
        self.key = key
        self.id = id

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.key, self.id)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to enqueue.

    Attributes:
        number: as a Mexican writes it.
        text: the message.
        extra: the caller's own reference, handed to the gateway.
        key: makes enqueueing idempotent: the same key and content again is the same message.
        batch: what it was enqueued with (a file, a campaign), to ask for later.
        priority: which go first.
        due: not to be sent before; at once when left out.
        expires: not to be sent from then on; never expires when left out.
        sensitive: True if nobody but the recipient may read the text, as of a one-time code.
            Whatever shows the message shows `***` instead.
    """

    number: str
    text: str = field(repr=False)
    extra: str | None = None
    key: str | None = None
    batch: str | None = None
    priority: Priority = Priority.NORMAL
    due: datetime | None = None
    expires: datetime | None = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Enqueued:
    """How many of what was enqueued is new, and how many the outbox had already (by their keys)."""

    new: int
    existing: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in the outbox, as it stands.

    Attributes:
        id: the outbox's own id.
        text: the message; `***` if it is sensitive.
        state: where it is.
        attempts: how often a worker took it for sending.
        message_id: the gateway's id, once accepted.
        code: the gateway's last code.
        segments: how many SMS parts it took.
        detail: why it is where it is, in words; never the text or a password.
        changed: when it came to its state.
        zone: the time zone of the number's area, for a sending window; None if it is Mexico City's
            or is not known. An area with two zones has both names, with a space between them.
    """

    id: int
    account: str
    key: str | None
    batch: str | None
    number: str
    text: str = field(repr=False)
    extra: str | None
    state: State
    priority: Priority
    due: datetime
    expires: datetime | None
    attempts: int
    message_id: str | None
    code: int | None
    segments: int | None
    detail: str | None
    created: datetime
    accepted: datetime | None
    changed: datetime
    sensitive: bool = False
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Who moved a message by hand, when and why.

    Attributes:
        id: the message's id in the outbox.
        event: what was decided.
    """

    id: int
    event: Event
    before: State
    after: State
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OptOut:
    """A number that gets no more messages: who said so, why and when."""

    number: str
    by: str
    reason: str
    at: datetime


def milliseconds(instant: datetime) -> int:
    """Since 1970 UTC.

    Raises:
        ValueError: the instant has no time zone.
        TypeError: it is not a datetime.
    """
    if not isinstance(instant, datetime):
        raise TypeError(f"an instant is a datetime, not {type(instant).__name__}")
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone; say datetime(…, tzinfo=…)")
    return round(instant.timestamp() * 1000)


def instant(milliseconds: int) -> datetime:
    """Return the moment so many milliseconds after 1970 UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def entry(row: Row[tuple[object, ...]], *, reveal: bool = False) -> Entry:
    """Return a row of the messages' table as a value.

    Args:
        row: the row.
        reveal: True to give a sensitive text as it is: for comparing, never for showing.
    """
    return Entry(
        id=row.id,
        account=row.account,
        key=row.key,
        batch=row.batch,
        number=row.number,
        text=row.text if reveal or not row.sensitive else MASKED_TEXT,
        extra=row.extra,
        state=State(row.state),
        priority=Priority(row.priority),
        due=instant(row.due_at),
        expires=None if row.expires_at is None else instant(row.expires_at),
        attempts=row.attempts,
        message_id=row.message_id,
        code=row.code,
        segments=row.segments,
        detail=row.detail,
        created=instant(row.created_at),
        accepted=None if row.accepted_at is None else instant(row.accepted_at),
        changed=instant(row.changed_at),
        sensitive=bool(row.sensitive),
        zone=row.zone,
    )
