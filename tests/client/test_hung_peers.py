"""Tests that a peer that hangs in any state does not outlast a call's timeout."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

import pytest
from convergia_sms._codecs.wire import Reply, Request
from convergia_sms._exchange import Exchange, Failure
from convergia_sms._settings import Settings
from convergia_sms._timeouts import Timeout
from convergia_sms._transports.aio import AsyncTransport
from convergia_sms._transports.blocking import BlockingTransport
from convergia_sms._transports.endpoint import endpoint_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convergia_sms._transports.endpoint import Endpoint

# Above what all buffers of a local connection take together.
LARGE = b"x" * (64 << 20)


@pytest.fixture
def hung() -> Iterator[int]:
    """The port of a peer that completes TCP handshakes and does nothing else, ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def sync(endpoint: Endpoint, exchange: Exchange) -> Reply | Failure:
    transport = BlockingTransport(endpoint)
    try:
        return transport.exchange(exchange)
    finally:
        transport.close()


def on_a_loop(endpoint: Endpoint, exchange: Exchange) -> Reply | Failure:
    async def main() -> Reply | Failure:
        transport = AsyncTransport(endpoint)
        try:
            return await transport.exchange(exchange)
        finally:
            await transport.close()

    return asyncio.run(main())


@pytest.mark.timeout(30)
@pytest.mark.parametrize("run", [sync, on_a_loop])
@pytest.mark.parametrize(
    ("base_url", "proxy", "body", "on_wire"),
    [
        ("https://127.0.0.1:{}", None, b"", False),
        ("https://gateway.example", "http://127.0.0.1:{}", b"", False),
        ("http://gateway.example", "http://127.0.0.1:{}", b"", True),
        ("http://127.0.0.1:{}", None, LARGE, True),
        ("http://127.0.0.1:{}", None, b"", True),
    ],
    ids=["a handshake", "a tunnel", "a proxy's reply", "a large request", "a reply"],
)
def test_a_call_to_a_hanging_peer_ends_at_its_timeout(
    run: Callable[[Endpoint, Exchange], Reply | Failure],
    hung: int,
    base_url: str,
    proxy: str | None,
    body: bytes,
    on_wire: bool,
) -> None:
    settings = Settings.resolve(
        "u", "p", base_url=base_url.format(hung), proxy=proxy and proxy.format(hung)
    )
    # Neither limit but the last is near: only the whole call's time can end it.
    limits = Timeout(connect=1000, read=1000, total=1000)
    # On a machine that is held up, the time is over before the first byte goes out: give it more.
    for seconds in (0.3, 3, 12):
        exchange = Exchange(Request("POST", "/", body=body), limits, time.monotonic() + seconds)
        done = run(endpoint_of(settings), exchange)
        if exchange.on_wire is on_wire:
            break

    assert isinstance(done, Failure)
    assert exchange.on_wire is on_wire
