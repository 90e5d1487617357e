"""The journal: every request and every reply, bounded, passwords masked.

What is kept is what came; what it says is worked out when somebody looks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.calls import GUIDE_OPERATIONS, Answer, Call, FaceName, Operation
from convergia_mockserver.gateway.faults import FaultKind  # noqa: TC001 - msgspec reads it
from convergia_mockserver.gateway.patterns import Pattern, SearchTime, number_test, pattern
from convergia_mockserver.gateway.ring import Ring
from convergia_mockserver.gateway.scripts import Subject

from .exchanges import MASK, Exchange, RecordedReply, RecordedRequest, recorded
from .findings import Finding, findings

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable

    from convergia_wsdl import Profile

    from convergia_mockserver.gateway.scripts import NearMiss, ScriptBook
    from convergia_mockserver.gateway.storage.keep import Keep


class StoredEntry(msgspec.Struct, gc=False):
    """An entry as its space keeps it; `call` and `answer` are None when no face could read it."""

    number: int
    at: float
    face: str
    exchange: Exchange
    call: Call | None
    answer: Answer | None

    def __repr__(self) -> str:
        return f"StoredEntry(number={self.number})"


class JournalQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which entries are meant: those that agree with all that is given.

    Attributes:
        matched: whether a script decided them.
        duplicate: whether they repeat an accepted message.
    """

    face: FaceName | None = None
    operation: Operation | None = None
    account: str | Pattern | None = None
    number: str | Pattern | None = None
    text: str | Pattern | None = None
    extra: str | Pattern | None = None
    code: int | None = None
    fault: FaultKind | None = None
    message_id: str | None = None
    script: int | None = None
    matched: bool | None = None
    duplicate: bool | None = None

    def test(self) -> Callable[[StoredEntry], bool]:
        """The query as a function, for one search."""
        search = SearchTime()
        arguments = {
            argument: (number_test if field == "number" else Pattern.test)(pattern(wanted), search)
            for field, argument in _ARGUMENTS.items()
            if (wanted := getattr(self, field)) is not None
        }
        wanted = [
            (read, expected)
            for field, read in _READERS.items()
            if (expected := getattr(self, field)) is not None
        ]

        def test(stored: StoredEntry) -> bool:
            if not all(read(stored) == expected for read, expected in wanted):
                return False
            if not arguments:
                return True
            given = {} if stored.call is None else stored.call.arguments
            return all(name in given and test(given[name]) for name, test in arguments.items())

        return test


_CREDENTIALS = ("username", "password")
_ARGUMENTS = {"account": "username", "number": "number", "text": "message", "extra": "extra"}
_READERS: dict[str, Callable[[StoredEntry], object]] = {
    "face": lambda stored: stored.face,
    "operation": lambda stored: stored.call and stored.call.operation,
    "code": lambda stored: stored.answer and stored.answer.code,
    "fault": lambda stored: stored.answer and stored.answer.fault and stored.answer.fault.kind,
    "message_id": lambda stored: stored.answer and stored.answer.message_id,
    "script": lambda stored: stored.answer and stored.answer.script,
    "matched": lambda stored: bool(stored.answer and stored.answer.script is not None),
    "duplicate": lambda stored: bool(stored.answer and stored.answer.resend),
}


class JournalEntry(msgspec.Struct, frozen=True):
    """A request and its reply.

    Attributes:
        id: its number in the space's journal, from 1.
        at: when it was answered, UTC, by the space's clock.
        face: http or soap.
        operation: send or status; None for a request that was no call (the WSDL, a broken one).
        arguments: as the gateway read them, the password masked.
        address: the caller's IP address.
        code: the guide's code that was answered; None for a request that was no call.
        message_id: the id of the message it brought about.
        fault: the failure that was shown instead of, or around, the answer.
        delay: seconds that the answer was held back.
        script: the id of the script that decided it.
        duplicate_of: the accepted message that this accepted send repeats.
        findings: what the sender would not have expected.
        request: as it came, the password masked.
        reply: as it went.
    """

    id: int
    at: datetime
    face: str
    operation: str | None
    arguments: dict[str, str]
    address: str
    code: int | None
    message_id: str | None
    fault: str | None
    delay: float
    script: int | None
    duplicate_of: str | None
    findings: tuple[Finding, ...]
    request: RecordedRequest
    reply: RecordedReply

    def curl(self) -> str:
        """The command that sends the request again; put the password where `***` stands."""
        return self.request.curl()


