"""Following accepted messages to their end, and telling the application."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from convergia_sms import _errors as errors
from convergia_sms._models import DeliveryStatus
from convergia_sms.outbox import (
    Change,
    Event,
    Filter,
    Outbox,
    Outcome,
    Poller,
    PollSchedule,
    RetryPolicy,
    State,
    WebhookSender,
    sign_webhook,
    verify_webhook,
)
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._schema import webhooks
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.outbox.conftest import Clock

NUMBER = "5512345678"
PATIENCE = 20
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


class ScriptedStatus:
    """Answers the queries for an id with its script, the last answer again and again."""

    def __init__(self, script: dict[str, list[DeliveryStatus | Exception]]) -> None:
        self.script = script
        self.asked: list[str] = []

    async def status(self, message_id: str) -> DeliveryStatus:
        self.asked.append(message_id)
        await asyncio.sleep(0)
        answers = self.script[message_id]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def accepted(outbox: Outbox, message_id: str | None, key: str | None = None) -> int:
    """A message that the gateway took at this moment."""
    id_ = outbox.enqueue(NUMBER, "el texto", "pedido-1", key=key)
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    ((claimed,), _) = lease.turn([], 1, only=id_)
    poll_after = None if message_id is None else 10
    lease.turn([Outcome(claimed, Event.ACCEPT, message_id=message_id, poll_after=poll_after)])
    return id_


async def asked(gateway: ScriptedStatus, times: int, poller: Poller) -> None:
    """Run until the gateway was asked so often and the answers are recorded."""
    running = asyncio.create_task(poller.run())
    async with asyncio.timeout(PATIENCE):
        while len(gateway.asked) < times:  # noqa: ASYNC110 - the script tells nobody
            await asyncio.sleep(0.01)
        poller.stop()
        await running


@pytest.mark.parametrize(
    ("status", "state"),
    [(DeliveryStatus.DELIVERED, State.DELIVERED), (DeliveryStatus.FAILED, State.FAILED)],
)
async def test_a_message_is_followed_to_its_end(
    outbox: Outbox, clock: Clock, status: DeliveryStatus, state: State
) -> None:
    id_ = accepted(outbox, "7", key="k")
    clock.advance(10)
    changes: list[Change] = []
    poller = Poller(outbox, ScriptedStatus({"7": [status]}), on_change=changes.append)
    await asyncio.wait_for(poller.run(until_done=True), PATIENCE)
    assert outbox.get(id_).state is state
    (change,) = changes
    assert (change.id, change.message_id, change.key, change.extra) == (id_, "7", "k", "pedido-1")
    assert (change.before, change.after) == (State.ACCEPTED, state)


async def test_the_end_is_told_to_a_coroutine_too(outbox: Outbox, clock: Clock) -> None:
    accepted(outbox, "7")
    clock.advance(10)
    told: list[State] = []

    async def tell(change: Change) -> None:
        await asyncio.sleep(0)
        told.append(change.after)

    gateway = ScriptedStatus({"7": [DeliveryStatus.DELIVERED]})
    poller = Poller(outbox, gateway, on_change=tell)
    await asyncio.wait_for(poller.run(until_done=True), PATIENCE)
    assert told == [State.DELIVERED]


async def test_a_young_message_is_not_asked_about(outbox: Outbox, clock: Clock) -> None:
    accepted(outbox, "early")
    clock.advance(5)
    accepted(outbox, "late")
    clock.advance(5)
    gateway = ScriptedStatus({"early": [DeliveryStatus.PENDING]})
    await asked(gateway, 1, Poller(outbox, gateway))
    assert gateway.asked == ["early"]


async def test_a_pending_message_is_asked_about_again_when_it_is_half_as_old_again(
    outbox: Outbox, clock: Clock
) -> None:
    accepted(outbox, "old")
    clock.advance(100)
    gateway = ScriptedStatus({"old": [DeliveryStatus.PENDING], "new": [DeliveryStatus.PENDING]})
    await asked(gateway, 1, Poller(outbox, gateway))
    accepted(outbox, "new")
    clock.advance(49)
    await asked(gateway, 2, Poller(outbox, gateway))
    clock.advance(1)
    await asked(gateway, 3, Poller(outbox, gateway))
    assert gateway.asked == ["old", "new", "old"]


@pytest.mark.parametrize(
    "problem",
    [
        errors.MessageNotFoundError("6"),
        errors.OutcomeUnknownError("timeout"),
        errors.ConnectionFailedError("refused"),
        errors.AuthenticationError(5, "Error de Autenticación"),
    ],
    ids=lambda problem: type(problem).__name__,
)
async def test_a_query_that_fails_is_made_again(
    outbox: Outbox, clock: Clock, problem: Exception
) -> None:
    id_ = accepted(outbox, "7")
    clock.advance(10)
    gateway = ScriptedStatus({"7": [problem, DeliveryStatus.DELIVERED]})
    await asked(gateway, 1, Poller(outbox, gateway))
    entry = outbox.get(id_)
    assert entry.state is State.ACCEPTED
    assert entry.detail
    clock.advance(3600)
    await asked(gateway, 2, Poller(outbox, gateway))
    assert outbox.get(id_).state is State.DELIVERED


async def test_past_its_deadline_a_message_stays_accepted_and_is_left_alone(
    outbox: Outbox, clock: Clock
) -> None:
    id_ = accepted(outbox, "7")
    clock.advance(3600)
    gateway = ScriptedStatus({"7": [DeliveryStatus.PENDING]})
    poller = Poller(outbox, gateway, schedule=PollSchedule(deadline=3600))
    await asyncio.wait_for(poller.run(until_done=True), PATIENCE)
    entry = outbox.get(id_)
    assert entry.state is State.ACCEPTED
    assert "deadline" in (entry.detail or "")


async def test_a_message_without_an_id_is_not_followed(outbox: Outbox, clock: Clock) -> None:
    accepted(outbox, None)
    clock.advance(3600)
    poller = Poller(outbox, ScriptedStatus({}))
    await asyncio.wait_for(poller.run(until_done=True), PATIENCE)
    assert outbox.counts()[State.ACCEPTED] == 1


async def test_a_message_that_was_confirmed_without_an_id_is_not_followed(
    outbox: Outbox, clock: Clock
) -> None:
    id_ = outbox.enqueue(NUMBER, "el texto")
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    lease.turn([], 1)
    lease.leave()
    clock.advance(1)
    outbox.reconcile(Event.CONFIRM, Filter(ids=[id_]), by="ana", reason="on the portal")
    await asyncio.wait_for(Poller(outbox, ScriptedStatus({})).run(until_done=True), PATIENCE)
    assert outbox.get(id_).state is State.ACCEPTED


async def test_an_id_that_the_client_refuses_stops_nobody(outbox: Outbox, clock: Clock) -> None:
    refused, good = accepted(outbox, "odd"), accepted(outbox, "7")
    clock.advance(10)
    gateway = ScriptedStatus({"odd": [ValueError("no id")], "7": [DeliveryStatus.DELIVERED]})
    await asyncio.wait_for(Poller(outbox, gateway).run(until_done=True), PATIENCE)
    assert outbox.get(good).state is State.DELIVERED
    assert outbox.get(refused).detail == "its id cannot be asked about: ValueError"
    assert gateway.asked.count("odd") == 1


async def test_a_status_that_the_profile_does_not_call_final_is_no_end(
    outbox: Outbox, clock: Clock
) -> None:
    accepted(outbox, "7")
    clock.advance(10)
    gateway = ScriptedStatus({"7": [DeliveryStatus.FAILED]})
    await asked(gateway, 1, Poller(outbox, gateway, final=frozenset({3})))
    assert outbox.counts()[State.ACCEPTED] == 1


async def test_two_pollers_ask_about_each_message_once(outbox: Outbox, clock: Clock) -> None:
    ids = [str(index) for index in range(50)]
    for message_id in ids:
        accepted(outbox, message_id)
    clock.advance(10)
    gateway = ScriptedStatus({message_id: [DeliveryStatus.DELIVERED] for message_id in ids})
    pollers = [Poller(outbox, gateway, batch=7) for _ in range(2)]
    await asyncio.gather(
        *(asyncio.wait_for(poller.run(until_done=True), PATIENCE) for poller in pollers)
    )
    assert sorted(gateway.asked) == sorted(ids)


async def test_pollers_keep_to_their_rate(outbox: Outbox, clock: Clock) -> None:
    for index in range(20):
        accepted(outbox, str(index))
    clock.advance(10)
    gateway = ScriptedStatus({str(index): [DeliveryStatus.DELIVERED] for index in range(20)})
    poller = Poller(outbox, gateway, rate=50)
    running = asyncio.create_task(poller.run(until_done=True))
    async with asyncio.timeout(PATIENCE):
        while outbox.counts()[State.DELIVERED] < 5:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)
        assert len(gateway.asked) == 5
        clock.advance(1000)
        while outbox.counts()[State.DELIVERED] < 10:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        poller.stop()
        await running


async def test_a_confirmed_message_is_followed(outbox: Outbox, clock: Clock) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    ((claimed,), _) = lease.turn([], 1)
    lease.turn([Outcome(claimed, Event.LOSE)])
    where = Filter(ids=[id_])
    outbox.reconcile(Event.CONFIRM, where, by="ana", reason="portal", message_id="7")
    poller = Poller(outbox, ScriptedStatus({"7": [DeliveryStatus.DELIVERED]}))
    await asyncio.wait_for(poller.run(until_done=True), PATIENCE)
    assert outbox.get(id_).state is State.DELIVERED


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_older_a_message_the_longer_the_pause(one: float, other: float) -> None:
    schedule = PollSchedule()
    pauses = [schedule.again(age) for age in sorted((one, other))]
    known = [pause for pause in pauses if pause is not None]
    assert known == sorted(known)
    assert all(schedule.first <= pause <= schedule.ceiling for pause in known)
    # Once given up, it stays given up.
    assert pauses[0] is not None or pauses[1] is None


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
    """One message that came to its end, its notification in the store."""
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
async def test_a_notification_that_was_not_taken_is_posted_again_under_the_same_id(
    outbox: Outbox, clock: Clock, receiving: Callable[..., Awaitable[Receiver]], status: int
) -> None:
    receiver = await receiving(status)
    async with notified(outbox, clock):
        soon = RetryPolicy(first=0.0, jitter=0)
        sender = WebhookSender(outbox, receiver.url, SECRET, retry=soon)
        await asyncio.wait_for(sender.run(until_done=True), PATIENCE)
    assert len(receiver.requests) == 2
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1


async def test_a_notification_nobody_takes_is_given_up(
    outbox: Outbox, clock: Clock, receiving: Callable[..., Awaitable[Receiver]]
) -> None:
    receiver = await receiving(500, 500, 500)
    async with notified(outbox, clock):
        soon = RetryPolicy(budget=2, first=0.0, jitter=0)
        sender = WebhookSender(outbox, receiver.url, SECRET, retry=soon)
        await asyncio.wait_for(sender.run(until_done=True), PATIENCE)
    assert len(receiver.requests) == 2


async def test_an_unreachable_receiver_is_no_error_and_shows_no_url(
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


async def test_no_webhook_asked_for_none_is_stored(outbox: Outbox, clock: Clock) -> None:
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
        lambda headers: headers.update({"Webhook-Signature": "v1,AAAA"}),
        lambda headers: headers.update({"Webhook-Signature": "ñ"}),
    ],
    ids=["no id", "other id", "no time", "other signature", "no signature"],
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


def test_a_secret_that_is_none_is_refused(outbox: Outbox) -> None:
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
