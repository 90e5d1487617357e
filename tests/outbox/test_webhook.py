"""Tests of signed notifications, which are posted until the application accepts them."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from convergia_sms._models import DeliveryStatus
from convergia_sms.outbox import (
    Outbox,
    Poller,
    RetryPolicy,
    WebhookSender,
    sign_webhook,
    verify_webhook,
)
from convergia_sms.outbox._schema import webhooks
from sqlalchemy import select

from tests.outbox.scripted import PATIENCE, ScriptedStatus, accepted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.outbox.conftest import Clock

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


class Receiver:
    """An application's webhook: answers with `statuses` in turn, then with 204."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.url = ""
        self.arrived, self.open = asyncio.Event(), asyncio.Event()
        self.open.set()

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        self.arrived.set()
        await self.open.wait()
        return web.Response(
            status=self.statuses.pop(0) if self.statuses else 204, headers={"location": "/other"}
        )


@pytest.fixture
async def receiving() -> AsyncIterator[Callable[..., Awaitable[Receiver]]]:
    runners: list[web.AppRunner] = []

    async def receive(*statuses: int) -> Receiver:
        receiver = Receiver(*statuses)
        app = web.Application()
        app.router.add_post("/hook", receiver.take)
        runner = web.AppRunner(app)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook?token=t0p"
        return receiver

    yield receive
    for runner in runners:
        await runner.cleanup()


@asynccontextmanager
async def notified(outbox: Outbox, clock: Clock) -> AsyncIterator[int]:
    """Yield the id of a finished message whose notification is in the store."""
    id_ = accepted(outbox, "7", key="k")
    clock.advance(10)
    gateway = ScriptedStatus({"7": [DeliveryStatus.DELIVERED]})
    await asyncio.wait_for(Poller(outbox, gateway, webhook=True).run(until_done=True), PATIENCE)
    yield id_


async def test_a_notification_is_signed_and_says_what_happened(
    outbox: Outbox, clock: Clock, receiving: Callable[..., Awaitable[Receiver]]
) -> None:
    receiver = await receiving()
    async with notified(outbox, clock) as id_:
        sender = WebhookSender(outbox, receiver.url, SECRET)
        await asyncio.wait_for(sender.run(until_done=True), PATIENCE)
    ((headers, body),) = receiver.requests
    assert verify_webhook(SECRET, headers, body)
    said = json.loads(body)
    assert said["type"] == "message.delivered"
    assert said["data"] == {
        "id": id_,
        "account": "default",
        "key": "k",
        "batch": None,
        "extra": "pedido-1",
        "message_id": "7",
        "state": "delivered",
    }
    assert b"el texto" not in body


async def test_a_notification_that_another_delivered_stays_delivered(
    outbox: Outbox, clock: Clock, receiving: Callable[..., Awaitable[Receiver]]
) -> None:
    receiver, once = await receiving(500), RetryPolicy(budget=1)
    receiver.open.clear()
    async with notified(outbox, clock):
        slow = WebhookSender(outbox, receiver.url, SECRET, retry=once, timeout=PATIENCE)
        posting = asyncio.create_task(slow.run(until_done=True))
        async with asyncio.timeout(PATIENCE):
            await receiver.arrived.wait()
            clock.advance(PATIENCE * 10)
            quick = WebhookSender(outbox, (await receiving()).url, SECRET)
            await quick.run(until_done=True)
            receiver.open.set()
            await posting
    with outbox.database.reading() as connection:
        assert connection.execute(select(webhooks.c.state)).scalars().all() == ["delivered"]


@pytest.mark.parametrize("status", [500, 302, 404])
async def test_a_rejected_notification_is_posted_again_under_the_same_id(
    outbox: Outbox, clock: Clock, receiving: Callable[..., Awaitable[Receiver]], status: int
) -> None:
    receiver = await receiving(status)
    async with notified(outbox, clock):
        soon = RetryPolicy(first=0.0, jitter=0)
        sender = WebhookSender(outbox, receiver.url, SECRET, retry=soon)
        await asyncio.wait_for(sender.run(until_done=True), PATIENCE)
    assert len(receiver.requests) == 2
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1


async def test_a_notification_that_is_never_accepted_is_given_up(
    outbox: Outbox, clock: Clock, receiving: Callable[..., Awaitable[Receiver]]
) -> None:
    receiver = await receiving(500, 500, 500)
    async with notified(outbox, clock):
        soon = RetryPolicy(budget=2, first=0.0, jitter=0)
        sender = WebhookSender(outbox, receiver.url, SECRET, retry=soon)
        await asyncio.wait_for(sender.run(until_done=True), PATIENCE)
    assert len(receiver.requests) == 2


async def test_an_unreachable_receiver_is_not_an_error_and_shows_no_url(
    outbox: Outbox, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async with notified(outbox, clock):
        soon = RetryPolicy(budget=1)
        sender = WebhookSender(outbox, "http://127.0.0.1:9/?token=t0p", SECRET, retry=soon)
        await asyncio.wait_for(sender.run(until_done=True), PATIENCE)
    with outbox.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT state, detail FROM convergia_outbox_webhook")
        ((state, detail),) = rows.all()
    assert state == "failed"
    assert "t0p" not in detail + caplog.text


async def test_no_notification_is_stored_without_a_webhook(outbox: Outbox, clock: Clock) -> None:
    accepted(outbox, "7")
    clock.advance(10)
    gateway = ScriptedStatus({"7": [DeliveryStatus.DELIVERED]})
    await asyncio.wait_for(Poller(outbox, gateway).run(until_done=True), PATIENCE)
    with outbox.database.reading() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM convergia_outbox_webhook")
        assert found.scalar_one() == 0


def test_a_signature_is_the_standards() -> None:
    # The example of https://github.com/standard-webhooks/standard-webhooks, its specification.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signature = sign_webhook(
        secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers: headers.pop("Webhook-Id"),
        lambda headers: headers.update({"Webhook-Id": "2"}),
        lambda headers: headers.update({"Webhook-Timestamp": "soon"}),
        lambda headers: headers.update({"Webhook-Timestamp": "9" * 400}),
        lambda headers: headers.update({"Webhook-Timestamp": "9" * 5000}),
        lambda headers: headers.update({"Webhook-Signature": "v1,AAAA"}),
        lambda headers: headers.update({"Webhook-Signature": "ñ"}),
    ],
    ids=[
        "no id",
        "other id",
        "no time",
        "a time far off",
        "a time without end",
        "other signature",
        "no signature",
    ],
)
def test_a_notification_that_was_tampered_with_is_not_verified(
    spoil: Callable[[dict[str, str]], object],
) -> None:
    headers = {
        "Webhook-Id": "1",
        "Webhook-Timestamp": "1000",
        "Webhook-Signature": "v0,x " + sign_webhook("s", "1", 1000, b"{}"),
    }
    assert verify_webhook("s", headers, b"{}", now=1100)
    assert not verify_webhook("s", headers, b"{ }", now=1100)
    assert not verify_webhook("other", headers, b"{}", now=1100)
    assert not verify_webhook("s", headers, b"{}", now=1301)
    spoil(headers)
    assert not verify_webhook("s", headers, b"{}", now=1100)


def test_an_invalid_secret_is_refused(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="secret"):
        WebhookSender(outbox, "http://127.0.0.1/", "")


def test_time_in_a_signature_is_the_clocks() -> None:
    now = int(time.time())
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign_webhook("s", "1", now, b"{}"),
    }
    assert verify_webhook("s", headers, b"{}")
