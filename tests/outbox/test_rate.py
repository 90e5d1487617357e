"""The rate that all workers of an account share: never above its limit, and not below it either."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from convergia_sms.outbox import Event, RetryPolicy
from convergia_sms.outbox._outcomes import Claimed
from convergia_sms.outbox._rate import Grant, Rate, give_back, reserve
from convergia_sms.outbox._sender import attempt

from tests.outbox.scripted import ScriptedGateway

if TYPE_CHECKING:
    from convergia_sms.outbox import Outbox

    from tests.outbox.conftest import Clock


def _history(outbox: Outbox, clock: Clock, rate: Rate, chance: random.Random) -> list[float]:
    """Reserve, use some of it and give the rest back at once or later; when each was used."""
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
        times = _history(outbox, clock, rate, random.Random(seed))
        assert times, "nothing was granted"
        for first, begin in enumerate(times):
            for last in range(first, len(times)):
                allowed = 1 + seed % 6 + (times[last] - begin) * 50
                assert last - first + 1 <= allowed + 1e-3


def test_a_rate_that_is_asked_often_enough_is_used_up(outbox: Outbox, clock: Clock) -> None:
    rate, granted = Rate("send:default", 100, burst=10), 0
    for _ in range(21):
        granted += reserve(outbox.database, rate, 64).units
        clock.advance(0.1)
    assert granted == 10 + 2 * 100


def test_who_reserves_ahead_uses_a_rate_up_in_few_requests(outbox: Outbox, clock: Clock) -> None:
    rate, times = Rate("send:default", 100, burst=10), []
    for _ in range(5):
        grant = reserve(outbox.database, rate, 64, ahead=0.5)
        times += [clock() / 1000 + grant.after(place) for place in range(grant.units)]
        clock.advance(0.5)
    assert len(times) == 10 + 50 + 4 * 50
    assert times == sorted(times)


def test_what_is_not_used_is_there_again(outbox: Outbox) -> None:
    rate = Rate("send:default", 10, burst=5)
    grant = reserve(outbox.database, rate, 5)
    assert grant.units == 5
    give_back(outbox.database, rate, grant, 3)
    again = reserve(outbox.database, rate, 5)
    assert (again.units, again.wait) == (3, 0.1)


def test_what_is_given_back_after_another_reserved_is_wasted(outbox: Outbox, clock: Clock) -> None:
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
