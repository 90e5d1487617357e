"""One isolated world: its accounts, messages, scripts, clock and journal.

Thread-safe: every public method, of the space and of its parts, takes the space's lock, so the
server's loop, a test's thread and a WSGI server's workers may all call at once. What is handed out
is a copy. Only `wait` blocks: call it from any thread but the server's loop.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from . import coverage as exercised
from .accounts import AccountBook
from .clock import Clock
from .events import Event, EventKind, Listeners
from .journal import Journal
from .messages import Inbox, PlanBook, Plans
from .messages.stored import Message, MessageQuery, view
from .operations import OperationBook
from .responder import Responder
from .scripts import ScriptBook
from .scripts import script as new_script
from .storage import snapshots
from .storage.keep import Keep, SavedState
from .totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Unpack

    from .calls import Answer, Call, FaceName
    from .coverage import Cell, Coverage
    from .journal import Exchange
    from .rules import Rules
    from .scripts import ScriptOptions, ScriptState
    from .settings import SpaceSettings

_MAX_ERRORS = 100
_SCANNED_AT_ONCE = 1000


class WaitTimeoutError(TimeoutError):
    """Not enough messages matched in time.

    Attributes:
        found: those that did.
    """

    def __init__(self, wanted: int, timeout: float, found: list[Message]) -> None:
        super().__init__(f"{len(found)} of {wanted} messages matched within {timeout:g} seconds")
        self.found = found


class Space:
    """An isolated world inside one mock server.

    Args:
        name: as in `/s/NAME/`.
        rules: the codes by their causes.
        settings: what it starts with.
        keep: where it is kept besides memory; it begins with what is there.

    Attributes:
        clock: the time as this space sees it.
        accounts: who may send.
        scripts: what the next requests get.
        plans: what becomes of messages.
        operations: what operations other than send and status answer.
        journal: every request and reply.
    """

    def __init__(
        self, name: str, rules: Rules, settings: SpaceSettings, keep: Keep | None = None
    ) -> None:
        self.name = name
        self.settings = settings
        self._guide = rules.guide
        self._keep = keep or Keep()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._listeners = Listeners(self._lock)
        self._first_id = rules.profile.message_id.first
        self._errors: deque[Exception] = deque(maxlen=_MAX_ERRORS)
        self._counts: Counter[Cell] = Counter()
        self._cleared = Totals()
        self._inbox = Inbox(
            self._first_id,
            settings.max_messages,
            settings.max_message_bytes,
            self._keep,
        )
        self.clock = Clock(on_change=self._clock_changed)
        self.accounts = AccountBook(settings.accounts, self._lock, self._save)
        self.scripts = ScriptBook(rules.guide, self._lock, self._keep, settings.operations)
        self.plans = PlanBook(settings.delivery, self._lock, self._save)
        self.journal = Journal(
            rules.profile, self.scripts, self._lock,
            settings.max_requests, settings.max_request_bytes, self._keep,
        )  # fmt: skip
        self.operations = OperationBook(settings.operations, settings.answers)
        self._responder = Responder(
            rules, self._inbox, self.clock, self.accounts, self.scripts, self.plans,
            self._listeners, self.operations,
        )  # fmt: skip

        if keep is not None:
            self._load()

    # What the server asks.

    def answer(self, call: Call) -> Answer:
        """Answer a call by the scripts and the rules, and remember what it changed."""
        with self._lock:
            answer = self._responder.answer(call)
            self._counts[exercised.cell(call, answer)] += 1
            self._changed.notify_all()
        return answer

    def record(
        self, face: FaceName, exchange: Exchange, call: Call | None, answer: Answer | None
    ) -> None:
        """Put a request and its reply into the journal; call and answer where there were any."""
        with self._lock:
            number = self.journal.append(self.clock.now(), face, exchange, call, answer)
            self._listeners.tell("request", number)

    def failed(self, error: Exception) -> None:
        """Remember that the server itself failed to answer."""
        with self._lock:
            self._errors.append(error)
            self._listeners.tell("error")
            self._changed.notify_all()

    # What tests and people ask.

    @property
    def messages(self) -> list[Message]:
        """The accepted messages, in the order they came."""
        with self._lock:
            now = self.clock.now()
            return [view(stored, now) for stored in self._inbox.oldest_first()]

    @property
    def errors(self) -> list[Exception]:
        """What went wrong inside the server while it answered for this space."""
        with self._lock:
            return list(self._errors)

    @property
    def accepted(self) -> int:
        """How many messages were ever accepted; some may have been dropped or deleted."""
        return self._inbox.accepted

    @property
    def dropped(self) -> int:
        """How many old messages made room for new ones."""
        return self._inbox.dropped

    @property
    def totals(self) -> Totals:
        """What was counted up here; to clear, reset or restore takes nothing off."""
        with self._lock:
            return self._cleared + self._held()

    @property
    def coverage(self) -> Coverage:
        """Which codes, operations and faults were exercised here."""
        return exercised.coverage(self.counts, self._guide, self.operations.names)

    @property
    def counts(self) -> Counter[Cell]:
        """How often each face, operation, code and fault was."""
        with self._lock:
            return self._counts.copy()

    def message(self, message_id: str) -> Message | None:
        """One message."""
        with self._lock:
            stored = self._inbox.find(message_id)
            return None if stored is None else view(stored, self.clock.now())

    def find(
        self,
        query: MessageQuery | None = None,
        *,
        newest_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[list[Message], int]:
        """A page of the messages that a query means, and how many there are in all."""
        with self._lock:
            now = self.clock.now()
            found, _ = self._inbox.matching(query or MessageQuery(), now)
            total = len(found)
            if newest_first:
                found.reverse()
            page = found[offset:] if limit is None else found[offset : offset + limit]
            return [view(stored, now) for stored in page], total

    def scan(
        self, query: MessageQuery | None = None, *, before: str | None = None
    ) -> Iterator[Message]:
        """The messages that a query means, newest first, one by one.

        Holds the space's lock for a thousand messages at a time, so that a report of all of them
        does not keep the gateway waiting.

        Args:
            query: which messages; all when left out.
            before: the id of a message, still there or not; only older ones are given.
        """
        query = query or MessageQuery()
        test = query.test()
        with self._lock:
            start: int | None = (
                self._inbox.accepted if before is None else self._inbox.number_of(before)
            )
        while start is not None:
            with self._lock:
                now = self.clock.now()
                found, start = self._inbox.older(start, _SCANNED_AT_ONCE)
                page = [
                    view(stored, now)
                    for stored in found
                    if test(stored) and (query.state is None or stored.state(now) == query.state)
                ]
            yield from page

    def set_state(self, message_id: str, state: int) -> Message:
        """Say what status queries answer for a message from now on.

        Raises:
            KeyError: no such message.
            ValueError: the guide lists no such status code.
        """
        if state not in {known.code for known in self._guide.status.codes}:
            raise ValueError(f"the guide lists no status code {state}")
        with self._lock:
            stored = self._inbox.find(message_id)
            if stored is None:
                raise KeyError(message_id)
            stored.state_set = state
            self._inbox.changed(stored)
            self._tell("status", message_id)
            return view(stored, self.clock.now())

    def delete(self, message_id: str) -> bool:
        """Forget a message; tells whether it was there."""
        with self._lock:
            deleted = self._inbox.delete(message_id)
            if deleted:
                self._tell("deleted", message_id)
            return deleted

    def delete_messages(self) -> None:
        """Forget all messages; ids start again."""
        with self._lock, self._counted_on():
            self._inbox.clear()
            self._tell("deleted")

    def script(self, **options: Unpack[ScriptOptions]) -> ScriptState:
        """Say what the next requests that match get; see `Script`, `ScriptAnswer`, `Match`.

        Raises:
            ScriptError: a script that cannot be.
            TypeError: there is no such option.
        """
        return self.scripts.add(new_script(**options))

    def matching(self, query: MessageQuery) -> tuple[list[Message], float | None]:
        """The messages that a query means, and in how many seconds time may make one more.

        The second is None when time alone will not, as under a frozen clock.
        """
        with self._lock:
            now = self.clock.now()
            found, due = self._inbox.matching(query, now)
            later = None if due is None or self.clock.frozen else due - now
            return [view(stored, now) for stored in found], later

    def wait(
        self, query: MessageQuery | None = None, *, count: int = 1, timeout: float = 5.0
    ) -> list[Message]:
        """Block until so many messages match.

        Args:
            query: which messages; any when left out.
            count: how many.
            timeout: real seconds; a frozen clock does not stop it.

        Raises:
            WaitTimeoutError: they did not come in time.
        """
        query = query or MessageQuery()
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found, later = self.matching(query)
                if len(found) >= count:
                    return found
                left = deadline - time.monotonic()
                if left <= 0:
                    raise WaitTimeoutError(count, timeout, found)
                self._changed.wait(left if later is None else min(left, later))

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Hear of what happens from now on; gives what ends that. See `Listeners.add`."""
        return self._listeners.add(callback)

    def reset(self) -> None:
        """Back to how the space began; only what was exercised stays counted."""
        with self._lock, self._counted_on():
            self._inbox.clear()
            self.journal.clear()
            self.scripts.clear()
            self.plans.reset()
            self.operations.clear()
            self.accounts.reset()
            self._errors.clear()
            self.clock.reset()
            self._save()
            self._tell("reset")

    def snapshot(self) -> snapshots.Snapshot:
        """Everything but the journal, as it is now."""
        with self._lock:
            return snapshots.Snapshot(
                version=snapshots.VERSION,
                clock=self._saved_clock(),
                accounts=tuple(snapshots.SavedAccount(*each) for each in self.accounts.saved()),
                plans=self.plans.all(),
                scripts=tuple(self.scripts.states()),
                accepted=self._inbox.accepted,
                messages=tuple(
                    msgspec.structs.replace(each) for each in self._inbox.oldest_first()
                ),
            )

    def restore(self, snapshot: snapshots.Snapshot) -> None:
        """Become what a snapshot says; the journal begins anew.

        Raises:
            SnapshotError: its messages are not numbered as this space numbers them.
            AccountError, ScriptError: an account or a script that cannot be.
        """
        with self._lock, self._counted_on():
            before = self.snapshot()
            try:
                self._restore(snapshot)
            except ValueError:
                self._restore(before)
                raise
            self.journal.clear()
            self._save()
            self._tell("reset")

    def _held(self) -> Totals:
        """What inbox and journal say, which begin again when they are cleared."""
        return Totals(self._inbox.accepted, self._inbox.dropped, self.journal.dropped_in_all)

    @contextmanager
    def _counted_on(self) -> Iterator[None]:
        """Keep the totals as they are, whatever is cleared or put back within."""
        before = self.totals
        try:
            yield
        finally:
            self._cleared = before - self._held()

    def _load(self) -> None:
        """Begin with what is kept."""
        first = self._first_id
        accepted, messages = self._keep.messages(self.settings.max_messages)
        self._inbox.load(accepted, [int(stored.id) - first for stored in messages], messages)
        self.journal.load(self._keep.entries(self.settings.max_requests))
        self.scripts.load(self._keep.scripts())
        state, used = self._keep.state(), self._keep.used()
        if state is None:
            self.accounts.load((), (), used)
            return
        self.accounts.load(state.accounts, state.removed, used)
        default = state.plans.default if state.default_changed else self.settings.delivery
        self.plans.restore(Plans(default, state.plans.numbers, state.plans.accounts))
        self.clock.restore(state.clock.frozen_at, state.clock.offset)

    def _save(self) -> None:
        """Keep what was changed of accounts, plans and clock."""
        changed, removed = self.accounts.differences()
        plans = self.plans.all()
        default_changed = plans.default != self.settings.delivery
        self._keep.put_state(
            SavedState(changed, removed, plans, default_changed, self._saved_clock())
        )

    def _saved_clock(self) -> snapshots.SavedClock:
        frozen = self.clock.frozen
        return snapshots.SavedClock(
            self.clock.now() if frozen else None, 0.0 if frozen else self.clock.offset
        )

    def _restore(self, snapshot: snapshots.Snapshot) -> None:
        self._inbox.restore(snapshot.accepted, map(msgspec.structs.replace, snapshot.messages))
        self.accounts.restore((each.account, each.used) for each in snapshot.accounts)
        self.plans.restore(snapshot.plans)
        self.scripts.restore(snapshot.scripts)
        self.clock.restore(snapshot.clock.frozen_at, snapshot.clock.offset)

    def _tell(self, kind: EventKind, number: str = "") -> None:
        self._listeners.tell(kind, number)
        self._changed.notify_all()

    def _clock_changed(self) -> None:
        with self._lock:
            self._save()
            self._tell("clock")
