"""Queries that select messages."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads it
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.criteria import CallCriteria
from convergia_mockserver.gateway.numbers import Count  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver.gateway.search_time import SearchTime

    from .stored import StoredMessage


class MessageQuery(
    CallCriteria, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Criteria for messages, which must match every given field.

    Attributes:
        state: the status code that a status query would answer.
        since: the earliest time of acceptance, with a timezone.
        until: the time before which messages were accepted, with a timezone.

    Raises:
        ValueError: if a time has no timezone.
    """

    state: Count | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            instant: datetime | None = getattr(self, name)
            if instant is not None and instant.tzinfo is None:
                raise ValueError(
                    f"{name}: a time must have a timezone, for example 2026-01-31T12:00:00Z"
                )

    def test(self, search: SearchTime | None = None) -> Callable[[StoredMessage], bool]:
        """Return the query, without `state`, as a function that tests a message.

        Args:
            search: the time limit of its regular expressions.
        """
        matches = self.matcher(search)
        since = float("-inf") if self.since is None else self.since.timestamp()
        until = float("inf") if self.until is None else self.until.timestamp()
        return lambda stored: since <= stored.created < until and matches(stored)
