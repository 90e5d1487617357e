"""What to look for, as a query string says it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from convergia_mockserver.gateway import (
    FaceName,
    FaultKind,
    JournalQuery,
    MessageQuery,
    Operation,
    Pattern,
)

# A text parameter is a whole value; with one of these before it, another way to match.
_WAYS = ("exact", "prefix", "contains", "regex")

Text = Annotated[
    str,
    msgspec.Meta(
        description="The whole value; or `prefix:`, `contains:`, `regex:` and what follows.",
        max_length=2000,
    ),
]
# What the guide and JSON's readers in other languages can hold.
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of what was found.

    Attributes:
        offset: how many to leave out first.
        limit: how many to give, 1 to 1000.
        newest_first: whether the newest comes first.
    """

    offset: Number = 0
    limit: Limit = 100
    newest_first: bool = False


class MessageFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages."""

    number: Text | None = None
    text: Text | None = None
    extra: Text | None = None
    account: Text | None = None
    face: FaceName | None = None
    state: Number | None = None
    since: datetime | None = None
    until: datetime | None = None

    def meant(self) -> MessageQuery:
        """The gateway's own query.

        Raises:
            ValueError: a pattern or an instant that cannot be.
        """
        for name in ("since", "until"):
            instant: datetime | None = getattr(self, name)
            if instant is not None and instant.tzinfo is None:
                raise ValueError(f"{name}: say the timezone, as in 2026-01-31T12:00:00Z")
        return MessageQuery(
            number=_pattern(self.number),
            text=_pattern(self.text),
            extra=_pattern(self.extra),
            account=_pattern(self.account),
            face=self.face,
            state=self.state,
            since=self.since,
            until=self.until,
        )


class RequestFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries of the journal."""

    face: FaceName | None = None
    operation: Operation | None = None
    account: Text | None = None
    number: Text | None = None
    text: Text | None = None
    extra: Text | None = None
    code: Number | None = None
    fault: FaultKind | None = None
    message_id: str | None = None
    script: Number | None = None
    matched: bool | None = None
    duplicate: bool | None = None

    def meant(self) -> JournalQuery:
        """The gateway's own query.

        Raises:
            ValueError: a pattern that cannot be.
        """
        return JournalQuery(
            face=self.face,
            operation=self.operation,
            account=_pattern(self.account),
            number=_pattern(self.number),
            text=_pattern(self.text),
            extra=_pattern(self.extra),
            code=self.code,
            fault=self.fault,
            message_id=self.message_id,
            script=self.script,
            matched=self.matched,
            duplicate=self.duplicate,
        )


def _pattern(value: str | None) -> Pattern | None:
    if value is None:
        return None
    way, colon, rest = value.partition(":")
    if colon and way in _WAYS:
        return Pattern(**{way: rest})
    return Pattern(exact=value)
