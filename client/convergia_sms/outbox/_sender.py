"""Sending one message, for workers and for task queues that name it by its id."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol, Self, TypeVar, cast

from sqlalchemy.exc import InterfaceError, OperationalError

from convergia_sms._errors import ConnectionFailedError, LiveGatewayBlockedError
from convergia_sms._exchange import sending_until

from ._clock import steady
from ._lease import Lease, LeaseLostError
from ._outcomes import Outcome, accepted, failed
from ._policy import RetryPolicy
from ._rate import Rate
from ._states import Event
from ._window import Hours

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.exc import DBAPIError

    from convergia_sms._models import Receipt

    from ._outbox import Outbox
    from ._outcomes import Claimed
    from ._records import Entry
    from ._window import SendingWindow

__all__ = ["AWAY", "RECONNECT", "SendGateway", "Sender", "StoreThread", "attempt", "words"]

T = TypeVar("T")

AWAY = (OperationalError, InterfaceError)
"""SQLAlchemy's errors for a database that is not available or closed the connection."""

RECONNECT = (0.1, 5.0)
"""Seconds between two attempts to reach an unavailable database: the first and the longest."""


SILENCE = 5.0
"""Seconds after which a store that has not answered counts as unavailable."""


def words(error: DBAPIError) -> str:
    """Return the driver's text for an error: its first line, without the statement.

    The other lines may quote a row.
    """
    return str(error.orig).partition("\n")[0]


class SendGateway(Protocol):
    """The method of `AsyncClient` that a worker calls."""

    async def send(self, number: str, message: str, extra: str | None = None) -> Receipt:
        """Send one message; see `AsyncClient.send`."""
        ...


class _DiscreetGateway(Protocol):
    async def send(
        self, number: str, message: str, extra: str | None, *, sensitive: bool
    ) -> Receipt: ...


class StoreThread:
    """A thread for the synchronous store, in which transactions run one after another.

    Args:
        on_silence: called in the event loop, with the seconds, if a call takes longer than
            `SILENCE` seconds. A server that hangs, or a network that drops packets, raises no error
            for a long time.
    """

    def __init__(self, on_silence: Callable[[float], None] = lambda _seconds: None) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._on_silence = on_silence

    async def call(self, act: Callable[[], T]) -> T:
        """Call `act` in the thread."""
        loop = asyncio.get_running_loop()
        late = loop.call_later(SILENCE, self._on_silence, SILENCE)
        try:
            return await loop.run_in_executor(self._executor, act)
        finally:
            late.cancel()

    def close(self) -> None:
        """End the thread after its last call, without waiting for that."""
        self._executor.shutdown(wait=False)


async def attempt(
    client: SendGateway,
    claimed: Claimed,
    retry: RetryPolicy,
    *,
    lapsed: Callable[[], bool],
    poll_after: float,
) -> tuple[Outcome, BaseException | None]:
    """Send `claimed`, and return the outcome and the error if there was one. Never raises.

    Args:
        client: sends the message.
        claimed: a message committed as `sending`.
        retry: the policy for messages that were not sent.
        lapsed: returns True once the worker may have been declared dead. It is called again in the
            step that writes the request, so nothing is written after that.
        poll_after: seconds until an accepted message's status is first queried.
    """
    too_late = Outcome(
        claimed, Event.RELEASE, detail="its worker was silent for too long, and did not send it"
    )
    if claimed.after:
        try:
            await asyncio.sleep(claimed.after)
        except asyncio.CancelledError:
            return Outcome(claimed, Event.RELEASE, detail="interrupted before it was sent"), None
    if lapsed():
        return too_late, None
    try:
        with sending_until(lapsed):
            if claimed.sensitive:
                # Pass `sensitive` only if it is True, because the caller's own gateway class may
                # lack it.
                discreet = cast("_DiscreetGateway", client)
                receipt = await discreet.send(
                    claimed.number, claimed.text, claimed.extra, sensitive=True
                )
            else:
                receipt = await client.send(claimed.number, claimed.text, claimed.extra)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - it is the outcome
        if isinstance(error, ConnectionFailedError) and lapsed():
            return too_late, None
        return failed(claimed, error, retry), error
    return accepted(claimed, receipt, poll_after), None


