"""Tests that workers end at once if the live gateway is forbidden, and that messages wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_sms import AsyncClient, LiveGatewayBlockedError
from convergia_sms.outbox import Filter, Sender, State, Worker

if TYPE_CHECKING:
    from convergia_sms.outbox import Outbox

LIVE = "https://smswebservices.convergia.net.mx"


@pytest.fixture(autouse=True)
def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVERGIA_FORBID_LIVE", "1")


@pytest.mark.parametrize("until_stopped", [True, False])
async def test_a_worker_ends_and_its_messages_wait_unchanged(
    outbox: Outbox, until_stopped: bool
) -> None:
    ids = [outbox.enqueue("5512345678", f"hola {number}") for number in range(20)]
    async with AsyncClient("demo", "demo", base_url=LIVE) as client:
        with pytest.raises(LiveGatewayBlockedError, match="CONVERGIA_FORBID_LIVE is set"):
            await Worker(outbox, client).run(until=None if until_stopped else Filter())
    entries = list(map(outbox.get, ids))
    assert {entry.state for entry in entries} == {State.QUEUED}
    assert all(entry.due <= outbox.now() for entry in entries)


async def test_a_task_fails_and_its_message_waits_unchanged(outbox: Outbox) -> None:
    id_ = outbox.enqueue("5512345678", "hola")
    async with (
        AsyncClient("demo", "demo", base_url=LIVE) as client,
        Sender(outbox, client) as sender,
    ):
        with pytest.raises(LiveGatewayBlockedError):
            await sender.send(id_)
    entry = outbox.get(id_)
    assert entry.state is State.QUEUED
    assert entry.due <= outbox.now()
