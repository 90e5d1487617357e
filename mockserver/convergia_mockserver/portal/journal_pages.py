"""The journal in the workbench: requests with their replies, raw and decoded."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import Response

    from convergia_mockserver.gateway import JournalEntry, Space

    from .site import Site, Visit

PAGE = 50
_MAX_DIGITS = 15


class JournalPages:
    """The pages about requests."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def show(self, visit: Visit) -> Response:
        """Return the latest requests, or with `fragment` only their list."""
        asked = visit.request.query_params
        before = asked.get("before", "")
        start = int(before) if _is_number(before) else None
        theirs = (
            entry
            for entry in latest_entries(visit.space, start)
            if is_theirs(entry, visit.space, visit.user.account)
        )
        found = list(islice(theirs, PAGE + 1))
        return self._site.render(
            visit,
            "requests_list.html" if "fragment" in asked else "requests.html",
            entries=found[:PAGE],
            older=found[PAGE - 1].id if len(found) > PAGE else None,
            before=start,
            dropped=visit.space.journal.dropped,
        )

    def entry(self, visit: Visit) -> Response:
        """Return the page of one request with its reply."""
        wanted = visit.request.path_params["number"]
        entry = visit.space.journal.get(int(wanted)) if _is_number(wanted) else None
        if entry is None or not is_theirs(entry, visit.space, visit.user.account):
            raise HTTPException(404)
        return self._site.render(visit, "request.html", entry=entry)


def latest_entries(space: Space, before: int | None = None) -> Iterator[JournalEntry]:
    """Yield the entries of the journal, newest first, from the one before number `before`."""
    journal = space.journal
    newest = journal.dropped + len(journal)
    start = newest if before is None else min(newest, before - 1)
    for number in range(start, journal.dropped, -1):
        entry = journal.get(number)
        if entry is not None:
            yield entry


def is_theirs(entry: JournalEntry, space: Space, account: str) -> bool:
    """Return True if an account may see a request: its own, or one of no existing account.

    A developer looks for requests with a wrong user or without one.
    """
    sender = entry.arguments.get("username", "")
    return sender == account or space.accounts.get(sender) is None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
