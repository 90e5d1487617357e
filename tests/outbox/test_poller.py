"""Tests of the poller, which follows accepted messages to their final state."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
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
    State,
)
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._polling import take
from convergia_sms.outbox._rate import Rate
from hypothesis import given
from hypothesis import strategies as st

from tests.outbox.scripted import NUMBER, PATIENCE, ScriptedStatus, accepted

if TYPE_CHECKING:
    from tests.outbox.conftest import Clock


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


async def test_a_coroutine_also_gets_the_final_state(outbox: Outbox, clock: Clock) -> None:
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


async def test_the_status_of_a_young_message_is_not_queried(outbox: Outbox, clock: Clock) -> None:
    accepted(outbox, "early")
    clock.advance(5)
    accepted(outbox, "late")
    clock.advance(5)
    gateway = ScriptedStatus({"early": [DeliveryStatus.PENDING]})
    await asked(gateway, 1, Poller(outbox, gateway))
    assert gateway.asked == ["early"]


async def test_a_pending_message_is_queried_again_when_it_is_half_as_old_again(
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
        errors.QueryFailedError("timeout", "unreachable"),
        errors.QueryFailedError("HTTP 500", "unreadable"),
        errors.QueryAuthenticationError(5, "Error de Autenticación"),
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


async def test_past_its_deadline_a_message_stays_accepted_and_is_not_queried_again(
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


async def test_past_its_deadline_a_message_of_a_refused_account_is_no_longer_followed(
    outbox: Outbox, clock: Clock
) -> None:
    id_ = accepted(outbox, "7")
    clock.advance(3600)
    gateway = ScriptedStatus({"7": [errors.QueryAuthenticationError(5, "Error de Autenticación")]})
    poller = Poller(outbox, gateway, schedule=PollSchedule(deadline=3600))
    await asyncio.wait_for(poller.run(until_done=True), PATIENCE)
    assert outbox.get(id_).detail == "status query refused"
    assert gateway.asked == ["7"]


async def test_a_message_that_is_queried_again_at_once_has_not_reached_its_deadline(
    outbox: Outbox, clock: Clock
) -> None:
    id_ = accepted(outbox, "7")
    clock.advance(10)
    gateway = ScriptedStatus({"7": [DeliveryStatus.PENDING]})
    await asked(gateway, 1, Poller(outbox, gateway, schedule=PollSchedule(first=0, share=0)))
    assert outbox.get(id_).detail is None


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


async def test_an_id_that_the_client_refuses_does_not_stop_other_queries(
    outbox: Outbox, clock: Clock
) -> None:
    refused, good = accepted(outbox, "odd"), accepted(outbox, "7")
    clock.advance(10)
    gateway = ScriptedStatus({"odd": [ValueError("no id")], "7": [DeliveryStatus.DELIVERED]})
    await asyncio.wait_for(Poller(outbox, gateway).run(until_done=True), PATIENCE)
    assert outbox.get(good).state is State.DELIVERED
    assert outbox.get(refused).detail == "the message id is not valid: ValueError"
    assert gateway.asked.count("odd") == 1


async def test_a_status_that_is_not_final_in_the_profile_is_polled_again(
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


async def _until(outbox: Outbox, state: State, count: int) -> None:
    while outbox.counts()[state] < count:  # noqa: ASYNC110 - the store tells nobody
        await asyncio.sleep(0.01)


async def test_a_slow_gateway_is_asked_as_often_as_the_rate_allows(
    outbox: Outbox, clock: Clock
) -> None:
    for index in range(12):
        accepted(outbox, str(index))
    clock.advance(10)
    gateway = ScriptedStatus({str(index): [DeliveryStatus.DELIVERED] for index in range(12)})
    gateway.held.update(gateway.script)
    poller = Poller(outbox, gateway, rate=50)
    running = asyncio.create_task(poller.run())
    async with asyncio.timeout(PATIENCE):
        for asked in (5, 10):
            while len(gateway.asked) < asked:  # noqa: ASYNC110 - the script tells nobody
                await asyncio.sleep(0.01)
            clock.advance(0.1)
        gateway.open.set()
        await _until(outbox, State.DELIVERED, 12)
        poller.stop()
        await running


async def test_a_query_without_an_answer_delays_no_others(outbox: Outbox, clock: Clock) -> None:
    for index in range(9):
        accepted(outbox, str(index))
    clock.advance(10)
    gateway = ScriptedStatus({str(index): [DeliveryStatus.DELIVERED] for index in range(9)})
    gateway.held.add("0")
    poller = Poller(outbox, gateway, batch=2)
    running = asyncio.create_task(poller.run())
    async with asyncio.timeout(PATIENCE):
        await _until(outbox, State.DELIVERED, 8)
        poller.stop()
        gateway.open.set()
        await running
    assert outbox.counts()[State.DELIVERED] == 9


def test_a_poller_waits_for_the_rate_only_if_the_rate_is_the_limit(
    outbox: Outbox, clock: Clock
) -> None:
    rate = Rate("status:x", 1000, burst=2)
    assert take(outbox.database, outbox.account, 60, rate, 5) == ([], 0)
    for index in range(3):
        accepted(outbox, str(index))
    clock.advance(10)
    taken, wait = take(outbox.database, outbox.account, 60, rate, 5)
    assert (len(taken), wait) == (2, 0.05)


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
