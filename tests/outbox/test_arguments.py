"""Tests that wrong arguments are refused at once, with a clear message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms.outbox import Draft, Filter, Outbox, Poller, RetryPolicy, Sender, Worker
from convergia_sms.outbox._rate import Rate

from tests.outbox.scripted import ScriptedGateway, ScriptedStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NUMBER = "5512345678"


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(f"sqlite:///{tmp_path}/outbox.db") as outbox:
        yield outbox


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("key", 5, "the key must be a str, not int"),
        ("batch", 5, "the batch must be a str, not int"),
        ("extra", 5, "the extra must be a str, not int"),
        ("due", "2026-01-01", "a time must be a datetime, not str"),
    ],
)
def test_a_value_of_another_type_is_named(
    outbox: Outbox, name: str, value: Any, words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        outbox.enqueue(NUMBER, "hola", **{name: value})


@pytest.mark.parametrize("priority", [7, -1, "high"])
def test_a_priority_out_of_range_is_refused(outbox: Outbox, priority: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid Priority"):
        outbox.enqueue(NUMBER, "hola", priority=priority)


def test_an_async_session_is_refused_with_the_cure(outbox: Outbox) -> None:
    class AsyncSession:
        """SQLAlchemy's needs another library; ours is told by what it lacks, as that is."""

    given: Any = AsyncSession()
    with pytest.raises(TypeError, match=r"not AsyncSession; .* run_sync"):
        outbox.enqueue(NUMBER, "hola", connection=given)
    with pytest.raises(TypeError, match="not AsyncSession"):
        outbox.enqueue_many([Draft(NUMBER, "hola")], connection=given)


def test_a_str_is_not_a_collection_of_keys() -> None:
    word: Any = "pedido-1"
    with pytest.raises(TypeError, match="keys must be a collection"):
        Filter(keys=word)


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), 1e-320, 0, -1])
def test_an_invalid_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="a second"):
        Rate("send:default", rate)


@pytest.mark.parametrize("burst", [0, -1])
def test_a_burst_below_one_message_is_refused(burst: int) -> None:
    with pytest.raises(ValueError, match=f"the burst must be at least 1, not {burst}"):
        Rate("send:default", 10, burst)


@pytest.mark.parametrize("lease", [0, -1, float("nan")])
@pytest.mark.parametrize("kind", [Worker, Sender])
def test_a_lease_that_never_lasts_is_refused(
    outbox: Outbox, kind: type[Worker | Sender], lease: float
) -> None:
    with pytest.raises(ValueError, match="the lease must be above 0 seconds"):
        kind(outbox, ScriptedGateway(), lease=lease)


@pytest.mark.parametrize("rate", [None, 20.0])
def test_a_poller_that_takes_no_messages_is_refused(outbox: Outbox, rate: float | None) -> None:
    with pytest.raises(ValueError, match="the batch must be at least 1, not 0"):
        Poller(outbox, ScriptedStatus({}), batch=0, rate=rate)


def test_an_unlimited_retry_budget_keeps_to_the_longest_pause() -> None:
    endless = RetryPolicy(budget=10**9, ceiling=900, jitter=0)
    assert endless.delay(5000) == 900
