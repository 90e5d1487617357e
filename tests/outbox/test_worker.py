"""Tests of a worker with each answer of the gateway, which is a script in the same process.

test_crash.py tests a worker against a gateway in another process.
"""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import _errors as errors
from convergia_sms.outbox import (
    CircuitBreaker,
    Draft,
    Event,
    Filter,
    Outbox,
    Outcome,
    RetryPolicy,
    Sender,
    SendingWindow,
    State,
    Worker,
)
from convergia_sms.outbox._lease import Lease
from sqlalchemy.exc import ProgrammingError

from tests.outbox.engines import bury
from tests.outbox.scripted import NUMBER, PATIENCE, ScriptedGateway

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_sms._models import Receipt

    from tests.outbox.conftest import Clock

SOON = RetryPolicy(budget=3, first=0.01, jitter=0)
EVERYTHING = Filter()


@pytest.fixture
def outbox(store_url: str) -> Iterator[Outbox]:
    with Outbox(store_url) as outbox:
        yield outbox


async def finished(worker: Worker, until: Filter | None = EVERYTHING) -> None:
    await asyncio.wait_for(worker.run(until), PATIENCE)


async def stopped(worker: Worker, running: asyncio.Task[None]) -> None:
    worker.stop()
    await asyncio.wait_for(running, PATIENCE)


async def until_state(outbox: Outbox, state: State, number: int = 1) -> None:
    async with asyncio.timeout(PATIENCE):
        while outbox.counts()[state] < number:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)


async def test_everything_in_the_outbox_is_sent_once(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(300))
    gateway = ScriptedGateway()
    await finished(Worker(outbox, gateway, concurrency=20))
    assert sorted(gateway.texts) == sorted(f"hola {index}" for index in range(300))
    assert outbox.counts()[State.ACCEPTED] == 300
    assert 1 < gateway.most_in_flight <= 20


async def test_a_batchs_worker_sends_only_that_batch(outbox: Outbox) -> None:
    outbox.enqueue_many([Draft(NUMBER, "ayer", batch="stopped"), Draft(NUMBER, "suelto")])
    outbox.enqueue_many([Draft(NUMBER, "hoy", batch="today") for _ in range(3)])
    gateway = ScriptedGateway()

    await finished(Worker(outbox, gateway, batch="today"), Filter(batch="today"))

    assert gateway.texts == ["hoy"] * 3
    assert outbox.counts()[State.QUEUED] == 2


async def test_a_message_is_committed_as_sending_before_it_is_sent(outbox: Outbox) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway()
    seen: list[State] = []
    gateway.before = lambda: seen.append(outbox.get(id_).state)
    await finished(Worker(outbox, gateway))
    assert seen == [State.SENDING]


async def test_the_gateways_answer_is_stored(outbox: Outbox) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    await finished(Worker(outbox, ScriptedGateway()))
    entry = outbox.get(id_)
    assert (entry.state, entry.message_id, entry.code) == (State.ACCEPTED, "1", 100)
    assert (entry.segments, entry.attempts) == (1, 1)
    assert entry.accepted is not None


@pytest.mark.parametrize(
    ("problem", "state", "code"),
    [
        (errors.InvalidNumberError(307, "Numero incorrecto"), State.REJECTED, 307),
        (errors.RejectedError(999), State.REJECTED, 999),
        (errors.OutcomeUnknownError("read timeout"), State.UNKNOWN, None),
        (ValueError("too long: hola"), State.NOT_SENT, None),
        (RuntimeError("a mistake of ours"), State.UNKNOWN, None),
    ],
    ids=["rejected", "code the guide lacks", "outcome unknown", "refused", "mistake"],
)
async def test_an_answer_that_time_does_not_change_ends_it_at_once(
    outbox: Outbox, problem: Exception, state: State, code: int | None
) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway(problem)
    await finished(Worker(outbox, gateway, retry=SOON))
    entry = outbox.get(id_)
    assert (entry.state, entry.code) == (state, code)
    assert entry.detail
    assert "hola" not in entry.detail
    assert len(gateway.texts) == 1


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        (errors.GatewayUnavailableError(200, "Error de Sistema", retryable=True), State.REJECTED),
        (errors.ConnectionFailedError("refused"), State.NOT_SENT),
    ],
    ids=["retryable code", "nothing reached the gateway"],
)
async def test_temporary_errors_are_retried_as_often_as_the_budget_allows(
    outbox: Outbox, problem: Exception, state: State
) -> None:
    corrected, given_up = outbox.enqueue(NUMBER, "a"), outbox.enqueue(NUMBER, "b")
    gateway = ScriptedGateway(*[problem] * 5)
    await finished(Worker(outbox, gateway, retry=SOON, concurrency=1))
    states = {outbox.get(corrected).state, outbox.get(given_up).state}
    assert states == {State.ACCEPTED, state}
    assert len(gateway.texts) == 6


