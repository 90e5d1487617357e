"""Tests of the start of an async client, and of its close with calls in flight."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest
from convergia_sms import (
    AsyncClient,
    Client,
    ConnectionFailedError,
    OutcomeUnknownError,
    Receipt,
)


def test_building_an_async_client_reads_nothing_and_starting_it_does_not_block_the_loop(
    raw_gateway: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convergia_sms._codecs import service

    raw_gateway.script = [wire.says("soap", "100|1")]
    threads: list[threading.Thread] = []
    real = service.Service.__init__

    def watched(self: Any, profile: Any) -> None:
        threads.append(threading.current_thread())
        real(self, profile)

    monkeypatch.setattr(service.Service, "__init__", watched)

    async def start() -> None:
        client = AsyncClient("demo", "demo", base_url=raw_gateway.base_url)
        assert threads == []
        await asyncio.gather(*(client.send("5512345678", "Hola") for _ in range(3)))
        await client.aclose()

    asyncio.run(start())

    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


CONSTRUCTION = """
import sys
from convergia_sms import AsyncClient

told = []
sys.addaudithook(lambda event, args: told.append((event, args[:1])))
client = AsyncClient("demo", "demo", base_url="https://gateway.example", transport="soap")
told = [each for each in told if each[0] in ("open", "import") or each[0].startswith("socket")]
print(told)
"""


def test_building_an_async_client_opens_no_file_and_imports_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CONSTRUCTION], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_a_first_call_that_is_cancelled_does_not_take_the_client_from_the_others(
    raw_gateway: Any, wire: Any, transport: Any
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1")]

    async def start() -> Receipt:
        async with contextless(raw_gateway, transport) as client:
            first = asyncio.create_task(client.send("5512345678", "uno"))
            second = asyncio.create_task(client.send("5512345678", "dos"))
            await asyncio.sleep(0)
            first.cancel()
            return await second

    assert asyncio.run(start()).message_id == "1"


class contextless:  # noqa: N801 # a client that is closed, but not started, by its context
    def __init__(self, gateway: Any, transport: Any) -> None:
        self.client = AsyncClient("demo", "demo", base_url=gateway.base_url, transport=transport)

    async def __aenter__(self) -> AsyncClient:
        return self.client

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()


def test_every_call_reports_a_failed_start(tmp_path: Any) -> None:
    (tmp_path / "x.wsdl").write_text("no wsdl")
    (tmp_path / "profile.toml").write_text('wsdl = "x.wsdl"')

    async def start() -> list[object]:
        client = AsyncClient("demo", "demo", profile=tmp_path / "profile.toml")
        calls = [client.send("5512345678", "Hola"), client.status("1")]
        errors: list[object] = list(await asyncio.gather(*calls, return_exceptions=True))
        await client.aclose()
        return errors

    assert ["is not a WSDL" in str(error) for error in asyncio.run(start())] == [True, True]


def test_a_closed_client_refuses_calls(raw_gateway: Any, transport: Any) -> None:
    client = Client("demo", "demo", base_url=raw_gateway.base_url, transport=transport)
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.send("5512345678", "Hola")

    async def close() -> None:
        closed = AsyncClient("demo", "demo", base_url=raw_gateway.base_url, transport=transport)
        await closed.aclose()
        await closed.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await closed.send("5512345678", "Hola")

    asyncio.run(close())
    assert raw_gateway.requests == []


@pytest.fixture
def closing(raw_gateway: Any, wire: Any, transport: Any) -> threading.Event:
    """Return an event for which the gateway waits before it answers."""
    event = threading.Event()

    def answer_late(connection: Any, _request: Any) -> None:
        event.wait(10)
        connection.sendall(wire.says(transport, "100|1"))

    raw_gateway.script = [answer_late]
    return event


def test_closing_an_async_client_waits_for_what_is_in_flight(
    raw_gateway: Any, closing: threading.Event, transport: Any
) -> None:
    async def close() -> Receipt:
        async with AsyncClient(
            "demo", "demo", base_url=raw_gateway.base_url, transport=transport
        ) as client:
            task = asyncio.create_task(client.send("5512345678", "Hola"))
            await asyncio.to_thread(raw_gateway.wait_for, 1)
            asyncio.get_running_loop().call_soon(closing.set)
        assert task.done()
        return task.result()

    assert asyncio.run(close()).message_id == "1"


def test_closing_an_async_client_waits_for_those_who_wait_for_a_connection(
    raw_gateway: Any, closing: threading.Event, transport: Any
) -> None:
    async def close() -> list[Receipt | BaseException]:
        async with AsyncClient(
            "demo", "demo", base_url=raw_gateway.base_url, transport=transport
        ) as client:
            sends = asyncio.gather(
                *(client.send("5512345678", "Hola") for _ in range(130)), return_exceptions=True
            )
            await asyncio.to_thread(raw_gateway.wait_for, 100)
            asyncio.get_running_loop().call_soon(closing.set)
        return await sends

    results = asyncio.run(close())

    assert {type(each) for each in results} == {Receipt}
    assert len(raw_gateway.requests) == 130


def test_closing_an_async_client_takes_no_call_its_retries(transport: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    async def close() -> object:
        failed = asyncio.Event()
        client = AsyncClient(
            "demo",
            "demo",
            base_url=f"http://127.0.0.1:{port}",
            transport=transport,
            after_request=lambda _: failed.set(),
        )
        task = asyncio.create_task(client.send("5512345678", "Hola"))
        await failed.wait()
        await client.aclose()
        assert task.done()
        return task.exception()

    assert type(asyncio.run(close())) is ConnectionFailedError


def test_cancelling_the_close_of_an_async_client_breaks_off_what_is_in_flight(
    raw_gateway: Any, wire: Any, transport: Any
) -> None:
    raw_gateway.script = [wire.silent]

    async def close() -> object:
        client = AsyncClient("demo", "demo", base_url=raw_gateway.base_url, transport=transport)
        task = asyncio.create_task(client.send("5512345678", "Hola"))
        await asyncio.to_thread(raw_gateway.wait_for, 1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.aclose()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        return result

    assert isinstance(asyncio.run(close()), OutcomeUnknownError)


def test_using_an_async_client_on_another_event_loop_is_an_error(
    raw_gateway: Any, wire: Any, transport: Any
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1")]
    client = AsyncClient("demo", "demo", base_url=raw_gateway.base_url, transport=transport)

    async def send() -> None:
        await client.send("5512345678", "Hola")

    with asyncio.Runner() as first:
        first.run(send())
        with (
            pytest.raises(RuntimeError, match="for one event loop"),
            asyncio.Runner() as second,
        ):
            second.run(send())
        with (
            pytest.raises(RuntimeError, match="for one event loop"),
            asyncio.Runner() as third,
        ):
            third.run(client.aclose())
        first.run(client.aclose())

    assert len(raw_gateway.requests) == 1
