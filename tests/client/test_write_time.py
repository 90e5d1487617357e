"""Tests that nothing is written after its deadline, or after the right to send has lapsed."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import TYPE_CHECKING, Any

import pytest
import trustme
import uvloop
from convergia_sms import AsyncClient, Client, ConnectionFailedError, Receipt, Retries
from convergia_sms._codecs.wire import Reply, Request
from convergia_sms._exchange import Exchange, Failure, sending_until
from convergia_sms._settings import Settings
from convergia_sms._timeouts import Timeout
from convergia_sms._transports.aio import AsyncTransport
from convergia_sms._transports.blocking import BlockingTransport
from convergia_sms._transports.endpoint import endpoint_of

from tests.client.conftest import ENVELOPE, RawGateway, http_reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from convergia_sms._transports.endpoint import Endpoint

ACCEPTED = http_reply(ENVELOPE.format("100|1"))
LIMITS = Timeout(connect=20, read=20, total=20)


@pytest.fixture(params=["plain", "tls"])
def endpoint(request: pytest.FixtureRequest, raw_gateway: RawGateway, tmp_path: Path) -> Endpoint:
    raw_gateway.script = [ACCEPTED]
    if request.param == "plain":
        return endpoint_of(Settings.resolve("u", "p", base_url=raw_gateway.base_url))
    authority = trustme.CA()
    raw_gateway.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(raw_gateway.tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    url = raw_gateway.base_url.replace("http://127.0.0.1", "https://localhost")
    return endpoint_of(Settings.resolve("u", "p", base_url=url, ca_file=tmp_path / "ca.pem"))


def in_threads(endpoint: Endpoint, exchanges: list[Exchange]) -> list[Reply | Failure]:
    transport = BlockingTransport(endpoint)
    try:
        return [transport.exchange(exchange) for exchange in exchanges]
    finally:
        transport.close()


def on_loop(factory: Callable[[], asyncio.AbstractEventLoop] | None) -> Callable[..., Any]:
    def run(endpoint: Endpoint, exchanges: list[Exchange]) -> list[Reply | Failure]:
        async def main() -> list[Reply | Failure]:
            transport = AsyncTransport(endpoint)
            done = [await transport.exchange(exchange) for exchange in exchanges]
            await transport.close()
            return done

        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(main())

    return run


@pytest.mark.parametrize(
    "run", [in_threads, on_loop(None), on_loop(uvloop.new_event_loop)], ids=["sync", "aio", "uv"]
)
@pytest.mark.parametrize("idle", [True, False], ids=["an idle connection", "a new connection"])
@pytest.mark.parametrize("over", ["deadline", "lapsed"])
def test_a_request_past_its_deadline_is_not_written(
    run: Callable[..., list[Reply | Failure]],
    endpoint: Endpoint,
    raw_gateway: RawGateway,
    idle: bool,
    over: str,
) -> None:
    # As after a stop of the process between the decision and the write.
    now = time.monotonic()
    late = Exchange(Request("POST", "/late", body=b"x"), LIMITS, now + 20)
    if over == "deadline":
        late.deadline = now
    else:
        late.lapsed = lambda: True
    in_time = Exchange(Request("POST", "/in-time", body=b"x"), LIMITS, now + 20)

    *before, done = run(endpoint, [in_time, late] if idle else [late])

    assert all(isinstance(one, Reply) for one in before)
    assert isinstance(done, Failure)
    assert not late.on_wire
    assert [one.line for one in raw_gateway.requests] == ["POST /in-time HTTP/1.1"] * len(before)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_send_whose_right_lapsed_was_not_sent(kind: type[Any], raw_gateway: RawGateway) -> None:
    raw_gateway.script = [ACCEPTED]
    lapsed = False

    def lapse(_info: object) -> None:
        nonlocal lapsed
        lapsed = len(raw_gateway.requests) > 0

    options: dict[str, Any] = {
        "base_url": raw_gateway.base_url,
        "retries": Retries(connect=0),
        "before_request": lapse,
    }

    async def send_twice() -> list[Any]:
        async with AsyncClient("demo", "demo", **options) as client:
            with sending_until(lambda: lapsed):
                first = await client.send("5512345678", "a")
                with pytest.raises(ConnectionFailedError) as raised:
                    await client.send("5512345678", "b")
        return [first, raised.value]

    if kind is AsyncClient:
        first, second = asyncio.run(send_twice())
    else:
        with Client("demo", "demo", **options) as client, sending_until(lambda: lapsed):
            first = client.send("5512345678", "a")
            with pytest.raises(ConnectionFailedError) as raised:
                client.send("5512345678", "b")
            second = raised.value

    assert isinstance(first, Receipt)
    assert type(second) is ConnectionFailedError
    assert "the lease expired" in str(second)
    assert len(raw_gateway.requests) == 1