class Sender:
    """Sends single messages by id, for tasks of Celery or Procrastinate.

        async with AsyncClient() as client, Sender(outbox, client) as sender:
            entry = await sender.send(id)

    A task carries only the id. A duplicate task is harmless, because a message is claimed by
    compare-and-set in the store. Safe to share between the tasks of one event loop.

    Args:
        outbox: the outbox that holds the messages.
        client: an `AsyncClient`. The sender does not close it.
        rate: messages a second of all workers and senders of the account together. No limit if
            None.
        burst: messages that may be sent at once. A tenth of a second's worth if None.
        window: the hours and days in which messages may be sent. Always if None.
        retry: the policy for messages that were not sent.
        lease: seconds of silence after which the sender counts as dead. It must be longer than any
            call of the client may take.
        poll_after: seconds after which an accepted message's status is first queried.
        now: returns the time, for `window`.
    """

    def __init__(
        self,
        outbox: Outbox,
        client: SendGateway,
        *,
        rate: float | None = None,
        burst: int | None = None,
        window: SendingWindow | None = None,
        retry: RetryPolicy | None = None,
        lease: float = 120.0,
        poll_after: float = 10.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._outbox = outbox
        self._client = client
        self._rate = None if rate is None else Rate(f"send:{outbox.account}", rate, burst)
        self._hours = Hours(window, now)
        self._retry = retry or RetryPolicy()
        self._lease_seconds = lease
        self._poll_after = poll_after
        self._lease = Lease(outbox.database, outbox.account, lease)
        self._store = StoreThread()
        self._sending: set[int] = set()
        self._claiming = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give up the lease. Call this only when all sends are done."""
        await self._store.call(self._lease.leave)
        self._store.close()

    async def send(self, id: int) -> Entry:  # noqa: A002 - the column's name
        """Send the message, if it is due and no other worker or sender has it.

        Returns:
            The message as it is afterwards. If it is `queued`, it was not due, the rate or the
            window did not allow it, or it will be retried. Call again at its `due`, and after
            `held_for`.

        Raises:
            KeyError: the account has no message with this id.
            LiveGatewayBlockedError: CONVERGIA_FORBID_LIVE forbids the client's gateway. The message
                is put back into the queue unchanged.
            sqlalchemy.exc.OperationalError: the store is not available. Call again later. A message
                that was being sent becomes unknown if the store is unavailable for longer than the
                lease.
        """
        async with self._claiming:
            # Read the clock before the claim, because the lease counts from within that
            # transaction.
            good_until = steady() + self._lease_seconds / 2
            claimed = await self._claim(id)
            if claimed is not None:
                self._sending.add(id)
        if claimed is not None:
            try:
                await self._send(claimed, good_until)
            finally:
                self._sending.discard(id)
        return await self._store.call(partial(self._outbox.get, id))

    def held_for(self, entry: Entry) -> float:
        """Return the seconds until the window is open for this message, 0 if it is open now."""
        window = self._hours.window
        return 0.0 if window is None else window.opens_in(self._hours.now(), entry.zone)

    async def _claim(self, id: int) -> Claimed | None:  # noqa: A002
        zones = self._hours.open_zones()
        if zones.nowhere:
            return None
        turn = partial(self._lease.turn, [], 1, only=id, rate=self._rate, zones=zones)
        try:
            try:
                found, _ = await self._store.call(turn)
            except LeaseLostError:
                # This is the first call, or the first after a long pause.
                await self._store.call(self._lease.take)
                found, _ = await self._store.call(turn)
        except AWAY:
            # The commit may have succeeded. Then the message is claimed, but was not sent.
            await self._insist(partial(self._lease.turn, [], known=frozenset(self._sending)))
            raise
        return found[0] if found else None

    async def _send(self, claimed: Claimed, good_until: float) -> None:
        sending = asyncio.create_task(
            attempt(
                self._client,
                claimed,
                self._retry,
                lapsed=lambda: steady() >= good_until,
                poll_after=self._poll_after,
            )
        )
        try:
            outcome, problem = await asyncio.shield(sending)
        except asyncio.CancelledError:
            sending.cancel()
            outcome, _ = await sending
            await self._insist(partial(self._lease.turn, [outcome]))
            raise
        await self._insist(partial(self._lease.turn, [outcome]))
        if isinstance(problem, LiveGatewayBlockedError):
            raise problem

    async def _insist(self, act: Callable[[], object]) -> None:
        """Call `act` in the store. If the store is unavailable, retry for the length of a lease."""
        pause, patience = RECONNECT[0], self._lease_seconds
        lost = False
        while True:
            try:
                if lost:
                    await self._store.call(self._lease.take)
                    lost = False
                await self._store.call(act)
            except LeaseLostError:
                lost = True
            except AWAY:
                if patience <= 0:
                    raise
                await asyncio.sleep(pause)
                patience -= pause
                pause = min(RECONNECT[1], pause * 2)
            else:
                return
