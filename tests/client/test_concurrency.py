"""Many at once through one client: no cross-talk, nothing left open, nothing blocked."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import socket
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
    from convergia_sms import ResponseInfo


def echoing(wire: Any, transport: str) -> Any:
    """Accepts each message under an id that is its text."""

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


@pytest.mark.parametrize("_again", range(4))
def test_a_process_may_begin_with_many_clients_in_many_threads(
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


def silent(connection: Any, _request: Any) -> None:
    connection.recv(1)


def test_a_cancelled_send_shows_that_its_outcome_is_unknown(
    raw_gateway: Any, transport: Any, caplog: pytest.LogCaptureFixture
) -> None:
    raw_gateway.script = [silent]
    told: list[ResponseInfo] = []

    async def cancel() -> asyncio.CancelledError:
        async with AsyncClient(
            "demo",
            "demo",
            base_url=raw_gateway.base_url,
            transport=transport,
            after_request=told.append,
        ) as client:
            task = asyncio.create_task(client.send("5512345678", "Hola"))
            await asyncio.to_thread(raw_gateway.wait_for, 1)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as error:
                return error
        raise AssertionError("not cancelled")

    error = asyncio.run(cancel())

    assert isinstance(error.__cause__, OutcomeUnknownError)
    assert error.__notes__ == ["convergia_sms: the message may have been sent"]
    assert [each.outcome for each in told] == ["unknown"]
    assert [record.convergia_outcome for record in caplog.records] == ["unknown"]  # type: ignore[attr-defined]
    assert len(raw_gateway.requests) == 1


def test_a_timeout_around_a_send_leads_back_to_the_unknown_outcome(
    raw_gateway: Any, transport: Any
) -> None:
    raw_gateway.script = [silent]

    async def run_out() -> TimeoutError:
        async with AsyncClient(
            "demo", "demo", base_url=raw_gateway.base_url, transport=transport
        ) as client:
            try:
                async with asyncio.timeout(0.3):
                    await client.send("5512345678", "Hola")
            except TimeoutError as error:
                return error
        raise AssertionError("no timeout")

    error = asyncio.run(run_out())

    assert isinstance(error.__cause__, asyncio.CancelledError)
    assert isinstance(error.__cause__.__cause__, OutcomeUnknownError)


def test_a_send_cancelled_before_it_went_out_is_not_called_unknown(transport: Any) -> None:
    told: list[ResponseInfo] = []

    async def cancel() -> None:
        # An address kept for documentation (RFC 5737): the connection is never made.
        async with AsyncClient(
            "demo",
            "demo",
            base_url="http://192.0.2.1:8181",
            transport=transport,
            before_request=lambda _: asyncio.get_running_loop().call_soon(task.cancel),
            after_request=told.append,
        ) as client:
            task = asyncio.create_task(client.send("5512345678", "Hola"))
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert caught.value.__cause__ is None

    asyncio.run(cancel())

    assert {each.outcome for each in told} <= {"not-sent"}


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


def test_a_failed_start_is_told_to_every_call(tmp_path: Any) -> None:
    (tmp_path / "x.wsdl").write_text("no wsdl")
    (tmp_path / "profile.toml").write_text('wsdl = "x.wsdl"')

    async def start() -> list[object]:
        client = AsyncClient("demo", "demo", profile=tmp_path / "profile.toml")
        calls = [client.send("5512345678", "Hola"), client.status("1")]
        errors: list[object] = list(await asyncio.gather(*calls, return_exceptions=True))
        await client.aclose()
        return errors

    assert ["is no WSDL" in str(error) for error in asyncio.run(start())] == [True, True]


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
    """What the gateway waits for before it answers."""
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
    raw_gateway: Any, transport: Any
) -> None:
    raw_gateway.script = [silent]

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


def test_an_async_client_tells_that_it_is_another_event_loops(
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


def test_who_finds_no_free_connection_in_time_has_not_sent(
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
    raw_gateway.script = [wire.says(transport, "100|1"), silent, wire.says(transport, "100|3")]

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


def test_interrupting_a_sync_send_shows_that_its_outcome_is_unknown(
    raw_gateway: Any, transport: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    from convergia_sms._transports import blocking

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    raw_gateway.script = [silent]
    caplog.set_level(logging.DEBUG, "convergia_sms")
    with Client("demo", "demo", base_url=raw_gateway.base_url, transport=transport) as client:
        monkeypatch.setattr(blocking, "_read", interrupt)
        with pytest.raises(KeyboardInterrupt) as caught:
            client.send("5512345678", "Hola")

    assert isinstance(caught.value.__cause__, OutcomeUnknownError)
    assert [record.convergia_outcome for record in caplog.records] == ["unknown"]
