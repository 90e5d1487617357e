"""Tests that only the gateway gets a sensitive text from the outbox."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from convergia_sms import Message, Receipt
from convergia_sms.outbox import Draft, Filter, Outcome, Worker

if TYPE_CHECKING:
    import pytest
    from convergia_sms.outbox import Outbox

NUMBER = "5512345678"
TEXT = "Su código es 739184"


class Gateway:
    """A gateway that accepts every message, and keeps it."""

    def __init__(self) -> None:
        self.given: list[tuple[str, bool]] = []

    async def send(
        self,
        number: str,
        message: str,
        extra: str | None = None,  # noqa: ARG002 - a client's send has it
        *,
        sensitive: bool = False,
    ) -> Receipt:
        self.given.append((message, sensitive))
        await asyncio.sleep(0)
        return Receipt("1", 100, number, "soap", 1)


async def test_a_sensitive_text_is_sent_but_shown_in_no_view_log_or_outcome(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    outbox.enqueue(NUMBER, TEXT, sensitive=True)
    outbox.enqueue_many([Draft(NUMBER, TEXT, sensitive=True), Message(NUMBER, TEXT, None, True)])
    outbox.enqueue(NUMBER, "Su pedido va en camino")
    caplog.set_level(logging.DEBUG)
    outcomes: list[Outcome] = []
    gateway = Gateway()
    worker = Worker(outbox, gateway, on_outcome=outcomes.append)

    async with asyncio.timeout(20):
        await worker.run(until=Filter())

    assert sorted(gateway.given) == [(TEXT, True)] * 3 + [("Su pedido va en camino", False)]
    entries = list(outbox.messages())
    assert [each.text for each in entries] == ["***"] * 3 + ["Su pedido va en camino"]
    assert [each.sensitive for each in entries] == [True] * 3 + [False]
    shown = [repr(entries), repr(outcomes), *(each.getMessage() for each in caplog.records)]
    assert not [each for each in shown if "739184" in each]


def test_a_key_of_a_sensitive_message_still_identifies_its_text(outbox: Outbox) -> None:
    first = outbox.enqueue(NUMBER, TEXT, key="login-1", sensitive=True)
    assert outbox.enqueue(NUMBER, TEXT, key="login-1", sensitive=True) == first
