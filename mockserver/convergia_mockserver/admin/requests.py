"""Endpoints for the journal of requests and replies."""

from __future__ import annotations

import msgspec

from convergia_mockserver.gateway import JournalEntry, JournalQuery, NearMiss, RequestFinding
from convergia_mockserver.gateway.journal import GATED, check_kinds

from .endpoints import Context, Group
from .filters import Limit, Number, Page
from .problems import ProblemError

REQUESTS = Group("Requests")


class RequestList(msgspec.Struct, frozen=True):
    """A page of the journal.

    Attributes:
        total: the number of entries that match.
        dropped: the number of entries dropped from the journal for new ones.
        requests: the entries of this page, with masked passwords.
    """

    total: int
    dropped: int
    requests: list[JournalEntry]


class RequestsWanted(JournalQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Criteria for journal entries, and the page to return.

    Attributes:
        offset: the number of entries to skip.
        limit: the largest number of entries to return, 1 to 1000.
        newest_first: true to return the newest first.
    """

    offset: Number = 0
    limit: Limit = 100
    newest_first: bool = False


class RequestCount(msgspec.Struct, frozen=True):
    """The number of journal entries that match.

    Attributes:
        count: the number of entries.
    """

    count: int


class Unmatched(msgspec.Struct, frozen=True):
    """A call that no script answered, and the script that nearly matched.

    Attributes:
        request: the journal entry of the call.
        nearest: the script that nearly matched. Null if there are no scripts.
    """

    request: JournalEntry
    nearest: NearMiss | None


class UnmatchedList(msgspec.Struct, frozen=True):
    """The calls that no script answered.

    Attributes:
        total: the number of these calls.
        unmatched: the calls of this page.
    """

    total: int
    unmatched: list[Unmatched]


class FindingsWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kinds of findings, and the page to return.

    Attributes:
        kinds: the kinds, separated by commas. By default all except `encoding`.
        offset: the number of findings to skip.
        limit: the largest number of findings to return, 1 to 1000.
    """

    kinds: str = ",".join(GATED)
    offset: Number = 0
    limit: Limit = 100


class FindingList(msgspec.Struct, frozen=True):
    """A page of findings.

    Attributes:
        total: the number of findings of these kinds.
        findings: the findings of this page.
    """

    total: int
    findings: list[RequestFinding]


@REQUESTS.get("/requests")
def list_requests(context: Context, query: RequestsWanted) -> RequestList:
    """List or search the journal, which holds every request and its reply on both faces."""
    journal = context.space.journal
    found, total = journal.find(
        query, newest_first=query.newest_first, offset=query.offset, limit=query.limit
    )
    return RequestList(total, journal.dropped, found)


@REQUESTS.get("/requests/count")
def count_requests(context: Context, query: JournalQuery) -> RequestCount:
    """Count the journal entries that match."""
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
    """List the findings about requests, so that a suite can fail if `total` is not 0."""
    kinds = check_kinds(filter(None, query.kinds.split(",")))
    found = context.space.journal.findings(kinds)
    return FindingList(len(found), found[query.offset : query.offset + query.limit])


@REQUESTS.get("/requests/{entry_id}", errors=(404,))
def get_request(context: Context, entry_id: Number) -> JournalEntry:
    """Show one entry of the journal."""
    entry = context.space.journal.get(entry_id)
    if entry is None:
        raise ProblemError(404, f"the journal has no entry {entry_id}; old ones are dropped")
    return entry


@REQUESTS.get("/requests/{entry_id}/curl", errors=(404,), media_type="text/plain")
def get_request_as_curl(context: Context, entry_id: Number) -> str:
    """Return a curl command that sends a request again. Replace *** by the password."""
    return get_request(context, entry_id).curl() + "\n"


@REQUESTS.delete("/requests", status=204)
def delete_requests(context: Context) -> None:
    """Delete the journal."""
    context.space.journal.clear()
