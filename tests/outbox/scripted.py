"""Gateways in the test's own process that answer by a script, and a message for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from convergia_sms._models import DeliveryStatus, Receipt
from convergia_sms.outbox import Event, Outbox, Outcome
from convergia_sms.outbox._lease import Lease

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBER = "5512345678"
PATIENCE = 60


class ScriptedGateway:
    """A gateway that answers each send with the next of `answers`, and then accepts."""

    def __init__(self, *answers: BaseException) -> None:
        self.answers = list(answers)
        self.texts: list[str] = []
        self.in_flight = self.most_in_flight = 0
        self.before: Callable[[], None] = lambda: None
        self.open = asyncio.Event()
        self.open.set()
        self.arrived = asyncio.Event()

    async def send(self, number: str, message: str, extra: str | None = None) -> Receipt:  # noqa: ARG002
        self.before()
        self.texts.append(message)
        self.in_flight += 1
        self.most_in_flight = max(self.in_flight, self.most_in_flight)
        self.arrived.set()
        try:
            await asyncio.sleep(0)
            await self.open.wait()
            if self.answers:
                raise self.answers.pop(0)
            return Receipt(str(len(self.texts)), 100, number, "soap", 1)
        finally:
            self.in_flight -= 1


class ScriptedStatus:
    """A gateway that answers the queries for an id by its script, and repeats the last answer."""

    def __init__(self, script: dict[str, list[DeliveryStatus | Exception]]) -> None:
        self.script = script
        self.asked: list[str] = []
        # Queries for these ids are not answered until `open` is set.
        self.held: set[str] = set()
        self.open = asyncio.Event()

    async def status(self, message_id: str) -> DeliveryStatus:
        self.asked.append(message_id)
        await asyncio.sleep(0)
        if message_id in self.held:
            await self.open.wait()
        answers = self.script[message_id]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def accepted(outbox: Outbox, message_id: str | None, key: str | None = None) -> int:
    """A message that the gateway took at this moment."""
    id_ = outbox.enqueue(NUMBER, "el texto", "pedido-1", key=key)
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    ((claimed,), _) = lease.turn([], 1, only=id_)
    poll_after = None if message_id is None else 10
    lease.turn([Outcome(claimed, Event.ACCEPT, message_id=message_id, poll_after=poll_after)])
    return id_
