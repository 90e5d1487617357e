"""Tests of a worker stopped past its lease, between its decision to send and the write."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from convergia_sms import AsyncClient
from convergia_sms.outbox import Event, Filter, Outbox, State, Worker

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_mockserver import MockGateway

LEASE = 3.0
PATIENCE = 60

# It stops itself in the hook that runs right before its second request is written: the first one
# leaves an idle connection behind, on which nothing has to be waited for.
WORKER = f"""
import asyncio, os, signal, sys
from convergia_sms import AsyncClient
from convergia_sms.outbox import Outbox, Worker

url, gateway, loop = sys.argv[1:]
requests = 0

def stop_before_the_second(_info):
    global requests
    requests += 1
    if requests == 2:
        os.kill(os.getpid(), signal.SIGSTOP)

async def main():
    with Outbox(url, migrate=False) as outbox:
        options = {{"base_url": gateway, "before_request": stop_before_the_second}}
        client = AsyncClient("demo", "demo", **options)
        async with client:
            worker = Worker(outbox, client, concurrency=1, lease={LEASE})
            worker_task = asyncio.create_task(worker.run())
            while requests < 2 or worker._in_flight:
                await asyncio.sleep(0.01)
            worker.stop()
            await worker_task

if loop == "uvloop":
    import uvloop
    uvloop.run(main())
else:
    asyncio.run(main())
"""


@pytest.mark.parametrize(
    "loop", ["asyncio", pytest.param("uvloop", marks=pytest.mark.exhaustive("crash"))]
)
def test_a_stopped_worker_does_not_send_messages_that_were_requeued_meanwhile(
    tmp_path: Path, loop: str, convergia_mockserver: MockGateway
) -> None:
    url = f"sqlite:///{tmp_path}/outbox.db"
    gateway = convergia_mockserver.base_url
    with Outbox(url) as outbox:
        for number in range(2):
            outbox.enqueue("5512345678", f"Pedido {number}")
        process = subprocess.Popen([sys.executable, "-c", WORKER, url, gateway, loop])
        try:
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            unknown = until_unknown(outbox)
            # The operator looks it up at the gateway, where it is not, and has it sent again.
            assert [one.text for one in convergia_mockserver.messages] == ["Pedido 0"]
            assert len(unknown) == 1
            where = Filter(states=[State.UNKNOWN])
            outbox.reconcile(Event.REQUEUE, where, by="ana", reason="not at the gateway")
            asyncio.run(asyncio.wait_for(send_all(outbox, gateway), PATIENCE))
            process.send_signal(signal.SIGCONT)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            process.wait(PATIENCE)
        assert outbox.counts()[State.ACCEPTED] == 2

    assert sorted(one.text for one in convergia_mockserver.messages) == ["Pedido 0", "Pedido 1"]


def until_unknown(outbox: Outbox) -> list[int]:
    """Look for dead workers until the stopped worker's lease has run out."""
    while not (unknown := [entry.id for entry in outbox.unknown()]):
        outbox.recover()
    return unknown


async def send_all(outbox: Outbox, gateway: str) -> None:
    async with AsyncClient("demo", "demo", base_url=gateway) as client:
        await Worker(outbox, client).run(until=Filter())
