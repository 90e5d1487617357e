"""Tests that a send cancelled at any await leaves no connection, waiter or file descriptor."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
import uvloop
from convergia_sms import AsyncClient, ConvergiaError, Receipt, Retries

from tests.client.conftest import ENVELOPE, RawGateway, http_reply
from tests.client.forward_proxy import ForwardProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

ACCEPTED = http_reply(ENVELOPE.format("100|1"))
PATIENCE = 60
# More than any way to send has awaits.
MOST_STEPS = 40


class Stepped(Coroutine[Any, Any, Any]):
    """A coroutine that counts its suspensions, and cancels its task at one of them.

    Args:
        inner: the coroutine.
        at: the suspension to cancel at, from 1; 0 for none.
        ready: cancel once what it waits for is there, before the task goes on; else at once.
    """

    def __init__(self, inner: Coroutine[Any, Any, Any], at: int = 0, *, ready: bool) -> None:
        self._inner = inner
        self._at = at
        self._ready = ready
        self.steps = 0
        self.task: asyncio.Task[Any] | None = None

    def send(self, value: Any) -> Any:
        waited_for = self._inner.send(value)
        self.steps += 1
        task = self.task
        if self.steps == self._at and task is not None:
            if self._ready and waited_for is not None:
                # Before the task's own callback, which is added when this returns.
                waited_for.add_done_callback(lambda _: task.cancel())
            else:
                asyncio.get_running_loop().call_soon(task.cancel)
        return waited_for

    def throw(self, *error: Any) -> Any:
        return self._inner.throw(*error)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield from self._inner.__await__())


def client_sockets(port: int) -> set[str]:
    """The sockets of this machine that are connected to a local port, by their inodes."""
    found = set()
    for line in Path("/proc/self/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, _, remote, _, _, _, _, _, _, inode, *_ = line.split()
        if int(remote.partition(":")[2], 16) == port and inode != "0":
            found.add(inode)
    return found


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    proxy = ForwardProxy()
    yield proxy
    proxy.stop()


@pytest.fixture(params=["plain", "tls", "tls through a proxy"])
def way(
    request: pytest.FixtureRequest, raw_gateway: RawGateway, tmp_path: Path
) -> tuple[dict[str, Any], int]:
    """A client's options for one way to a gateway, and the port that its connections go to."""
    raw_gateway.script = [ACCEPTED]
    url, port = raw_gateway.base_url, raw_gateway.listener.getsockname()[1]
    options: dict[str, Any] = {"base_url": url, "retries": Retries(connect=0), "timeout": PATIENCE}
    if request.param != "plain":
        authority = trustme.CA()
        raw_gateway.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(raw_gateway.tls)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        options["base_url"] = url.replace("http://127.0.0.1", "https://localhost")
        options["ca_file"] = tmp_path / "ca.pem"
    if request.param == "tls through a proxy":
        proxy = request.getfixturevalue("proxy")
        options["proxy"], port = proxy.url, proxy.listener.getsockname()[1]
    return options, port


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """A function that runs a coroutine in a new event loop of one kind."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else None

    def run(main: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(main)

    return run


async def send_and_close(options: dict[str, Any], at: int, *, ready: bool) -> tuple[int, object]:
    """Send with a new client, cancelled at a suspension. Return their number and the result."""
    client = AsyncClient("demo", "demo", **options)
    stepped = Stepped(client.send("5512345678", "Hola"), at, ready=ready)
    stepped.task = asyncio.get_running_loop().create_task(stepped)
    async with asyncio.timeout(PATIENCE):
        result: object = (await asyncio.gather(stepped.task, return_exceptions=True))[0]
        # One more on the same client: nothing that was cancelled may be in its way.
        after = await client.send("5512345678", "Hola")
        await client.aclose()
    assert isinstance(after, Receipt)
    for _ in range(3):  # what is closed is closed by the loop, a moment later
        await asyncio.sleep(0)
    return stepped.steps, result


def test_a_send_cancelled_at_any_await_leaves_nothing_behind(
    way: tuple[dict[str, Any], int], run: Callable[[Coroutine[Any, Any, Any]], Any]
) -> None:
    options, port = way
    steps, result = run(send_and_close(options, 0, ready=False))
    assert isinstance(result, Receipt)
    assert 3 <= steps < MOST_STEPS
    cancelled = 0

    for ready in (False, True):
        for at in range(1, steps + 1):
            _, result = run(send_and_close(options, at, ready=ready))

            assert isinstance(result, (asyncio.CancelledError, Receipt)), (at, ready)
            cancelled += isinstance(result, asyncio.CancelledError)
            assert client_sockets(port) == set(), (at, ready)
    assert cancelled >= steps


def storm(
    options: dict[str, Any], port: int, sends: int, run: Callable[[Coroutine[Any, Any, Any]], Any]
) -> None:
    """Cancel every second one of many sends, each at another moment; the others must end well."""

    async def rage() -> list[object]:
        loop = asyncio.get_running_loop()
        async with AsyncClient("demo", "demo", **options) as client:
            tasks = [loop.create_task(client.send("5512345678", "Hola")) for _ in range(sends)]
            for place, task in enumerate(tasks[::2]):
                loop.call_later(0.25 * place / sends, task.cancel)
            async with asyncio.timeout(10 * PATIENCE):
                ended: list[object] = []
                ended += await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(3):
            await asyncio.sleep(0)
        return ended

    ended = run(rage())

    kept = ended[1::2]
    assert all(isinstance(one, (Receipt, ConvergiaError)) for one in kept), kept
    assert sum(isinstance(one, Receipt) for one in kept) == len(kept)
    assert all(isinstance(one, (Receipt, asyncio.CancelledError)) for one in ended[::2])
    assert client_sockets(port) == set()


def test_many_cancellations_do_not_affect_other_sends(
    way: tuple[dict[str, Any], int], run: Callable[[Coroutine[Any, Any, Any]], Any]
) -> None:
    options, port = way
    storm(options, port, 120, run)


@pytest.mark.exhaustive("storms")
def test_many_cancellations_do_not_affect_other_sends_in_full(
    way: tuple[dict[str, Any], int], run: Callable[[Coroutine[Any, Any, Any]], Any]
) -> None:
    options, port = way
    for _ in range(5):
        storm(options, port, 1000, run)
