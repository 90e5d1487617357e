"""Sends one message: what a worker does for each, and what a task queue asks for by its id."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol, Self, TypeVar, cast

from sqlalchemy.exc import InterfaceError, OperationalError

from convergia_sms._errors import ConnectionFailedError
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
"""What SQLAlchemy raises when the database is away, or cut us off."""

RECONNECT = (0.1, 5.0)
"""Seconds between two tries to reach a database that is away: the first pause, and the longest."""


def words(error: DBAPIError) -> str:
    """Return what the driver says of it, without the statement, or details that may quote a row."""
    return str(error.orig).partition("\n")[0]


class SendGateway(Protocol):
    """What sending needs of a client; `AsyncClient` is one."""

    async def send(self, number: str, message: str, extra: str | None = None) -> Receipt:
        """Send one message; see `AsyncClient.send`."""
        ...


class _DiscreetGateway(Protocol):
    async def send(
        self, number: str, message: str, extra: str | None, *, sensitive: bool
    ) -> Receipt: ...


class StoreThread:
    """The store is synchronous: one thread does its work, so that transactions take turns."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="outbox")

    async def call(self, act: Callable[[], T]) -> T:
        """Do it in the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, act)

    def close(self) -> None:
        """Let the thread end; what it has begun it finishes."""
        self._executor.shutdown(wait=False)


async def attempt(
    client: SendGateway,
    claimed: Claimed,
    retry: RetryPolicy,
    *,
    lapsed: Callable[[], bool],
    poll_after: float,
) -> tuple[Outcome, BaseException | None]:
    """Send `claimed` and say what came of it, whatever that is.

    Args:
        client: takes the message.
        claimed: committed as `sending`.
        retry: for what was not sent.
        lapsed: returns True once somebody may have called the worker dead. Asked again in the
            step that writes the request: nothing is written after that.
        poll_after: seconds until an accepted message's status is asked for.
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
                # Said only where it is so: a gateway of the caller's own need not know the word.
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
    """Sends single messages by their ids: what a task of Celery or Procrastinate calls.

        async with AsyncClient() as client, Sender(outbox, client) as sender:
            entry = await sender.send(id)

    A task carries nothing but the id. That it comes twice is harmless: a message is claimed by
    compare-and-set in the store. Safe to share between the tasks of one event loop.

    Args:
        outbox: where the message is.
        client: an `AsyncClient`; stays open.
        rate: messages a second that everybody sends together for the account.
        burst: of these, how many at once; a tenth of a second's worth when left out.
        window: hours and days in which messages may be sent.
        retry: how often and after how long a message that was not sent is tried again.
        lease: seconds after which a sender that no longer answers counts as dead. Longer than any
            call of the client may take.
        poll_after: seconds after which an accepted message's status is first asked for.
        now: the time, for `window`.
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
        """Give the lease back. Wait for the sends that are under way first."""
        await self._store.call(self._lease.leave)
        self._store.close()

    async def send(self, id: int) -> Entry:  # noqa: A002 - the column's name
        """Send the message, if it is due and nobody else has it.

        Returns:
            The message as it then stands. `queued`: it was not due, the rate or the window did not
            allow it, or it is to be tried again; ask again at its `due`, and after `held_for`.

        Raises:
            KeyError: no message of this account has this id.
            sqlalchemy.exc.OperationalError: the store is away; ask again. A message that was being
                sent becomes unknown if the store stays away for longer than the lease.
        """
        async with self._claiming:
            # From before the claim: the lease counts from within that transaction.
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
        """Seconds until the window lets this message go; 0 when it does."""
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
                # The first time, or after a long pause.
                await self._store.call(self._lease.take)
                found, _ = await self._store.call(turn)
        except AWAY:
            # The commit may have arrived; then the message is in our name, and was not sent.
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
            outcome, _ = await asyncio.shield(sending)
        except asyncio.CancelledError:
            sending.cancel()
            outcome, _ = await sending
            await self._insist(partial(self._lease.turn, [outcome]))
            raise
        await self._insist(partial(self._lease.turn, [outcome]))

    async def _insist(self, act: Callable[[], object]) -> None:
        """Do it in the store, waiting for one that is away for as long as the lease lasts."""
        pause, patience = RECONNECT[0], self._lease_seconds
        while True:
            try:
                await self._store.call(act)
            except LeaseLostError:
                await self._store.call(self._lease.take)
            except AWAY:
                if patience <= 0:
                    raise
                await asyncio.sleep(pause)
                patience -= pause
                pause = min(RECONNECT[1], pause * 2)
            else:
                return