async def test_an_unknown_outcome_is_never_sent_again(outbox: Outbox) -> None:
    outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway(errors.OutcomeUnknownError("reset"))
    await finished(Worker(outbox, gateway, retry=SOON))
    await finished(Worker(outbox, gateway, retry=SOON))
    assert gateway.texts == ["hola"]
    assert outbox.counts()[State.UNKNOWN] == 1


async def test_a_requeued_message_is_sent(outbox: Outbox) -> None:
    outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway(errors.OutcomeUnknownError("reset"))
    await finished(Worker(outbox, gateway))
    outbox.reconcile(Event.REQUEUE, EVERYTHING, by="ana", reason="not on the portal")
    await finished(Worker(outbox, gateway))
    assert gateway.texts == ["hola", "hola"]
    assert outbox.counts()[State.ACCEPTED] == 1


async def test_stopping_finishes_what_is_in_flight_and_leaves_the_rest(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(10))
    gateway = ScriptedGateway()
    gateway.open.clear()
    worker = Worker(outbox, gateway, concurrency=3)
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(gateway.arrived.wait(), PATIENCE)
    worker.stop()
    gateway.open.set()
    await stopped(worker, running)
    counts = outbox.counts()
    assert counts[State.ACCEPTED] == len(gateway.texts) == 3
    assert counts[State.QUEUED] == 7


async def test_cancelling_makes_what_is_in_flight_unknown_at_once(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(10))
    gateway = ScriptedGateway()
    gateway.open.clear()
    running = asyncio.create_task(Worker(outbox, gateway, concurrency=3).run())
    await asyncio.wait_for(gateway.arrived.wait(), PATIENCE)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    counts = outbox.counts()
    assert (counts[State.UNKNOWN], counts[State.QUEUED]) == (3, 7)


async def test_no_message_waits_for_another_to_be_recorded(outbox: Outbox) -> None:
    """A slow answer among many does not hold up the records of the others."""
    outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(8))
    gateway = ScriptedGateway()
    slow = asyncio.Event()
    quick = gateway.send

    async def send(number: str, message: str, extra: str | None = None) -> Receipt:
        if message == "hola 3":
            await slow.wait()
        return await quick(number, message, extra)

    gateway.send = send  # type: ignore[method-assign]
    worker = Worker(outbox, gateway, concurrency=8)
    running = asyncio.create_task(worker.run())
    await until_state(outbox, State.ACCEPTED, 7)
    slow.set()
    await stopped(worker, running)
    assert outbox.counts()[State.ACCEPTED] == 8


async def test_a_breaker_stops_a_crowd_from_failing(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(50))
    down = errors.ConnectionFailedError("refused")
    gateway = ScriptedGateway(*[down] * 50)
    opened = asyncio.Event()

    def watch(outcome: Outcome) -> None:
        if len(gateway.texts) >= 4:
            opened.set()

    breaker = CircuitBreaker(failures=3, pause=3600)
    worker = Worker(outbox, gateway, concurrency=2, breaker=breaker, retry=SOON, on_outcome=watch)
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(opened.wait(), PATIENCE)
    await stopped(worker, running)
    assert len(gateway.texts) == 4
    assert outbox.counts()[State.QUEUED] == 50


async def test_a_wrong_password_also_opens_the_breaker(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(50))
    wrong = errors.SendAuthenticationError(201, "Usuario o password incorrectos.")
    gateway = ScriptedGateway(*[wrong] * 50)
    breaker = CircuitBreaker(failures=3, pause=3600)
    worker = Worker(outbox, gateway, concurrency=1, breaker=breaker)
    running = asyncio.create_task(worker.run())
    await until_state(outbox, State.REJECTED, 3)
    await stopped(worker, running)
    assert outbox.counts()[State.REJECTED] == 3
    assert outbox.counts()[State.QUEUED] == 47


async def test_nothing_is_sent_outside_the_window(outbox: Outbox) -> None:
    outbox.enqueue(NUMBER, "hola")
    moment = [datetime(2026, 11, 24, 5, 0, tzinfo=UTC)]  # 23:00 in Mexico City
    asked = asyncio.Event()

    def now() -> datetime:
        if len(gateway.texts) == 0:
            asked.set()
        return moment[0]

    gateway = ScriptedGateway()
    window = SendingWindow.parse("9:00-21:00")
    worker = Worker(outbox, gateway, window=window, now=now, lease=0.6)
    running = asyncio.create_task(worker.run(EVERYTHING))
    await asyncio.wait_for(asked.wait(), PATIENCE)
    assert gateway.texts == []
    moment[0] += timedelta(hours=12)
    await asyncio.wait_for(running, PATIENCE)
    assert gateway.texts == ["hola"]


