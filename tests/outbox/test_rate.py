"""Tests of the rate that all workers of an account share: it is used up and never exceeded."""

from __future__ import annotations

import asyncio
import heapq
import random
from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import Draft, Event, RetryPolicy
from convergia_sms.outbox._outcomes import Claimed
from convergia_sms.outbox._rate import Grant, Rate, give_back, reserve
from convergia_sms.outbox._sender import attempt
from convergia_sms.outbox._turn import Turn

from tests.outbox.scripted import NUMBER, ScriptedGateway
from tests.outbox.test_claims import leased

if TYPE_CHECKING:
    from convergia_sms.outbox import Outbox

    from tests.outbox.conftest import Clock


def _assert_kept(times: list[float], rate: Rate) -> None:
    """Check that no period has more sends than the burst and the rate allow."""
    assert times, "nothing was granted"
    assert rate.burst is not None
    for first, begin in enumerate(times):
        for last in range(first, len(times)):
            allowed = rate.burst + (times[last] - begin) * rate.per_second
            assert last - first + 1 <= allowed + 1e-3


def _history(outbox: Outbox, clock: Clock, rate: Rate, chance: random.Random) -> list[float]:
    """Reserve units, use some and give the rest back. Return the times at which they were used."""
    used: list[float] = []
    owed: list[tuple[Grant, int]] = []
    for _ in range(40):
        clock.advance(chance.choice([0, 0, 0.003, 0.02, 0.1, 0.6]))
        if owed and chance.random() < 0.5:
            give_back(outbox.database, rate, *owed.pop(chance.randrange(len(owed))))
            continue
        grant = reserve(outbox.database, rate, chance.randint(1, 20), chance.choice([0, 0, 0.25]))
        needed = chance.choice([0, grant.units // 2, grant.units])
        used += (clock() / 1000 + grant.after(place) for place in range(needed))
        if needed < grant.units:
            owed.append((grant, grant.units - needed))
    return sorted(used)


def test_no_stretch_of_time_sees_more_than_the_burst_and_the_rate(
    outbox: Outbox, clock: Clock
) -> None:
    for seed in range(6):
        rate = Rate(f"send:{seed}", 50, burst=1 + seed % 6)
        _assert_kept(_history(outbox, clock, rate, random.Random(seed)), rate)


@pytest.mark.parametrize(("count", "slowest"), [(1, 1.1), (4, 2)])
def test_workers_far_from_the_store_use_a_rate_up(
    outbox: Outbox, clock: Clock, count: int, slowest: float
) -> None:
    # Time is virtual. A turn takes six round trips of 40 ms, or longer. Every 1.3 seconds the
    # upkeep takes seven more.
    chance, rate, most, seconds = random.Random(7), Rate("send:default", 100, 10), 64, 8
    outbox.enqueue_many(Draft(NUMBER, "hola") for _ in range(100 * seconds + count * most))
    workers = [(leased(outbox), Turn(0.0, 4.0)) for _ in range(count)]
    agenda = [(chance.random() / 4, index, 0.0) for index in range(count)]
    times: list[list[float]] = [[] for _ in workers]
    start = clock.milliseconds
    while agenda[0][0] < seconds:
        at, index, upkeep = heapq.heappop(agenda)
        (lease, turn), trip = workers[index], 0.04 * chance.uniform(1, slowest)
        if not upkeep and at >= turn.upkeep_at:
            turn.upkeep_at = at + 4 / 3
            heapq.heappush(agenda, (at + 7 * trip, index, 7 * trip))
            continue
        clock.milliseconds = start + round(at * 1000)
        now = (clock.milliseconds - start) / 1000
        in_flight = sum(time > now for time in times[index])
        found, wait = lease.turn([], most - in_flight, rate=rate, ahead=turn.ahead)
        times[index] += [now + each.after for each in found]
        turn.succeed(upkeep + 6 * trip)
        heapq.heappush(agenda, (at + 6 * trip + min(wait or 0.5, 0.05), index, 0.0))
    used = sorted(time for own in times for time in own if time < seconds)
    _assert_kept(used, rate)
    assert len(used) >= 0.98 * 100 * (seconds - used[0])


def test_a_turn_limited_by_the_rate_does_not_mean_an_empty_queue(
    outbox: Outbox, clock: Clock
) -> None:
    outbox.enqueue_many(Draft(NUMBER, "hola") for _ in range(30))
    rate, lease = Rate("send:default", 100, burst=10), leased(outbox)
    reserve(outbox.database, rate, 9)
    assert len(lease.turn([], 64, rate=rate)[0]) == 1
    clock.advance(1)
    assert len(lease.turn([], 64, rate=rate)[0]) == 10


def test_a_worker_whose_queue_was_short_leaves_the_rate_to_others(
    outbox: Outbox, clock: Clock
) -> None:
    rate, idle = Rate("send:default", 10, burst=100), leased(outbox)
    outbox.enqueue(NUMBER, "hola")
    assert len(idle.turn([], 64, rate=rate)[0]) == 1
    clock.advance(60)
    outbox.enqueue_many(Draft(NUMBER, "hola") for _ in range(100))
    assert [len(idle.turn([], 64, rate=rate)[0]) for _ in range(4)] == [2, 4, 8, 16]


def test_units_are_reserved_for_as_long_as_a_recent_turn_took() -> None:
    turn = Turn(0.0, lease=60)
    assert turn.ahead == 0
    turn.succeed(0.4)
    for _ in range(3):
        turn.succeed(0.1)
    assert 0.4 < turn.ahead <= 0.5
    for _ in range(300):
        turn.succeed(0.1)
    assert turn.ahead == pytest.approx(0.125)


@pytest.mark.parametrize(("lease", "longest"), [(60, 1.0), (1, 0.25)])
def test_no_units_are_reserved_for_a_time_in_which_the_lease_may_run_out(
    lease: float, longest: float
) -> None:
    turn = Turn(0.0, lease)
    turn.succeed(30)
    assert turn.ahead == longest


def test_a_rate_that_is_asked_often_enough_is_used_up(outbox: Outbox, clock: Clock) -> None:
    rate, granted = Rate("send:default", 100, burst=10), 0
    for _ in range(21):
        granted += reserve(outbox.database, rate, 64).units
        clock.advance(0.1)
    assert granted == 10 + 2 * 100


def test_reserving_ahead_uses_the_whole_rate_in_few_reservations(
    outbox: Outbox, clock: Clock
) -> None:
    rate, times = Rate("send:default", 100, burst=10), []
    for _ in range(5):
        grant = reserve(outbox.database, rate, 64, ahead=0.5)
        times += [clock() / 1000 + grant.after(place) for place in range(grant.units)]
        clock.advance(0.5)
    assert len(times) == 10 + 50 + 4 * 50
    assert times == sorted(times)


def test_unused_units_can_be_reserved_again(outbox: Outbox) -> None:
    rate = Rate("send:default", 10, burst=5)
    grant = reserve(outbox.database, rate, 5)
    assert grant.units == 5
    give_back(outbox.database, rate, grant, 3)
    again = reserve(outbox.database, rate, 5)
    assert (again.units, again.wait) == (3, 0.1)


def test_units_given_back_after_a_later_reservation_are_lost(outbox: Outbox, clock: Clock) -> None:
    rate = Rate("send:default", 10, burst=5)
    early = reserve(outbox.database, rate, 5)
    clock.advance(60)
    assert reserve(outbox.database, rate, 5).units == 5
    give_back(outbox.database, rate, early, 5)
    assert reserve(outbox.database, rate, 5).units == 0


async def test_a_message_that_waits_for_its_time_goes_back_if_the_worker_is_cancelled() -> None:
    gateway = ScriptedGateway()
    claimed = Claimed(1, "525512345678", "hola", None, 1, 0, 0, None, after=3600)
    sending = asyncio.create_task(
        attempt(gateway, claimed, RetryPolicy(), lapsed=lambda: False, poll_after=10)
    )
    await asyncio.sleep(0)
    sending.cancel()
    outcome, problem = await sending
    assert (outcome.event, problem) == (Event.RELEASE, None)
    assert gateway.texts == []
