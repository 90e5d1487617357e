"""One isolated world: its accounts, messages, scripts, clock and journal.

Thread-safe: every public method, of the space and of its parts, takes the space's lock, so the
server's loop, a test's thread and a WSGI server's workers may all call at once. What is handed out
is a copy.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import TYPE_CHECKING

from . import coverage as exercised
from .accounts import AccountBook
from .clock import Clock
from .journal import Journal
from .listeners import Listeners
from .messages import Inbox, MessageStore, PlanBook
from .operations import OperationBook
from .responder import Responder
from .scripts import ScriptBook
from .scripts import script as new_script
from .searches import Searches
from .storage import SpaceContents, StorageError
from .totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Unpack

    from .calls import Answer, Call, FaceName
    from .coverage import Cell, Coverage
    from .events import Event, EventFeed
    from .journal import Exchange, FindingGate, RequestObserver
    from .messages import Message
    from .request_parts import RequestParts
    from .rules import Rules
    from .scripts import ScriptOptions, ScriptState
    from .settings import SpaceSettings
    from .storage import NextStart, SavedSpace, Snapshot, SpaceStorage

_MAX_ERRORS = 100


class Space:
    """An isolated world inside one mock server.

    Args:
        name: as in `/s/NAME/`.
        rules: the codes by their causes.
        settings: what it starts with.
        storage: where it is kept besides memory, if anywhere; it begins with what is there.
        searches: what all searches share; its own when left out.
        gate: counts findings, if they are to be counted.
        observers: get each journal entry.
        saved: all that a snapshot file keeps of it, if anything.

    Raises:
        StorageError: what is kept in the file cannot be, or cannot be written.
        ValueError: settings, or what a snapshot file keeps, cannot be.

    Attributes:
        clock: the time as this space sees it.
        accounts: who may send.
        inbox: the accepted messages.
        scripts: what the next requests get.
        plans: what becomes of messages.
        operations: what operations other than send and status answer.
        journal: every request and reply.
        searches: what all searches share, with those in other spaces.
    """

    def __init__(  # noqa: PLR0917 - what its world hands to each space
        self,
        name: str,
        rules: Rules,
        settings: SpaceSettings,
        storage: SpaceStorage | None = None,
        searches: Searches | None = None,
        gate: FindingGate | None = None,
        observers: Sequence[RequestObserver] = (),
        saved: SavedSpace | None = None,
    ) -> None:
        self.name = name
        self._gate = gate
        self._observers = observers
        self._guide = rules.guide
        self._lock = lock = threading.RLock()
        self._listeners = Listeners(lock)
        self._errors: deque[Exception] = deque(maxlen=_MAX_ERRORS)
        self._counts: Counter[Cell] = Counter()
        self._store = MessageStore(
            rules.profile.message_id.first,
            settings.max_messages, settings.max_message_bytes, storage,
        )  # fmt: skip
        self.clock: Clock = Clock(on_change=self._clock_changed)
        self.accounts: AccountBook = AccountBook(settings.accounts, lock, self._save)
        searches = searches or Searches()
        self.searches: Searches = searches
        self.inbox: Inbox = Inbox(
            self._store, rules.guide, self.clock, self._listeners, lock, searches
        )
        self.operations: OperationBook = OperationBook(
            settings.operations, settings.answers, settings.results
        )
        self.scripts: ScriptBook = ScriptBook(rules.guide, lock, storage, self.operations)
        self.plans: PlanBook = PlanBook(settings.plans, lock, self._save)
        self.journal: Journal = Journal(
            rules.profile, self.scripts, lock,
            settings.max_requests, settings.max_request_bytes, storage, searches,
        )  # fmt: skip
        self._responder = Responder(
            rules, self._store, self.clock, self.accounts, self.scripts, self.plans,
            self._listeners, self.operations,
        )  # fmt: skip
        self._contents = SpaceContents(
            settings, self._store, self.accounts, self.plans, self.scripts, self.operations,
            self.clock, storage,
        )  # fmt: skip
        if storage is None:
            if saved is not None:
                self._contents.check(saved)
            self._contents.begin(saved)
            return
        try:
            self._contents.begin(storage.saved(settings.max_messages, settings.max_message_bytes))
        except ValueError as error:
            raise storage.damaged(error) from error
        self.journal.load(storage.entries(settings.max_requests, settings.max_request_bytes))

    # What the server asks.

    def answer(self, call: Call, parts: RequestParts | None = None) -> Answer:
        """Answer a call by the scripts and the rules, and remember what it changed.

        Args:
            call: the call.
            parts: of the request that carried it, for scripts that match by them.
        """
        with self._lock:
            answer = self._responder.answer(call, parts)
            self._counts[exercised.cell(call, answer)] += 1
        return answer

    def answer_for_wsdl(self, address: str, parts: RequestParts) -> Answer | None:
        """Return what a script says to a request for the WSDL; None if it is just served.

        Args:
            address: of the caller.
            parts: of the request.
        """
        with self._lock:
            return self._responder.answer_for_wsdl(address, parts)

    def record(
        self,
        face: FaceName,
        exchange: Exchange,
        call: Call | None,
        answer: Answer | None,
        seconds: float = 0.0,
    ) -> None:
        """Put a request and its reply into the journal; call and answer where there were any.

        `seconds` is how long it took to answer.
        """
        with self._lock:
            entry = self.journal.append(self.clock.now(), face, exchange, call, answer)
            try:
                self.journal.keep(entry)
            except StorageError as error:
                # The answer stands: a journal that cannot be kept must not lose it.
                self._errors.append(error)
            if self._gate is not None:
                self._gate.note(self.name, entry)
            self._listeners.tell("request", entry.number)
        for observer in self._observers:
            observer.note(self.name, entry, seconds)

    def failed(self, error: Exception) -> None:
        """Remember that the server itself failed to answer."""
        with self._lock:
            self._errors.append(error)
            self._listeners.tell("error")

    # What tests and people ask.

    @property
    def messages(self) -> list[Message]:
        """The accepted messages, in the order they came; `inbox` answers the other questions."""
        return self.inbox.all()

    @property
    def errors(self) -> list[Exception]:
        """What went wrong inside the server while it answered for this space."""
        with self._lock:
            return list(self._errors)

    @property
    def totals(self) -> Totals:
        """What was counted up here; to clear, reset or restore takes nothing off."""
        with self._lock:
            return Totals(
                self._store.accepted_in_all,
                self._store.dropped_in_all,
                self.journal.dropped_in_all,
            )

    @property
    def coverage(self) -> Coverage:
        """Which codes, operations and faults were exercised here."""
        return exercised.coverage(self.counts, self._guide, self.operations.names)

    @property
    def counts(self) -> Counter[Cell]:
        """How often each face, operation, code and fault was."""
        with self._lock:
            return self._counts.copy()

    def script(self, **options: Unpack[ScriptOptions]) -> ScriptState:
        """Say what the next requests that match get; see `Script`, `ScriptAnswer`, `Criteria`.

        Raises:
            ScriptError: a script that cannot be.
            TypeError: there is no such option.
        """
        return self.scripts.add(new_script(**options))

    @property
    def subscribers(self) -> int:
        """How many there are who subscribed."""
        return len(self._listeners)

    @property
    def feed(self) -> EventFeed:
        """The latest events, for readers on event loops: see `EventReader`."""
        return self._listeners.feed

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back with each event from now on; return what ends that. See `Listeners.add`."""
        return self._listeners.add(callback)

    def reset(self) -> None:
        """Go back to how the space began; only what was exercised stays counted."""
        with self._lock:
            self._become(self._contents.initial(), begins=True)
            self.operations.clear()
            self._errors.clear()

    def snapshot(self) -> Snapshot:
        """Return everything but the journal, as it is now."""
        with self._lock:
            return self._contents.snapshot()

    def saved(self) -> SavedSpace:
        """Return all that a server needs to go on with the space later, but the journal."""
        with self._lock:
            return self._contents.saved()

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a snapshot; the journal starts empty. See `SpaceContents.restore`."""
        with self._lock:
            self._become(snapshot)

    def _become(self, snapshot: Snapshot, *, begins: bool = False) -> None:
        self._contents.restore(snapshot, begins=begins)
        self.journal.forget()
        self._listeners.tell("reset")

    # What its world does when the settings of all spaces change; it holds `lock` meanwhile.

    @property
    def lock(self) -> threading.RLock:
        """What guards the space."""
        return self._lock

    def following(self, settings: SpaceSettings) -> NextStart:
        """Return how the space will be; see `SpaceContents.following`."""
        return self._contents.following(settings)

    def write(self, following: NextStart) -> None:
        """Write how the space will be; see `SpaceContents.write`."""
        self._contents.write(following)

    def follow(self, following: NextStart) -> None:
        """Put in place how the space will be."""
        self._contents.follow(following)
        if following.clock is not None:
            self._listeners.tell("clock")

    def _save(self) -> None:
        self._contents.save()

    def _clock_changed(self) -> None:
        with self._lock:
            self._save()
            self._listeners.tell("clock")
