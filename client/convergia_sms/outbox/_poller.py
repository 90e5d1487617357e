"""Delivery-status polling of accepted messages, less often the older they are."""

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
from ._polling import Change, Followed, StatusResult, record, remaining, take
from ._pump import Pump
from ._rate import Rate
from ._states import Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ._outbox import Outbox

__all__ = ["PollSchedule", "Poller", "StatusGateway"]


class StatusGateway(Protocol):
    """The method of `AsyncClient` that a poller calls."""

    async def status(self, message_id: str) -> DeliveryStatus:
        """Return the delivery status of a message. See `AsyncClient.status`."""
        ...


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """Intervals between the status queries of a message, which grow with its age.

    Attributes:
        first: seconds between two queries while a message is young.
        share: later, the interval is this share of the message's age.
        ceiling: the longest interval in seconds.
        deadline: seconds after which a message is no longer followed. It stays accepted.
    """

    first: float = 10.0
    share: float = 0.5
    ceiling: float = 3600.0
    deadline: float = 72 * 3600.0

    def again(self, age: float) -> float | None:
        """Return the seconds until the next query of a message, or None for no more.

        Args:
            age: seconds since the message was accepted.
        """
        if age >= self.deadline:
            return None
        return min(self.ceiling, max(self.first, age * self.share))


class Poller:
    """Queries the status of accepted messages until it is final.

        async with AsyncClient() as client:
            await Poller(outbox, client, rate=20, on_change=print).run()

    Any number of pollers may run beside each other and beside workers. A query is read-only, so
    after a crash it is simply repeated.

    Args:
        outbox: the outbox that holds the messages.
        client: an `AsyncClient`. The poller does not close it.
        concurrency: the most queries in flight.
        rate: queries a second of all pollers of the account together. No limit if None.
        schedule: the intervals between the queries of a message.
        batch: the most messages taken from the store and not yet queried.
        hidden: seconds for which other pollers skip a message after it was taken.
        on_change: called with each message that reached a final state, after the commit. Awaited if
            it returns an awaitable. A crash may skip the call, so use a webhook for what must not
            be lost.
        webhook: store a notification with each final state. `WebhookSender` delivers it.
        final: the status codes that never change again. The profile's if None.
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
            hidden=hidden,
            on_change=on_change,
            webhook=webhook,
            final=load_profile().status.final if final is None else final,
        )
        # A unit of the rate is used at once. A message that waits for its turn would use it late.
        capacity = batch if rate is None else min(batch, concurrency)
        self._pump: Pump[Followed, StatusResult] = Pump(self._job, concurrency, capacity)

    def stop(self) -> None:
        """Stop querying. `run` returns when the queries in flight are recorded."""
        self._pump.stop()

    async def run(self, *, until_done: bool = False) -> None:
        """Follow messages until `stop`.

        Args:
            until_done: also return when none of the account's messages is followed any more.
        """
        await self._pump.run(until_done=until_done)


class _Polling:
    """The `Job` of a poller."""

    def __init__(
        self,
        outbox: Outbox,
        client: StatusGateway,
        *,
        rate: Rate | None,
        schedule: PollSchedule,
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
        self.take = partial(take, database, account, hidden, rate)
        self.remaining = partial(remaining, database, account)

    async def handle(self, item: Followed) -> StatusResult:
        """Query one status. A query that fails is repeated by the schedule."""
        again = self._schedule.again(item.age)
        try:
            status = await self._client.status(item.message_id)
        except MessageNotFoundError:
            return StatusResult(
                item, again=again, detail="the gateway does not know the message id"
            )
        except AuthenticationError as error:
            # The error concerns the account, so querying other messages soon would fail too.
            log_event(
                logging.WARNING,
                "status.refused",
                "the gateway refuses status queries of this account",
                id=item.id,
                code=error.code,
            )
            later = None if again is None else self._schedule.ceiling
            return StatusResult(item, again=later, detail="status query refused")
        except QueryError as error:
            return StatusResult(item, again=again, detail=f"status query failed: {_why(error)}")
        except (ValueError, TypeError) as error:
            # The client refused the id before anything was sent, and would again. The error's text
            # may quote the id.
            return StatusResult(item, detail=f"the message id is not valid: {type(error).__name__}")
        event = self._events.get(status)
        if event is not None:
            return StatusResult(item, event)
        return StatusResult(
            item, again=again, detail="not final at the deadline" if again is None else None
        )

    def record(self, results: Sequence[StatusResult]) -> None:
        """Record the results, and keep the messages that reached a final state for `recorded`."""
        database, account = self._outbox.database, self._outbox.account
        self._changes = record(database, account, results, notify=self._webhook)

    async def recorded(self, _results: Sequence[StatusResult]) -> None:
        """Call `on_change`."""
        changes, self._changes = self._changes, []
        for change in changes:
            log_change(change)
            if self._on_change is None:
                continue
            try:
                called = self._on_change(change)
                if inspect.isawaitable(called):
                    await called
            except Exception:  # noqa: BLE001 - the caller's code
                log.exception("on_change failed; the change is recorded all the same")


def _why(error: QueryError) -> str:
    return error.reason if isinstance(error, QueryFailedError) else type(error).__name__
