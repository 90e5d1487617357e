"""Tests that a process stopped past a call's timeout reads the reply that has arrived."""

from __future__ import annotations

import asyncio
import selectors
import socket
import ssl
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
import trustme
import uvloop
from convergia_sms._codecs.wire import Reply, Request
from convergia_sms._exchange import Exchange, Failure
from convergia_sms._settings import Settings
from convergia_sms._timeouts import Timeout
from convergia_sms._transports.aio import AsyncTransport
from convergia_sms._transports.endpoint import endpoint_of
from convergia_sms._transports.limits import LATE_LOOKS
from convergia_sms._transports.sockets import DeadlineError, Stream

from tests.client.conftest import ENVELOPE, RawGateway, http_reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from convergia_sms._transports.endpoint import Endpoint

ACCEPTED = http_reply(ENVELOPE.format("100|1"))
LIMITS = Timeout(connect=20, read=20, total=20)


@pytest.fixture
def replied() -> threading.Event:
    """Set once the gateway's reply is with the client's kernel."""
    return threading.Event()


@pytest.fixture(params=["plain", "tls"])
def endpoint(
    request: pytest.FixtureRequest,
    raw_gateway: RawGateway,
    replied: threading.Event,
    tmp_path: Path,
) -> Endpoint:
    def reply(connection: socket.socket, _request: object) -> None:
        # Else the reply waits for the client to acknowledge the TLS tickets, which takes it 40 ms.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(ACCEPTED)
        replied.set()

    raw_gateway.script = [reply]
    if request.param == "plain":
        return endpoint_of(Settings.resolve("u", "p", base_url=raw_gateway.base_url))
    authority = trustme.CA()
    raw_gateway.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(raw_gateway.tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    url = raw_gateway.base_url.replace("http://127.0.0.1", "https://localhost")
    return endpoint_of(Settings.resolve("u", "p", base_url=url, ca_file=tmp_path / "ca.pem"))


def stop(transport: AsyncTransport, exchange: Exchange, replied: threading.Event) -> None:
    """Do what SIGSTOP after the request and SIGCONT after its deadline would do.

    The call has as much time as a slow machine needs until the reply is there. Only then does its
    deadline pass, with the timer that it would have had.
    """
    (connection,) = transport._open
    assert replied.wait(60)  # what is readable before may be a TLS ticket
    assert connection._timer is not None
    connection._timer.cancel()
    exchange.deadline = time.monotonic() + 0.01
    connection._watch(exchange)
    # A little more, so that the timer is due too.
    threading.Event().wait(max(0.0, exchange.deadline - time.monotonic()) + 0.01)


class StoppedSelector(selectors.DefaultSelector):
    """A selector that is interrupted, like epoll by SIGSTOP and SIGCONT, and reports nothing."""

    stop: Callable[[], None] | None = None
    exchange: Exchange | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.stop is None or self.exchange is None or not self.exchange.on_wire:
            return super().select(timeout)
        stop, self.stop = self.stop, None
        stop()
        return []


def stop_before_timers(exchange: Exchange, stop: Callable[[], None]) -> socket.socket:
    """Do what SIGSTOP in a loop's last callback before the due timers would do."""
    loop, (ready, writer) = asyncio.get_running_loop(), socket.socketpair()
    writer.close()  # its other end is readable from now on

    def stop_once() -> None:
        if exchange.on_wire:
            loop.remove_reader(ready)
            stop()

    loop.add_reader(ready, stop_once)
    return ready


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_an_available_reply_is_read_after_a_stop_past_the_deadline(
    loop: str, endpoint: Endpoint, replied: threading.Event
) -> None:
    selector = StoppedSelector()

    async def main() -> Reply | Failure:
        transport = AsyncTransport(endpoint)
        exchange = Exchange(Request("POST", "/", body=b"x"), LIMITS, time.monotonic() + 20)
        stopping = partial(stop, transport, exchange, replied)
        if loop == "asyncio":
            selector.stop, selector.exchange = stopping, exchange
            done = await transport.exchange(exchange)
        else:
            with stop_before_timers(exchange, stopping):
                done = await transport.exchange(exchange)
        assert time.monotonic() >= exchange.deadline
        await transport.close()
        return done

    def factory() -> asyncio.AbstractEventLoop:
        return uvloop.new_event_loop() if loop == "uvloop" else asyncio.SelectorEventLoop(selector)

    with asyncio.Runner(loop_factory=factory) as runner:
        done = runner.run(main())
    assert isinstance(done, Reply), done


def test_a_blocking_read_returns_available_data_after_its_deadline() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stream = Stream(ours, 20, time.monotonic() - 1)
        theirs.sendall(b"100|1")
        assert stream.receive() == b"100|1"
        with pytest.raises(DeadlineError):
            stream.receive()


def test_a_peer_that_goes_on_talking_does_not_outlast_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stream = Stream(ours, 20, time.monotonic() - 1)
        for _ in range(LATE_LOOKS):
            theirs.sendall(b"x")
            assert stream.receive() == b"x"
        theirs.sendall(b"x")
        with pytest.raises(DeadlineError):
            stream.receive()
