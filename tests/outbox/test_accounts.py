"""Tests of the account of an outbox's messages, for the application and its workers."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import AccountNameError, Outbox, Worker
from convergia_sms.outbox._lease import Lease

from tests.outbox.scripted import NUMBER, PATIENCE, ScriptedGateway

if TYPE_CHECKING:
    from pathlib import Path


def test_an_account_is_the_environments_unless_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/outbox.db"
    monkeypatch.setenv("CONVERGIA_USERNAME", "tienda")
    with Outbox(url) as own, Outbox(url, account="otra") as other:
        assert (own.account, other.account) == ("tienda", "otra")
    monkeypatch.delenv("CONVERGIA_USERNAME")
    with Outbox(url) as outbox:
        assert outbox.account == "default"


@pytest.mark.parametrize("account", ["", "a" * 101, "a\0"])
def test_an_account_that_no_column_holds_is_refused(store_url: str, account: str) -> None:
    with pytest.raises(AccountNameError, match="1 to 100 characters"):
        Outbox(store_url, account=account)


def test_messages_of_accounts_without_a_worker_are_counted(store_url: str) -> None:
    with Outbox(store_url, account="tienda") as own, Outbox(store_url, account="otra") as other:
        own.enqueue(NUMBER, "hola")
        for _ in range(2):
            other.enqueue(NUMBER, "hola")
        assert own.waiting_elsewhere() == {"otra": 2}
        assert other.waiting_elsewhere() == {"tienda": 1}
        Lease(other.database, "otra", 30).take()
        assert own.waiting_elsewhere() == {}


async def test_a_worker_logs_messages_waiting_under_another_account(
    store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Outbox(store_url, account="tienda") as own, Outbox(store_url, account="default") as other:
        other.enqueue(NUMBER, "hola")
        worker = Worker(own, ScriptedGateway())
        with caplog.at_level(logging.WARNING, "convergia_sms.outbox"):
            running = asyncio.create_task(worker.run())
            async with asyncio.timeout(PATIENCE):
                while not caplog.messages:  # noqa: ASYNC110 - the log tells nobody
                    await asyncio.sleep(0.01)
            worker.stop()
            await asyncio.wait_for(running, PATIENCE)
        assert caplog.messages == [
            (
                "1 message waits under the account 'default', which has no worker; this one sends"
                " 'tienda'"
            )
        ]