async def test_two_workers_share_an_accounts_rate(
    store_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The clock stands, so nothing falls due while a turn takes its time.
    monkeypatch.setattr("convergia_sms.outbox._turn._AHEAD", 0.0)
    with Outbox(store_url, clock=clock) as outbox:
        outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(12))
        gateway = ScriptedGateway()
        workers = [Worker(outbox, gateway, rate=50, burst=6) for _ in range(2)]
        running = [asyncio.create_task(worker.run()) for worker in workers]
        await until_state(outbox, State.ACCEPTED, 6)
        assert len(gateway.texts) == 6
        # At 50 a second, 60 ms are worth three.
        clock.advance(0.06)
        await until_state(outbox, State.ACCEPTED, 9)
        for worker, run in zip(workers, running, strict=True):
            await stopped(worker, run)
        assert len(gateway.texts) == 9


async def test_a_message_that_comes_later_is_found(outbox: Outbox) -> None:
    gateway = ScriptedGateway()
    worker = Worker(outbox, gateway)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0)
    outbox.enqueue(NUMBER, "hola")
    await until_state(outbox, State.ACCEPTED)
    await stopped(worker, running)


async def test_a_worker_with_a_filter_stops_when_its_own_messages_are_done(outbox: Outbox) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    outbox.enqueue(NUMBER, "uno", batch="hoy")
    outbox.enqueue(NUMBER, "dos", batch="mañana", due=later)
    await finished(Worker(outbox, ScriptedGateway()), Filter(batch="hoy"))
    assert outbox.counts()[State.QUEUED] == 1


async def test_a_dead_workers_messages_become_unknown_by_another(outbox: Outbox) -> None:
    outbox.enqueue(NUMBER, "uno")
    gateway = ScriptedGateway()
    gateway.open.clear()
    dead = Sender(outbox, gateway)
    hanging = asyncio.create_task(dead.send(1))
    await asyncio.wait_for(gateway.arrived.wait(), PATIENCE)
    bury(outbox, {os.getpid()})
    outbox.enqueue(NUMBER, "dos")
    alive = ScriptedGateway()
    await finished(Worker(outbox, alive))
    assert alive.texts == ["dos"]
    assert outbox.counts()[State.UNKNOWN] == 1
    gateway.open.set()
    assert (await asyncio.wait_for(hanging, PATIENCE)).state is State.UNKNOWN
    assert outbox.get(1).message_id == "1"
    await dead.aclose()


async def test_an_error_in_a_callback_does_not_stop_the_worker(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(outcome: Outcome) -> None:
        raise LookupError(outcome.event)

    outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(3))
    await finished(Worker(outbox, ScriptedGateway(), on_outcome=broken))
    assert outbox.counts()[State.ACCEPTED] == 3
    assert "on_outcome failed" in caplog.text


async def test_no_log_shows_a_text(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outbox.enqueue_many(Draft(NUMBER, "el secreto") for _ in range(3))
    problems = [errors.OutcomeUnknownError("reset"), ValueError("el secreto")]
    await finished(Worker(outbox, ScriptedGateway(*problems), retry=SOON))
    assert "message 1: " in caplog.text
    assert "secreto" not in caplog.text


async def test_a_store_without_tables_is_an_error_at_once(store_without_tables: str) -> None:
    with (
        Outbox(store_without_tables, migrate=False) as outbox,
        pytest.raises(Exception, match="convergia_outbox_worker"),
    ):
        await finished(Worker(outbox, ScriptedGateway()))


async def test_a_worker_that_ends_for_an_error_records_what_it_knows_first(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        outbox.enqueue(NUMBER, f"m{number}")
    gateway = ScriptedGateway()
    gateway.open.clear()
    running = asyncio.create_task(Worker(outbox, gateway, concurrency=3).run())
    await until_state(outbox, State.SENDING, 3)
    turn, failures = Lease.turn, iter([True, True])

    def fail_twice(self: Lease, *arguments: Any, **options: Any) -> Any:
        if next(failures, False):
            raise ProgrammingError("SELECT secret", {}, Exception("broken"))
        return turn(self, *arguments, **options)

    monkeypatch.setattr(Lease, "turn", fail_twice)
    gateway.open.set()
    with pytest.raises(ProgrammingError):
        await asyncio.wait_for(running, PATIENCE)
    assert outbox.counts()[State.ACCEPTED] == 3
