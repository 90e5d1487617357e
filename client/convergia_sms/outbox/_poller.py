"""Follows accepted messages to their end, by asking the gateway ever less often."""

from __future__ import annotations

import inspect
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from convergia_wsdl import load_profile

from convergia_sms._errors import (
    AuthenticationError,
    MessageNotFoundError,
    QueryError,
    QueryFailedError,
)
from convergia_sms._models import DeliveryStatus

from ._log import log, log_change, log_event
from ._polling import Change, Followed, Seen, record, remaining, take
from ._pump import Pump
from ._rate import Rate
from ._states import Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ._outbox import Outbox

__all__ = ["PollSchedule", "Poller", "StatusGateway"]


class StatusGateway(Protocol):
    """What following needs of a client; `AsyncClient` is one."""

    async def status(self, message_id: str) -> DeliveryStatus:
        """How a message stands; see `AsyncClient.status`."""
        ...


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """When a message's status is asked for again: the older it is, the less often.

    Attributes:
        first: seconds between two queries while a message is young.
        share: later, a pause is this part of the message's age.
        ceiling: seconds that no pause exceeds.
        deadline: seconds after which a message is no longer followed; it stays accepted.
    """

    first: float = 10.0
    share: float = 0.5
    ceiling: float = 3600.0
    deadline: float = 72 * 3600.0

    def again(self, age: float) -> float | None:
        """Seconds until the next query of a message so many seconds old; None: no more."""
        if age >= self.deadline:
            return None
        return min(self.ceiling, max(self.first, age * self.share))


class Poller:
    """Asks for the status of accepted messages until each has come to its end.

        async with AsyncClient() as client:
            await Poller(outbox, client, rate=20, on_change=print).run()

    Any number may run beside each other and beside workers. A query is read-only: after a crash
    it is simply made again.

    Args:
        outbox: where the messages are.
        client: an `AsyncClient`; stays open.
        concurrency: queries in flight at most.
        rate: queries a second that all pollers of the account make together.
        schedule: when a message is asked about again.
        batch: how many messages are taken at once.
        hidden: seconds for which a taken message is left alone by others.
        on_change: called (and awaited, if it returns an awaitable) with each message that came to
            its end, once that is committed. After a crash it may not have been called: what must
            not be lost belongs into a webhook.
        webhook: put a notification into the store with each end; `WebhookSender` delivers it.
        final: the status numbers that never change again; the profile's when left out.
    """

    def __init__(
        self,
        outbox: Outbox,
        client: StatusGateway,
        *,
        concurrency: int = 16,
        rate: float | None = None,
        schedule: PollSchedule | None = None,
        batch: int = 200,
        hidden: float = 120.0,
        on_change: Callable[[Change], Awaitable[None] | None] | None = None,
        webhook: bool = False,
        final: frozenset[int] | None = None,
    ) -> None:
        self._job = _Polling(
            outbox,
            client,
            rate=None if rate is None else Rate(f"status:{outbox.account}", rate),
            schedule=schedule or PollSchedule(),
            batch=batch,
            hidden=hidden,
            on_change=on_change,
            webhook=webhook,
            final=load_profile().status.final if final is None else final,
        )
        self._pump: Pump[Followed, Seen] = Pump(self._job, concurrency)

    def stop(self) -> None:
        """Ask no more; `run` returns when the answers under way are recorded."""
        self._pump.stop()

    async def run(self, *, until_done: bool = False) -> None:
        """Follow messages until `stop`.

        Args:
            until_done: return also when no message of the account is followed any more.
        """
        await self._pump.run(until_done=until_done)


class _Polling:
    """A poller's job."""

    def __init__(
        self,
        outbox: Outbox,
        client: StatusGateway,
        *,
        rate: Rate | None,
        schedule: PollSchedule,
        batch: int,
        hidden: float,
        on_change: Callable[[Change], Awaitable[None] | None] | None,
        webhook: bool,
        final: frozenset[int],
    ) -> None:
        self._outbox = outbox
        self._client = client
        self._schedule = schedule
        self._on_change = on_change
        self._webhook = webhook
        self._events = {
            status: event
            for status, event in (
                (DeliveryStatus.DELIVERED, Event.DELIVER),
                (DeliveryStatus.FAILED, Event.FAIL),
            )
            if status in final
        }
        self._changes: list[Change] = []
        database, account = outbox.database, outbox.account
        self.take = partial(take, database, account, batch, hidden, rate)
        self.remaining = partial(remaining, database, account)

    async def handle(self, item: Followed) -> Seen:
        """One query; whatever goes wrong with it, it is made again by the schedule."""
        again = self._schedule.again(item.age)
        try:
            status = await self._client.status(item.message_id)
        except MessageNotFoundError:
            return Seen(item, again=again, detail="the gateway does not know its id")
        except AuthenticationError as error:
            # Not this message's fault: nothing is learnt by asking about the others soon.
            log_event(
                logging.WARNING,
                "status.refused",
                "the gateway refuses status queries of this account",
                id=item.id,
                code=error.code,
            )
            return Seen(item, again=self._schedule.ceiling, detail="status query refused")
        except QueryError as error:
            return Seen(item, again=again, detail=f"status query failed: {_why(error)}")
        except (ValueError, TypeError) as error:
            # The client refused the id before anything went out, and would again. Its words may
            # quote it.
            return Seen(item, detail=f"its id cannot be asked about: {type(error).__name__}")
        event = self._events.get(status)
        if event is not None:
            return Seen(item, event)
        return Seen(item, again=again, detail=None if again else "no end in sight at its deadline")

    def record(self, results: Sequence[Seen]) -> None:
        """Move what came to its end, and remember it for `recorded`."""
        database, account = self._outbox.database, self._outbox.account
        self._changes = record(database, account, results, notify=self._webhook)

    async def recorded(self, _results: Sequence[Seen]) -> None:
        """Tell the hook."""
        changes, self._changes = self._changes, []
        for change in changes:
            log_change(change)
            if self._on_change is None:
                continue
            try:
                called = self._on_change(change)
                if inspect.isawaitable(called):
                    await called
            except Exception:  # noqa: BLE001 - a stranger's code
                log.exception("on_change failed; the change is recorded all the same")


def _why(error: QueryError) -> str:
    return error.reason if isinstance(error, QueryFailedError) else type(error).__name__
