"""The worker that sends the outbox's messages: asyncio around an `AsyncClient`."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from convergia_sms._counts import counted
from convergia_sms._errors import LiveGatewayBlockedError

from ._clock import steady
from ._lease import Lease, LeaseLostError
from ._log import call_back, log_event, log_outcome, log_waiting
from ._outcomes import gets_through
from ._policy import CircuitBreaker, RetryPolicy
from ._rate import Rate
from ._sender import AWAY, StoreThread, attempt
from ._sender import words as driver_words
from ._states import Event, State
from ._turn import Turn
from ._waiting import Waiting, find_waiting, store_silent
from ._window import Hours

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._outbox import Outbox
    from ._outcomes import Claimed, Outcome
    from ._query import Filter
    from ._sender import SendGateway
    from ._window import SendingWindow

__all__ = ["Worker"]

# Seconds between two polls of an empty queue.
_IDLE = 0.5
# Waits for the rate that are shorter than this are not reported. In seconds.
_NEWS = 1.0
# Seconds between two queries for messages that are due later.
_DUE_LOOK = 5.0
# The longest wait, in seconds, for more outcomes to record in one transaction.
_GATHER = 0.05


class Worker:
    """Sends an account's messages until stopped.

        async with AsyncClient() as client:
            await Worker(outbox, client, rate=50).run()

    Any number of workers, in any number of processes and (on PostgreSQL) machines, may share an
    outbox. `sending` is committed before the first byte of a message is sent. No more messages are
    `sending` than `concurrency`. A message is put back into the queue only if it certainly did not
    reach the gateway.

    Args:
        outbox: the outbox that holds the messages.
        client: an `AsyncClient`. The worker does not close it.
        concurrency: the maximum number of messages in flight.
        rate: messages a second of all the account's workers together. No limit if None.
        burst: messages that may be sent at once. A tenth of a second's worth if None.
        window: the days and hours in which messages may be sent. Always if None.
        batch: send only the messages of this batch. All of the account's if None.
        retry: the policy for messages that were not sent.
        breaker: decides when to pause because nothing gets through.
        lease: seconds of silence after which this worker counts as dead, and the messages that it
            was sending become unknown. It must be longer than any call of the client may take.
        poll_after: seconds after which an accepted message's status is first queried.
        on_outcome: called in the event loop with each outcome, after its commit.
        on_waiting: called in the event loop when the reason for waiting changes, with None when the
            worker sends again.
        now: returns the current time, for `window`.
    """

    def __init__(
        self,
        outbox: Outbox,
        client: SendGateway,
        *,
        concurrency: int = 64,
        rate: float | None = None,
        burst: int | None = None,
        window: SendingWindow | None = None,
        batch: str | None = None,
        retry: RetryPolicy | None = None,
        breaker: CircuitBreaker | None = None,
        lease: float = 60.0,
        poll_after: float = 10.0,
        on_outcome: Callable[[Outcome], None] | None = None,
        on_waiting: Callable[[Waiting | None], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if concurrency < 1:
            raise ValueError(f"the concurrency must be at least 1, not {concurrency}")
        self._outbox = outbox
        self._client = client
        self._concurrency = concurrency
        self._rate = None if rate is None else Rate(f"send:{outbox.account}", rate, burst)
        self._hours = Hours(window, now)
        self._retry = retry or RetryPolicy()
        self._breaker = breaker or CircuitBreaker()
        self._lease_seconds = lease
        self._poll_after = poll_after
        self._on_outcome = on_outcome
        self._on_waiting = on_waiting
        self._waiting: Waiting | None = None
        self._due_look_at = 0.0
        self._last_turn = time.monotonic()
        self._batch = batch
        self._lease = Lease(outbox.database, outbox.account, lease, batch)
        self._store = StoreThread(self._report_silence)
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._outcomes: list[Outcome] = []
        self._recording: list[Outcome] = []
        self._good_until = 0.0
        self._reported_accounts: set[str] = set()
        self._stopping = False
        self._forbidden: LiveGatewayBlockedError | None = None
        self._enough = 1
        self._wake = asyncio.Event()

    @property
    def silent_for(self) -> float:
        """Seconds since the last successful turn in the store, or since the worker was created."""
        return time.monotonic() - self._last_turn

    @property
    def lease_seconds(self) -> float:
        """Seconds of silence after which the worker counts as dead."""
        return self._lease_seconds

    def stop(self) -> None:
        """Claim nothing more. `run` returns when all messages in flight are done and recorded.

        If the store is unavailable, `run` waits for it to record the outcomes. Cancel `run` to stop
        waiting.
        """
        self._stopping = True
        self._wake.set()

    async def run(self, until: Filter | None = None) -> None:
        """Send until `stop`. Call it only once for each worker.

        If it is cancelled, the messages in flight become unknown.

        Args:
            until: also return when none of these messages is queued or sending any more, here or at
                another worker.

        Raises:
            LiveGatewayBlockedError: CONVERGIA_FORBID_LIVE is set. The messages stay in the queue.
            Exception: an error of the store. Messages in flight are finished first, and recorded if
                the store accepts that. If the store is only unavailable, the worker waits instead.
        """
        try:
            await self._turns(until)
        except Exception:
            self._stopping = True
            await asyncio.gather(*self._in_flight.values(), return_exceptions=True)
            raise
        except BaseException:
            for task in self._in_flight.values():
                task.cancel()
            await asyncio.gather(*self._in_flight.values(), return_exceptions=True)
            raise
        finally:
            await asyncio.shield(self._leave())
        if self._forbidden is not None:
            raise self._forbidden

    async def _turns(self, until: Filter | None) -> None:
        loop = asyncio.get_running_loop()
        turn = Turn(loop.time(), self._lease_seconds)
        # Count the outcomes that are being recorded too. If the store is unavailable, they wait.
        while not self._stopping or self._in_flight or self._outcomes or self._recording:
            self._wake.clear()
            began, before = loop.time(), steady()
            try:
                found, wait = await self._turn(turn, began)
                if until is not None and await self._finished(until, found):
                    return
            except LeaseLostError:
                words = f"worker {self._lease.worker} was declared dead, and starts again"
                log_event(logging.WARNING, "worker.lease_lost", words, worker=self._lease.worker)
                turn.leased = False
                continue
            except AWAY as error:
                self._report_waiting(Waiting("store", detail=driver_words(error)))
                # Other workers lost the connection too. Let them return before one is declared
                # dead.
                turn.upkeep_at = loop.time() + self._lease_seconds
                turn.in_doubt = True
                await asyncio.sleep(turn.next_pause())
                continue
            turn.succeed(loop.time() - began)
            self._last_turn = time.monotonic()
            self._good_until = before + self._lease_seconds / 2
            worker = self._lease.worker
            for claimed in found:
                self._in_flight[claimed.id] = asyncio.create_task(self._send(claimed, worker))
            await self._look_why_idle(wait)
            await self._sleep(wait)

    async def _turn(self, turn: Turn, began: float) -> tuple[list[Claimed], float]:
        """Record outcomes and claim messages.

        Returns:
            The claimed messages, and the longest time to sleep after this turn, in seconds.
        """
        if not turn.leased:
            await self._store.call(self._lease.take)
            log_event(logging.INFO, "worker.started", "started", worker=self._lease.worker)
            turn.leased = True
        if began >= turn.upkeep_at:
            await self._store.call(self._outbox.recover)
            await self._store.call(self._outbox.expire)
            self._report_elsewhere(await self._store.call(self._outbox.waiting_elsewhere))
            turn.upkeep_at = began + self._lease_seconds / 3
        # Keep them until they are committed, so that a failed turn leaves them to the next.
        self._recording += self._outcomes
        self._outcomes = []
        want, wait = self._room(began)
        found, rate_wait = await self._store.call(
            partial(
                self._lease.turn,
                self._recording,
                want,
                rate=self._rate,
                ahead=turn.ahead,
                known=self._known() if turn.in_doubt else None,
                zones=self._hours.open_zones(),
            )
        )
        recorded, self._recording = self._recording, []
        self._announce(recorded)
        return found, wait or rate_wait or _IDLE

    async def _look_why_idle(self, wait: float) -> None:
        """Find out why nothing is in flight, and report it if the reason has changed."""
        if self._stopping:
            return
        now = asyncio.get_running_loop().time()
        shut = self._hours.open_zones().nowhere
        if self._in_flight:
            self._report_waiting(None)
        elif not shut and (closed := self._breaker.closed_for(now)):
            self._report_waiting(Waiting("breaker", closed))
        elif not shut and self._rate is not None and wait != _IDLE:
            if wait >= _NEWS:
                self._report_waiting(Waiting("rate", wait))
        elif now >= self._due_look_at:
            self._due_look_at = now + _DUE_LOOK
            try:
                database, account = self._outbox.database, self._outbox.account
                look = partial(find_waiting, database, account, self._batch, self._hours)
                self._report_waiting(await self._store.call(look))
            except AWAY:
                return  # the next turn reports it

    def _report_silence(self, seconds: float) -> None:
        self._report_waiting(store_silent(seconds))

    def _report_waiting(self, waiting: Waiting | None) -> None:
        before, self._waiting = self._waiting, waiting
        if (before and before.kind) == (waiting and waiting.kind):
            return
        log_waiting(waiting)
        if waiting is None or waiting.reason != "store":
            self._lease.note_waiting(waiting)
            self._wake.set()  # a turn at once, which records it
        if self._on_waiting is not None:
            call_back("on_waiting", partial(self._on_waiting, waiting))

    def _report_elsewhere(self, waiting: dict[str, int]) -> None:
        for account in waiting.keys() - self._reported_accounts:
            self._reported_accounts.add(account)
            count = waiting[account]
            wait = counted(count, "1 message waits", f"{count:,} messages wait")
            log_event(
                logging.WARNING,
                "account.without_worker",
                f"{wait} under the account {account!r}, which has no worker; this one sends"
                f" {self._outbox.account!r}",
                account=account,
                messages=count,
            )

    def _known(self) -> frozenset[int]:
        """Return the ids that this worker has claimed and not recorded yet."""
        finished = (outcome.claimed.id for outcome in self._recording + self._outcomes)
        return frozenset({*self._in_flight, *finished})

    async def _finished(self, until: Filter, found: list[Claimed]) -> bool:
        if found or self._in_flight or self._outcomes:
            return False
        counts = await self._store.call(partial(self._outbox.counts, until))
        return not counts[State.QUEUED] and not counts[State.SENDING]

    def _room(self, now: float) -> tuple[int, float]:
        """Return how many messages may be claimed now, and the seconds until that changes."""
        if self._stopping:
            return 0, 0.0
        room = self._concurrency - len(self._in_flight)
        if wait := self._hours.closed_for():
            return 0, min(wait, self._lease_seconds / 3)
        allowed = self._breaker.room(now, len(self._in_flight))
        if allowed is None:
            return room, 0.0
        return min(room, allowed), min(self._breaker.closed_for(now), self._lease_seconds / 3)

    async def _sleep(self, seconds: float) -> None:
        """Wait until there are enough outcomes for a transaction, or for `seconds`."""
        # Waiting for half of them needs few commits, while the other half keeps the gateway busy.
        self._enough = max(1, (len(self._in_flight) + len(self._outcomes)) // 2)
        if len(self._outcomes) >= self._enough:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, self._lease_seconds / 3)):
                await self._wake.wait()

    async def _send(self, claimed: Claimed, worker: str) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        outcome, problem = await attempt(
            self._client,
            claimed,
            self._retry,
            # A lease under a new name does not cover messages claimed under the old one.
            lapsed=lambda: self._lease.worker != worker or steady() >= self._good_until,
            poll_after=self._poll_after,
        )
        if problem is not None or outcome.event is Event.ACCEPT:
            outcome = replace(outcome, seconds=loop.time() - began - claimed.after)
        if isinstance(problem, LiveGatewayBlockedError):
            # All other messages would fail for the same reason.
            self._forbidden = problem
            self.stop()
        healthy = gets_through(problem)
        if healthy is not None:
            self._breaker.record(loop.time(), success=healthy)
        del self._in_flight[claimed.id]
        self._outcomes.append(outcome)
        if len(self._outcomes) >= self._enough or not self._in_flight:
            self._wake.set()
        elif len(self._outcomes) == 1:
            loop.call_later(_GATHER, self._wake.set)

    def _announce(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            log_outcome(outcome)
            if self._on_outcome is not None:
                call_back("on_outcome", partial(self._on_outcome, outcome))

    async def _leave(self) -> None:
        """Record the known outcomes and give up the lease, if the store is available."""
        outcomes = self._recording + self._outcomes
        try:
            with suppress(*AWAY, LeaseLostError):
                # A cancelled turn may have claimed messages, and may have recorded outcomes.
                known = self._known()
                try:
                    await self._store.call(partial(self._lease.turn, outcomes, known=known))
                except SQLAlchemyError as error:
                    if isinstance(error, AWAY):
                        raise
                    await self._record_one_by_one(outcomes)
                await self._store.call(self._lease.leave)
                log_event(logging.INFO, "worker.stopped", "stopped", worker=self._lease.worker)
        finally:
            self._store.close()

    async def _record_one_by_one(self, outcomes: list[Outcome]) -> None:
        """Record each outcome by itself, after the store has refused them together."""
        for outcome in outcomes:
            try:
                await self._store.call(partial(self._lease.turn, [outcome]))
            except SQLAlchemyError as error:
                log_event(
                    logging.ERROR,
                    "message.not_recorded",
                    f"{outcome.event} of message {outcome.claimed.id} is not recorded",
                    id=outcome.claimed.id,
                    code=outcome.code,
                    error=type(error).__name__,
                )