class Journal:
    """A space's journal. Thread-safe.

    Args:
        profile: says what the gateway would do to a text.
        scripts: the space's, for the nearest miss.
        lock: the space's.
        capacity: entries kept; the oldest make room.
        budget: what they weigh at most, in bytes.
        keep: where they are kept besides.
    """

    def __init__(  # noqa: PLR0917 - a space's parts, each once
        self,
        profile: Profile,
        scripts: ScriptBook,
        lock: threading.RLock,
        capacity: int,
        budget: int,
        keep: Keep,
    ) -> None:
        self._keep = keep
        self._profile = profile
        self._scripts = scripts
        self._lock = lock
        self._entries: Ring[StoredEntry] = Ring(capacity, budget)
        self._dropped_before = 0

    def append(
        self, at: float, face: str, exchange: Exchange, call: Call | None, answer: Answer | None
    ) -> int:
        """Put a request and its reply behind the others; gives its number, from 1."""
        with self._lock:
            number = self._entries.next_number + 1
            entry = StoredEntry(number, at, face, exchange, call, answer)
            self._entries.append(entry, exchange.weight)
            self._keep.put_entry(entry)
            return number

    def load(self, entries: Iterable[StoredEntry]) -> None:
        """Hold these entries, oldest first, as they are kept already."""
        with self._lock:
            for entry in entries:
                if entry.number != self._entries.next_number + 1:
                    self._entries.clear(entry.number - 1)
                self._entries.append(entry, entry.exchange.weight)

    @property
    def dropped(self) -> int:
        """How many old entries made room for new ones, since it was cleared."""
        return self._entries.dropped

    @property
    def dropped_in_all(self) -> int:
        """The same, but that to clear takes nothing off."""
        return self._dropped_before + self._entries.dropped

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, number: int) -> JournalEntry | None:
        """One entry."""
        with self._lock:
            stored = self._entries.get(number - 1)
        return None if stored is None else entry_view(stored, self._profile)

    def find(
        self,
        query: JournalQuery | None = None,
        *,
        newest_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[list[JournalEntry], int]:
        """A page of the entries that a query means, and how many there are in all."""
        found = self._matching(query)
        total = len(found)
        if newest_first:
            found.reverse()
        page = found[offset:] if limit is None else found[offset : offset + limit]
        return [entry_view(stored, self._profile) for stored in page], total

    def count(self, query: JournalQuery | None = None) -> int:
        """How many entries a query means."""
        return len(self._matching(query))

    def unmatched(self) -> list[tuple[JournalEntry, NearMiss | None]]:
        """The calls that no script answered, each with the script that came nearest.

        The miss is None when there is no script at all. A status query is held against its own
        arguments here, not against the message that it asks for.
        """
        found = self._matching(JournalQuery(matched=False))
        return [
            (entry_view(stored, self._profile), self._scripts.nearest(_subject(stored.call)))
            for stored in found
            if stored.call is not None
        ]

    def clear(self) -> None:
        """Forget all entries, and number from 1 again."""
        with self._lock:
            self._dropped_before += self._entries.dropped
            self._entries.clear()
            self._keep.clear_entries()

    def _matching(self, query: JournalQuery | None) -> list[StoredEntry]:
        with self._lock:
            stored = list(self._entries.oldest_first())
        return stored if query is None else list(filter(query.test(), stored))


def _subject(call: Call) -> Subject:
    arguments = call.arguments
    if call.operation not in GUIDE_OPERATIONS:
        others = {name: text for name, text in arguments.items() if name not in _CREDENTIALS}
        username = arguments.get("username", "")
        return Subject(call.face, call.operation, username, arguments=others)
    return Subject(
        call.face,
        call.operation,
        arguments.get("username", ""),
        arguments.get("number", ""),
        arguments.get("message", ""),
        arguments.get("extra", ""),
    )


def entry_view(stored: StoredEntry, profile: Profile) -> JournalEntry:
    """An entry for others."""
    call, answer = stored.call, stored.answer
    arguments = {} if call is None else dict(call.arguments)
    request, reply = recorded(stored.exchange, arguments.get("password", ""))
    if arguments.get("password"):
        arguments["password"] = MASK
    resend = None if answer is None else answer.resend
    return JournalEntry(
        id=stored.number,
        at=datetime.fromtimestamp(stored.at, UTC),
        face=stored.face,
        operation=None if call is None else call.operation,
        arguments=arguments,
        address=stored.exchange.address,
        code=None if answer is None else answer.code,
        message_id=None if answer is None else answer.message_id,
        fault=None if answer is None or answer.fault is None else answer.fault.kind.value,
        delay=0.0 if answer is None else answer.delay,
        script=None if answer is None else answer.script,
        duplicate_of=None if resend is None else resend.message_id,
        findings=findings(stored.exchange, call, answer, profile),
        request=request,
        reply=reply,
    )
