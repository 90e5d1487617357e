"""Requests: the journal of what came in and what went out."""

from __future__ import annotations

import msgspec

from convergia_mockserver.gateway import JournalEntry, JournalQuery, NearMiss, RequestFinding
from convergia_mockserver.gateway.journal import GATED, check_kinds

from .endpoints import Context, Group
from .filters import Limit, Number, Page
from .problems import ProblemError

REQUESTS = Group("Requests")


class RequestList(msgspec.Struct, frozen=True):
    """Some of the journal.

    Attributes:
        total: how many entries were meant in all.
        dropped: how many old entries of the journal made room for new ones.
        requests: the entries, passwords masked.
    """

    total: int
    dropped: int
    requests: list[JournalEntry]


class RequestsWanted(JournalQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries, and which part of them.

    Attributes:
        offset: how many to leave out first.
        limit: how many to give, 1 to 1000.
        newest_first: whether the newest comes first.
    """

    offset: Number = 0
    limit: Limit = 100
    newest_first: bool = False


class RequestCount(msgspec.Struct, frozen=True):
    """How many entries were meant.

    Attributes:
        count: how many entries match.
    """

    count: int


class Unmatched(msgspec.Struct, frozen=True):
    """A call that no script answered, and the script that came nearest; null without scripts.

    Attributes:
        request: the call, as the journal has it.
        nearest: the script that came nearest.
    """

    request: JournalEntry
    nearest: NearMiss | None


class UnmatchedList(msgspec.Struct, frozen=True):
    """The calls that no script answered.

    Attributes:
        total: how many there are in all.
        unmatched: the latest of them.
    """

    total: int
    unmatched: list[Unmatched]


class FindingsWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which findings.

    Attributes:
        kinds: their kinds, with commas between them; all but `encoding` when left out.
        offset: how many to leave out first.
        limit: how many to give, 1 to 1000.
    """

    kinds: str = ",".join(GATED)
    offset: Number = 0
    limit: Limit = 100


class FindingList(msgspec.Struct, frozen=True):
    """Some of the findings, and how many there are in all.

    Attributes:
        total: how many there are in all.
        findings: those of this page.
    """

    total: int
    findings: list[RequestFinding]


@REQUESTS.get("/requests")
def list_requests(context: Context, query: RequestsWanted) -> RequestList:
    """List or search the journal: every request and its reply, on both faces."""
    journal = context.space.journal
    found, total = journal.find(
        query, newest_first=query.newest_first, offset=query.offset, limit=query.limit
    )
    return RequestList(total, journal.dropped, found)


@REQUESTS.get("/requests/count")
def count_requests(context: Context, query: JournalQuery) -> RequestCount:
    """Count the journal's entries."""
    return RequestCount(context.space.journal.count(query))


@REQUESTS.get("/requests/unmatched")
def list_unmatched(context: Context, query: Page) -> UnmatchedList:
    """List the calls that no script answered, each with the nearest miss."""
    journal = context.space.journal
    page = journal.unmatched(
        newest_first=query.newest_first, offset=query.offset, limit=query.limit
    )
    return UnmatchedList(
        journal.count_unmatched(), [Unmatched(entry, miss) for entry, miss in page]
    )


@REQUESTS.get("/findings")
def list_findings(context: Context, query: FindingsWanted) -> FindingList:
    """List what is odd about the requests: a suite fails when `total` is not 0."""
    kinds = check_kinds(filter(None, query.kinds.split(",")))
    found = context.space.journal.findings(kinds)
    return FindingList(len(found), found[query.offset : query.offset + query.limit])


@REQUESTS.get("/requests/{entry_id}", errors=(404,))
def get_request(context: Context, entry_id: Number) -> JournalEntry:
    """Show one entry of the journal."""
    entry = context.space.journal.get(entry_id)
    if entry is None:
        raise ProblemError(404, f"the journal has no entry {entry_id}; old ones make room for new")
    return entry


@REQUESTS.get("/requests/{entry_id}/curl", errors=(404,), media_type="text/plain")
def get_request_as_curl(context: Context, entry_id: Number) -> str:
    """Return the curl command that sends a request again; put the password where *** stands."""
    return get_request(context, entry_id).curl() + "\n"


@REQUESTS.delete("/requests", status=204)
def delete_requests(context: Context) -> None:
    """Forget the journal."""
    context.space.journal.clear()
