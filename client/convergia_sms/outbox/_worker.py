"""Sends what the outbox holds: asyncio around an `AsyncClient`, one transaction a turn."""

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

from ._clock import steady
from ._lease import Lease, LeaseLostError
from ._log import log, log_event, log_outcome, log_waiting
from ._outcomes import gets_through
from ._policy import CircuitBreaker, RetryPolicy
from ._rate import Rate
from ._sender import AWAY, StoreThread, attempt
from ._sender import words as driver_words
from ._states import Event, State
from ._turn import Turn
from ._waiting import Waiting, waiting_until_due

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._outbox import Outbox
    from ._outcomes import Claimed, Outcome
    from ._policy import SendingWindow
    from ._query import Filter
    from ._sender import SendGateway

__all__ = ["Worker"]

# Seconds between two looks into an empty queue, and the longest wait for more outcomes to record
# in one transaction.
_IDLE = 0.5
# Seconds: a rate that lets the next message go sooner is not worth a word.
_NEWS = 1.0
# And between two looks for what is due later.
_DUE_LOOK = 5.0
_GATHER = 0.05


class Worker:
    """Sends an account's messages until told to stop.

        async with AsyncClient() as client:
            await Worker(outbox, client, rate=50).run()

    Any number of workers, in any number of processes and (on PostgreSQL) machines, may share an
    outbox. `sending` is committed before a message's first byte goes out; no more messages are
    `sending` than `concurrency`. A message goes back into the queue only if it certainly did not
    reach the gateway.

    Args:
        outbox: where the messages are.
        client: an `AsyncClient`; stays open.
        concurrency: messages in flight at most.
        rate: messages a second that all workers of the account send together.
        burst: of these, how many at once; a tenth of a second's worth when left out.
        window: hours and days in which messages may be sent.
        batch: send only what was enqueued in this batch; all the account has when left out.
        retry: how often and after how long a message that was not sent is tried again.
        breaker: when to stop trying for a while.
        lease: seconds of silence after which this worker counts as dead and what it was sending
            becomes unknown. Longer than any call of the client may take.
        poll_after: seconds after which an accepted message's status is first asked for.
        on_outcome: called in the loop with each outcome, once it is committed.
        on_waiting: called in the loop when what the worker waits for changes; with None when it
            goes on sending.
        now: the time, for `window`.
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
            raise ValueError(f"a concurrency of {concurrency} sends nothing")
        self._outbox = outbox
        self._client = client
        self._concurrency = concurrency
        self._rate = None if rate is None else Rate(f"send:{outbox.account}", rate, burst)
        self._window = window
        self._retry = retry or RetryPolicy()
        self._breaker = breaker or CircuitBreaker()
        self._lease_seconds = lease
        self._poll_after = poll_after
        self._on_outcome = on_outcome
        self._on_waiting = on_waiting
        self._waiting: Waiting | None = None
        self._due_look_at = 0.0
        self._last_turn = time.monotonic()
        self._now = now
        self._batch = batch
        self._lease = Lease(outbox.database, outbox.account, lease, batch)
        self._store = StoreThread()
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._outcomes: list[Outcome] = []
        self._recording: list[Outcome] = []
        self._good_until = 0.0
        self._reported_accounts: set[str] = set()
        self._stopping = False
        self._enough = 1
        self._wake = asyncio.Event()

    @property
    def silent_for(self) -> float:
        """Seconds since its last turn in the store succeeded, or since it was made."""
        return time.monotonic() - self._last_turn

    @property
    def lease_seconds(self) -> float:
        """Seconds of silence after which it counts as dead."""
        return self._lease_seconds

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is in flight is done and recorded.

        A store that is away is waited for; cancel `run` to break that off, too.
        """
        self._stopping = True
        self._wake.set()

    async def run(self, until: Filter | None = None) -> None:
        """Send until `stop`. A worker runs once.

        Cancelling it breaks off what is in flight, which becomes unknown.

        Args:
            until: return also when none of these messages is queued or sending any more, be it
                here or at another worker's.

        Raises:
            Exception: whatever the store raises, except that it is away: that is waited for. What
                is in flight is finished first, and recorded if the store takes it.
        """
        await self._store.call(self._lease.take)
        log_event(logging.INFO, "worker.started", "started", worker=self._lease.worker)
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

    async def _turns(self, until: Filter | None) -> None:
        loop = asyncio.get_running_loop()
        turn = Turn(loop.time(), self._lease_seconds)
        # What is being recorded counts, too: a store that is away is waited for, to the end.
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
                # Its other users were cut off too: let them come back before one is called dead.
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
        """Record outcomes and claim; gives what was claimed and the longest to wait after it."""
        if not turn.leased:
            await self._store.call(self._lease.take)
            turn.leased = True
        if began >= turn.upkeep_at:
            await self._store.call(self._outbox.recover)
            await self._store.call(self._outbox.expire)
            self._report_elsewhere(await self._store.call(self._outbox.waiting_elsewhere))
            turn.upkeep_at = began + self._lease_seconds / 3
        # Kept until they are committed: a turn that fails leaves them to the next.
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
            )
        )
        recorded, self._recording = self._recording, []
        self._announce(recorded)
        return found, wait or rate_wait or _IDLE

    async def _look_why_idle(self, wait: float) -> None:
        """Find out why nothing is in flight, and report it if it is news."""
        if self._stopping or (self._on_waiting is None and not log.isEnabledFor(logging.INFO)):
            return
        now = asyncio.get_running_loop().time()
        if self._in_flight:
            self._report_waiting(None)
        elif self._window is not None and (closed := self._window.opens_in(self._now())):
            self._report_waiting(Waiting("window", closed))
        elif closed := self._breaker.closed_for(now):
            self._report_waiting(Waiting("breaker", closed))
        elif self._rate is not None and wait != _IDLE:
            if wait >= _NEWS:
                self._report_waiting(Waiting("rate", wait))
        elif now >= self._due_look_at:
            self._due_look_at = now + _DUE_LOOK
            try:
                later = await self._store.call(
                    partial(
                        waiting_until_due, self._outbox.database, self._outbox.account, self._batch
                    )
                )
            except AWAY:
                return  # the next turn says so
            self._report_waiting(later)

    def _report_waiting(self, waiting: Waiting | None) -> None:
        before, self._waiting = self._waiting, waiting
        if (before and before.reason) == (waiting and waiting.reason):
            return
        log_waiting(waiting)
        if self._on_waiting is None:
            return
        try:
            self._on_waiting(waiting)
        except Exception:  # noqa: BLE001 - a stranger's code
            log.exception("on_waiting failed; the worker goes on")

    def _report_elsewhere(self, waiting: dict[str, int]) -> None:
        for account in waiting.keys() - self._reported_accounts:
            self._reported_accounts.add(account)
            log_event(
                logging.WARNING,
                "account.without_worker",
                f"{waiting[account]} messages wait under the account {account!r}, which has no"
                f" worker; this one sends {self._outbox.account!r}",
                account=account,
                messages=waiting[account],
            )

    def _known(self) -> frozenset[int]:
        """Return the ids of everything this worker knows that it claimed, and has not recorded."""
        finished = (outcome.claimed.id for outcome in self._recording + self._outcomes)
        return frozenset({*self._in_flight, *finished})

    async def _finished(self, until: Filter, found: list[Claimed]) -> bool:
        if found or self._in_flight or self._outcomes:
            return False
        counts = await self._store.call(partial(self._outbox.counts, until))
        return not counts[State.QUEUED] and not counts[State.SENDING]

    def _room(self, now: float) -> tuple[int, float]:
        """How many messages could be sent at this moment; and the seconds until that changes."""
        if self._stopping:
            return 0, 0.0
        room = self._concurrency - len(self._in_flight)
        if self._window is not None and (wait := self._window.opens_in(self._now())):
            return 0, min(wait, self._lease_seconds / 3)
        allowed = self._breaker.room(now, len(self._in_flight))
        if allowed is None:
            return room, 0.0
        return min(room, allowed), min(self._breaker.closed_for(now), self._lease_seconds / 3)

    async def _sleep(self, seconds: float) -> None:
        """Until enough outcomes are there to be worth a transaction, or for so many seconds."""
        # Half of what is in hand: few commits, and the other half keeps the gateway busy.
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
            # A lease under another name does not cover what was claimed under the old one.
            lapsed=lambda: self._lease.worker != worker or steady() >= self._good_until,
            poll_after=self._poll_after,
        )
        if problem is not None or outcome.event is Event.ACCEPT:
            outcome = replace(outcome, seconds=loop.time() - began - claimed.after)
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
                try:
                    self._on_outcome(outcome)
                except Exception:  # noqa: BLE001 - a stranger's code
                    log.exception("on_outcome failed; the outcome is recorded all the same")

    async def _leave(self) -> None:
        """Record what is known and give the lease back; a store that is away learns it later."""
        outcomes = self._recording + self._outcomes
        try:
            with suppress(*AWAY, LeaseLostError):
                # A turn that was cut off may have claimed messages, and recorded outcomes or not.
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
        """Record what the store takes, after it has refused all of it together."""
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
