"""Queries that select journal entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver.gateway.criteria import CallCriteria, subject_of
from convergia_mockserver.gateway.faults import FaultKind  # noqa: TC001 - msgspec reads it
from convergia_mockserver.gateway.numbers import Code, Count  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver.gateway.search_time import SearchTime

    from .entries import StoredEntry


class JournalQuery(
    CallCriteria, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Criteria for journal entries, which must match every given field.

    Attributes:
        code: the guide's code that was answered.
        fault: the fault that was injected.
        message_id: the id of the message that the request created.
        script: the id of the script that answered the request.
        matched: true for requests that a script answered, false for the others.
        duplicate: true for sends that repeat an accepted message, false for the others.
    """

    code: Code | None = None
    fault: FaultKind | None = None
    message_id: str | None = None
    script: Count | None = None
    matched: bool | None = None
    duplicate: bool | None = None

    def test(self, search: SearchTime | None = None) -> Callable[[StoredEntry], bool]:
        """Return the query as a function that tests an entry.

        Args:
            search: the time limit of its regular expressions.
        """
        face = self.face
        of_call = any(field != "face" for field in self.given())
        matches = self.matcher(search)
        wanted = [
            (read, expected)
            for field, read in _READERS.items()
            if (expected := getattr(self, field)) is not None
        ]

        def test(stored: StoredEntry) -> bool:
            if face is not None and stored.face != face:
                return False
            if not all(read(stored) == expected for read, expected in wanted):
                return False
            if not of_call:
                return True
            return stored.call is not None and matches(subject_of(stored.call))

        return test


_READERS: dict[str, Callable[[StoredEntry], object]] = {
    "code": lambda stored: stored.answer and stored.answer.code,
    "fault": lambda stored: stored.answer and stored.answer.fault and stored.answer.fault.kind,
    "message_id": lambda stored: stored.answer and stored.answer.created_id,
    "script": lambda stored: stored.answer and stored.answer.script,
    "matched": lambda stored: bool(stored.answer and stored.answer.script is not None),
    "duplicate": lambda stored: bool(stored.answer and stored.answer.resend),
}
