"""A space: an isolated world with its own accounts, messages, scripts, clock and journal.

Thread-safe: every public method of the space and of its parts takes the space's lock, so the
server's loop, a test's thread and a WSGI server's workers may call concurrently. Values that are
returned are copies.
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
        name: the name, as in `/s/NAME/`.
        rules: the rules that give a call its code.
        settings: the initial state and the limits.
        storage: the storage that keeps the space besides memory, if any. Its contents are loaded.
        searches: the time and threads shared with other spaces. By default the space has its own.
        gate: the counter of findings. None if they are not counted.
        observers: objects that get each journal entry.
        saved: the state of the space in a snapshot file, if any.

    Raises:
        StorageError: if the stored state is invalid, or the storage cannot be written.
        ValueError: if the settings or the saved state are invalid.

    Attributes:
        clock: the clock of the space.
        accounts: the accounts.
        inbox: the accepted messages.
        scripts: the scripts, which answer the next matching requests.
        plans: the delivery plans.
        operations: the answers of operations other than send and status.
        journal: every request and reply.
        searches: the time and threads of searches.
    """

    def __init__(  # noqa: PLR0917 - only `World` calls it
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
        self.clock: Clock = Clock(on_change=self._clock_changed, lock=lock)
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

    # Methods for the server.

    def answer(self, call: Call, parts: RequestParts | None = None) -> Answer:
        """Answer a call by the scripts and the rules, and apply its effects.

        Args:
            call: the call.
            parts: the HTTP request that carried it, for scripts that match by it.
        """
        with self._lock:
            answer = self._responder.answer(call, parts)
            self._counts[exercised.cell(call, answer)] += 1
        return answer

    def answer_for_wsdl(self, address: str, parts: RequestParts) -> Answer | None:
        """Return a script's answer to a request for the WSDL. None if the WSDL is served as usual.

        Args:
            address: the IP address of the caller.
            parts: the HTTP request.
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
        """Put a request and its reply into the journal, with the call and its answer if any.

        `seconds` is the time that the answer took.
        """
        with self._lock:
            entry = self.journal.append(self.clock.now(), face, exchange, call, answer)
            try:
                self.journal.keep(entry)
            except StorageError as error:
                # The call was answered. A journal that cannot be written must not undo that.
                self._errors.append(error)
            if self._gate is not None:
                self._gate.note(self.name, entry)
            self._listeners.tell("request", entry.number)
        for observer in self._observers:
            observer.note(self.name, entry, seconds)

    def failed(self, error: Exception) -> None:
        """Record an error inside the server."""
        with self._lock:
            self._errors.append(error)
            self._listeners.tell("error")

    # Methods for tests and people.

    @property
    def messages(self) -> list[Message]:
        """The accepted messages, oldest first. `inbox` searches them."""
        return self.inbox.all()

    @property
    def errors(self) -> list[Exception]:
        """The latest errors inside the server while it answered for this space, up to 100."""
        with self._lock:
            return list(self._errors)

    @property
    def totals(self) -> Totals:
        """The counters of this space. Clearing, resetting and restoring do not reduce them."""
        with self._lock:
            return Totals(
                self._store.accepted_in_all,
                self._store.dropped_in_all,
                self.journal.dropped_in_all,
            )

    @property
    def coverage(self) -> Coverage:
        """The codes, operations and faults that were exercised in this space."""
        return exercised.coverage(self.counts, self._guide, self.operations.names)

    @property
    def counts(self) -> Counter[Cell]:
        """The number of calls for each combination of face, operation, code and fault."""
        with self._lock:
            return self._counts.copy()

    def script(self, **options: Unpack[ScriptOptions]) -> ScriptState:
        """Script the answers to the next matching requests.

        The options are the fields of `Script`, `ScriptAnswer` and `Criteria`.

        Raises:
            ScriptError: if the script is invalid.
            TypeError: if an option does not exist.
        """
        return self.scripts.add(new_script(**options))

    @property
    def subscribers(self) -> int:
        """The number of subscribers to events."""
        return len(self._listeners)

    @property
    def feed(self) -> EventFeed:
        """The latest events, for readers on event loops. See `EventReader`."""
        return self._listeners.feed

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call `callback` with each event. Return a function to stop it. See `Listeners.add`."""
        return self._listeners.add(callback)

    def reset(self) -> None:
        """Return to the initial state. Coverage and totals are kept."""
        with self._lock:
            self._become(self._contents.initial(), begins=True)
            self.operations.clear()
            self._errors.clear()

    def snapshot(self) -> Snapshot:
        """Return the current state of the space, without the journal."""
        with self._lock:
            return self._contents.snapshot()

    def saved(self) -> SavedSpace:
        """Return the state with which a server can continue the space, without the journal."""
        with self._lock:
            return self._contents.saved()

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a snapshot and empty the journal. See `SpaceContents.restore`."""
        with self._lock:
            self._become(snapshot)

    def _become(self, snapshot: Snapshot, *, begins: bool = False) -> None:
        self._contents.restore(snapshot, begins=begins)
        self.journal.forget()
        self._listeners.tell("reset")

    # Methods for `World` when the settings of all spaces change. It holds `lock` meanwhile.

    @property
    def lock(self) -> threading.RLock:
        """The lock that guards the space."""
        return self._lock

    def following(self, settings: SpaceSettings) -> NextStart:
        """Return the state that follows from new settings. See `SpaceContents.following`."""
        return self._contents.following(settings)

    def write(self, following: NextStart) -> None:
        """Write the new state to the storage. See `SpaceContents.write`."""
        self._contents.write(following)

    def follow(self, following: NextStart) -> None:
        """Replace the current state by the new one."""
        self._contents.follow(following)
        if following.clock is not None:
            self._listeners.tell("clock")

    def _save(self) -> None:
        self._contents.save()

    def _clock_changed(self) -> None:
        self._save()
        self._listeners.tell("clock")
