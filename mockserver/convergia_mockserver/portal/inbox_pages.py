"""The inbox of the workbench: the account's messages, newest first, and single messages."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from convergia_mockserver.gateway import FaultKind, JournalQuery, MessageQuery
from convergia_mockserver.gateway.text import measure

from .journal_pages import latest_entries
from .search import search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.responses import Response

    from convergia_mockserver.gateway import Finding, Message, ScriptState, Space

    from .site import Site, Visit

PAGE = 50
_MAX_LENGTH = 200
# The number of journal entries in which the inbox looks for findings about its messages.
_LOOKED_BACK = 300
# Every message has these findings, so they are not marked.
_UNREMARKABLE = frozenset({"encoding"})
# The largest number of other accounts' messages between two neighbours.
_STRANGERS_BETWEEN = 100


class InboxPages:
    """The pages about messages."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._states = {str(known.code) for known in site.world.guide.status.codes}

    def show(self, visit: Visit) -> Response:
        """Return the inbox, or with `fragment` only its list, which the page's script inserts."""
        asked = visit.request.query_params
        state, words = asked.get("state", ""), asked.get("q", "").strip()[:_MAX_LENGTH]
        state = state if state in self._states else ""
        before = asked.get("before") or None
        found = list(islice(_search(visit, state, words, before), PAGE + 1))
        messages = found[:PAGE]
        return self._site.render(
            visit,
            "inbox_list.html" if "fragment" in asked else "inbox.html",
            messages=messages,
            marks=_marks(visit.space, messages),
            older=messages[-1].id if len(found) > PAGE else None,
            before=before,
            state=state,
            words=words,
            scripts=scripts_for(visit),
            faults=list(FaultKind),
            clock=visit.space.clock,
        )

    def message(self, visit: Visit) -> Response:
        """Return the page of one message with its status, its request and its reply."""
        message = own_message(visit, visit.request.path_params["message_id"])
        entries, _ = visit.space.journal.find(
            JournalQuery(message_id=message.id, account=visit.user.account), limit=1
        )
        older = next(
            visit.space.inbox.scan(MessageQuery(account=visit.user.account), before=message.id),
            None,
        )
        return self._site.render(
            visit,
            "message.html",
            message=message,
            weight=measure(message.text),
            entry=entries[0] if entries else None,
            older=older,
            newer=_newer(visit, message),
        )


def own_message(visit: Visit, message_id: str) -> Message:
    """Return a message of the logged-in account.

    Raises:
        HTTPException: 404 if it does not exist or belongs to another account.
    """
    message = visit.space.inbox.get(message_id)
    if message is None or message.account != visit.user.account:
        raise HTTPException(404)
    return message


def scripts_for(visit: Visit) -> list[ScriptState]:
    """Return the scripts that may still answer requests of the logged-in account."""
    account = visit.user.account
    return [
        state
        for state in visit.space.scripts.states()
        if state.remaining != 0 and state.script.match.account in {None, account}
    ]


def _search(visit: Visit, state: str, words: str, before: str | None) -> Iterator[Message]:
    query = MessageQuery(account=visit.user.account, state=int(state) if state else None)
    found = visit.space.inbox.scan(query, before=before)
    if not words:
        return found
    return filter(search(words), found)


def _marks(space: Space, messages: Sequence[Message]) -> dict[str, list[Finding]]:
    """Return the findings about each message, from the latest journal entries."""
    wanted = {message.id for message in messages}
    marks: dict[str, list[Finding]] = {}
    for entry in islice(latest_entries(space), _LOOKED_BACK):
        if entry.message_id in wanted and entry.message_id not in marks:
            marks[entry.message_id] = [
                finding for finding in entry.findings if finding.kind not in _UNREMARKABLE
            ]
    return marks


def _newer(visit: Visit, message: Message) -> Message | None:
    for step in range(1, _STRANGERS_BETWEEN):
        other = visit.space.inbox.get(str(int(message.id) + step))
        if other is not None and other.account == message.account:
            return other
    return None
