"""Tests of many calls at once through a client: no cross-talk, leaks or blocking."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import (
    AsyncClient,
    Client,
    ConnectionFailedError,
    OutcomeUnknownError,
    Receipt,
    Retries,
    Timeout,
)

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway


def echoing(wire: Any, transport: str) -> Any:
    """A gateway that accepts each message under its text as the id."""

    def answer(connection: Any, request: Any) -> None:
        whole = request.body or request.head.partition(b"\r\n")[0]
        _, _, behind = whole.partition(b"<message>" if request.body else b"message=")
        digits = behind[: len(b"m000000")]
        connection.sendall(wire.says(transport, f"100|{digits.decode()}"))

    return answer


def test_32_threads_share_a_client_without_cross_talk(
    raw_gateway: Any, wire: Any, transport: Any
) -> None:
    raw_gateway.script = [echoing(wire, transport)]
    texts = [f"m{number:06}" for number in range(1_000)]

    with (
        Client("demo", "demo", base_url=raw_gateway.base_url, transport=transport) as client,
        ThreadPoolExecutor(32) as pool,
    ):
        ids = list(pool.map(lambda text: client.send("5512345678", text).message_id, texts))

    assert ids == texts
    assert len(raw_gateway.requests) == 1_000
    assert raw_gateway.connections <= 64


FIRST_USES = """
import os, sys, threading
from convergia_sms import Client

def use(transport):
    together.wait()
    with Client("demo", "demo", base_url=os.environ["GATEWAY"], transport=transport) as client:
        client.send("5512345678", "hola")

sys.setswitchinterval(1e-5)  # what else one start in thousands meets
together = threading.Barrier(8)
transports = ["soap", "soap", "http", "soap"] * 2
threads = [threading.Thread(target=use, args=(name,)) for name in transports]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize(
    "_again",
    [0, *(pytest.param(again, marks=pytest.mark.exhaustive("storms")) for again in (1, 2, 3))],
)
def test_many_threads_may_create_the_first_clients_of_a_process(
    convergia_mockserver: MockGateway, _again: int
) -> None:
    environment = {**os.environ, "GATEWAY": convergia_mockserver.base_url}

    done = subprocess.run(
        [sys.executable, "-c", FIRST_USES], env=environment, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert len(convergia_mockserver.messages) == 8


FIRST_IMPORT = """
import sys
from convergia_sms import Client

imported = []
sys.addaudithook(lambda event, args: event == "import" and imported.append(args[0]))
Client("demo", "demo", base_url="https://gateway.example", transport="soap")
print(next(name for name in imported if name.partition(".")[0] == "zeep"))
"""


def test_zeep_is_imported_from_its_root_by_whichever_thread_is_first() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_IMPORT], capture_output=True, text=True, check=True
    )

    # Threads that begin with parts of it wait for each other, and one is given half a module.
    assert done.stdout == "zeep\n"


def test_1000_tasks_share_a_client_without_cross_talk(
    raw_gateway: Any, wire: Any, transport: Any
) -> None:
    raw_gateway.script = [echoing(wire, transport)]
    texts = [f"m{number:06}" for number in range(1_000)]

    async def send_all() -> list[Receipt]:
        async with AsyncClient(
            "demo",
            "demo",
            base_url=raw_gateway.base_url,
            transport=transport,
            timeout=Timeout(connect=60),  # 1,000 at once, on a machine that may be busy
        ) as client:
            return await asyncio.gather(*(client.send("5512345678", text) for text in texts))

    receipts = asyncio.run(send_all())

    assert [each.message_id for each in receipts] == texts
    assert len(raw_gateway.requests) == 1_000
    assert raw_gateway.connections <= 100


def test_a_send_without_a_free_connection_in_time_is_not_sent(
    raw_gateway: Any, wire: Any, transport: Any
) -> None:
    over = threading.Event()

    def answer_late(connection: Any, _request: Any) -> None:
        over.wait(10)
        connection.sendall(wire.says(transport, "100|1"))

    raw_gateway.script = [answer_late]

    async def send_all() -> None:
        async with AsyncClient(
            "demo",
            "demo",
            base_url=raw_gateway.base_url,
            transport=transport,
            retries=Retries(connect=0),
        ) as client:
            sends = [asyncio.create_task(client.send("5512345678", "Hola")) for _ in range(100)]
            await asyncio.to_thread(raw_gateway.wait_for, 100)
            with pytest.raises(ConnectionFailedError, match="all are in use"):
                await client.send("5512345678", "Hola", timeout=0.1)
            over.set()
            await asyncio.gather(*sends)

    asyncio.run(send_all())

    assert len(raw_gateway.requests) == raw_gateway.connections == 100


def test_an_async_client_runs_on_uvloop_too(raw_gateway: Any, wire: Any, transport: Any) -> None:
    uvloop = pytest.importorskip("uvloop")
    raw_gateway.script = [wire.says(transport, "100|1"), wire.silent, wire.says(transport, "100|3")]

    async def send_all() -> list[object]:
        async with AsyncClient(
            "demo", "demo", base_url=raw_gateway.base_url, transport=transport
        ) as client:
            results: list[object] = []
            for timeout in (5, 0.2, 5):
                try:
                    results.append(await client.send("5512345678", "Hola", timeout=timeout))
                except OutcomeUnknownError as error:
                    results.append(error)
                # Otherwise the next request could arrive before this one, and get its answer.
                await asyncio.to_thread(raw_gateway.wait_for, len(results))
            return results

    first, silenced, third = uvloop.run(send_all())

    assert (first.message_id, third.message_id) == ("1", "3")
    assert isinstance(silenced, OutcomeUnknownError)
    assert raw_gateway.connections == 2


def _send_in_child(client: Client, results: Any) -> None:
    results.put(client.send("5512345678", "m000002").message_id)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_takes_connections_of_its_own(
    raw_gateway: Any, wire: Any, transport: Any
) -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    context = multiprocessing.get_context("fork")
    raw_gateway.script = [echoing(wire, transport)]
    results = context.Queue()
    with Client("demo", "demo", base_url=raw_gateway.base_url, transport=transport) as client:
        client.send("5512345678", "m000001")
        child = context.Process(target=_send_in_child, args=(client, results))
        child.start()
        said = results.get(timeout=30)
        child.join(timeout=30)
        again = client.send("5512345678", "m000003").message_id

    assert (said, again) == ("m000002", "m000003")
    assert raw_gateway.connections == 2
