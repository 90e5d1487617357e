"""Values that go into the outbox and come out of it."""

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
    """The priority of a message. Workers send all messages of a higher one first.

    There are three only, so that a claim stays a few short index scans.
    """

    LOW = 0
    NORMAL = 1
    HIGH = 2


class KeyConflictError(ValueError):
    """Raised if the key belongs to a message with another number, text or extra.

    Attributes:
        key: the caller's key.
        id: the id of the message that has the key.
    """

    def __init__(self, key: str, id: int) -> None:  # noqa: A002 - the column's name
        super().__init__(f"key {key!r} belongs to message {id}, whose content is different")
        self.key = key
        self.id = id

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.key, self.id)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to enqueue.

    Attributes:
        number: a Mexican number in any usual format.
        text: the text of the message.
        extra: the caller's own reference, which is sent to the gateway.
        key: makes enqueueing idempotent: enqueueing the same key with the same content again
            returns the same message.
        batch: a name for messages enqueued together (a file, a campaign), to select them later.
        priority: messages of a higher priority are sent first.
        due: the earliest time to send it. At once if None.
        expires: the time from which it must no longer be sent. Never if None.
        sensitive: True if only the recipient may read the text, for example a one-time code. It is
            then shown as `***` everywhere.
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
    """The result of enqueueing many messages: how many are new, how many existed by key."""

    new: int
    existing: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in the outbox, as it stands.

    Attributes:
        id: the outbox's id of the message.
        text: the text of the message. `***` if it is sensitive.
        state: the current state.
        attempts: the number of times a worker claimed it for sending.
        message_id: the gateway's id, once the message is accepted.
        code: the gateway's last code for it.
        segments: the number of SMS parts.
        detail: the reason for its state, in words. Never contains the text or a password.
        changed: the time when it reached its state.
        zone: the time zone of the number's area, for a sending window. None if the area has Mexico
            City's time or is not known. Two names with a space between if the area has two zones.
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
    """A decision about a message: the person, the time and the reason.

    Attributes:
        id: the message's id in the outbox.
        event: the decision.
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
    """A number that must get no more messages: who recorded it, the reason and the time."""

    number: str
    by: str
    reason: str
    at: datetime


def milliseconds(instant: datetime) -> int:
    """Return the milliseconds of `instant` since 1970 UTC.

    Raises:
        ValueError: `instant` has no time zone.
        TypeError: `instant` is not a datetime.
    """
    if not isinstance(instant, datetime):
        raise TypeError(f"a time must be a datetime, not {type(instant).__name__}")
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone: use datetime(…, tzinfo=…)")
    return round(instant.timestamp() * 1000)


def instant(milliseconds: int) -> datetime:
    """Return the moment so many milliseconds after 1970 UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def entry(row: Row[tuple[object, ...]], *, reveal: bool = False) -> Entry:
    """Return a row of the message table as an `Entry`.

    Args:
        row: the row.
        reveal: True to include a sensitive text, to compare it. It must never be shown.
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
