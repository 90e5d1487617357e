"""Tests of retries, the circuit breaker and sending windows."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from convergia_sms.outbox import CircuitBreaker, RetryPolicy, SendingWindow
from hypothesis import given
from hypothesis import strategies as st

MEXICO = ZoneInfo("America/Mexico_City")


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a time in November 2026, in Mexico City. The 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=MEXICO)


def test_pauses_grow_to_a_ceiling_until_the_budget_is_used_up() -> None:
    retry = RetryPolicy(budget=5, first=1, factor=3, ceiling=10, jitter=0)
    assert [retry.delay(failures) for failures in range(1, 7)] == [1, 3, 9, 10, None, None]


@given(st.integers(1, 7), st.floats(0, 1, exclude_max=True))
def test_jitter_only_shortens_a_pause(failures: int, chance: float) -> None:
    whole = RetryPolicy(jitter=0).delay(failures)
    pause = RetryPolicy(jitter=0.5).delay(failures, lambda: chance)
    assert whole is not None
    assert pause is not None
    assert whole / 2 <= pause <= whole


def test_a_breaker_opens_after_failures_in_a_row() -> None:
    breaker = CircuitBreaker(failures=3, pause=30)
    for success in (False, False, True, False, False):
        breaker.record(0, success=success)
    assert breaker.room(0, 5) is None
    breaker.record(0, success=False)
    assert breaker.room(1, 0) == 0
    assert breaker.closed_for(1) == 29


def test_an_open_breaker_tries_one_message_when_nothing_else_is_in_flight() -> None:
    breaker = CircuitBreaker(failures=1, pause=30)
    breaker.record(0, success=False)
    assert breaker.room(30, 2) == 0
    assert breaker.room(30, 0) == 1
    assert breaker.closed_for(31) == 0


def test_a_failed_trial_opens_the_breaker_again_and_a_success_closes_it() -> None:
    breaker = CircuitBreaker(failures=2, pause=30)
    for _ in range(2):
        breaker.record(0, success=False)
    breaker.record(31, success=False)
    assert breaker.room(60, 0) == 0
    assert breaker.room(61, 0) == 1
    breaker.record(62, success=True)
    assert breaker.room(62, 9) is None


def test_requests_in_flight_when_the_breaker_opens_do_not_prolong_the_pause() -> None:
    breaker = CircuitBreaker(failures=1, pause=30)
    breaker.record(0, success=False)
    breaker.record(20, success=False)
    assert breaker.room(30, 0) == 1


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        (local(23, 9), 0),
        (local(23, 20, 59), 0),
        (local(23, 8), 1),
        (local(23, 21), 12),
        (local(27, 21), 60),
        (local(28, 12), 45),
    ],
    ids=["first minute", "last minute", "early", "late", "friday night", "saturday"],
)
def test_a_window_opens_at_its_hours_on_its_days(moment: datetime, hours: float) -> None:
    window = SendingWindow.parse("mon-fri 9:00-21:00")
    assert window.opens_in(moment.astimezone(UTC)) == hours * 3600


@pytest.mark.parametrize(
    ("moment", "hours"),
    [(local(28, 23), 0), (local(29, 5, 59), 0), (local(29, 6), 16), (local(30, 6), 5 * 24 + 16)],
    ids=["before midnight", "after midnight", "morning between", "past the weekend"],
)
def test_a_window_past_midnight_belongs_to_the_day_it_begins_on(
    moment: datetime, hours: float
) -> None:
    assert SendingWindow.parse("sat,sun 22:00-6:00").opens_in(moment) == hours * 3600


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.times(),
    st.times(),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.sampled_from(["America/Mexico_City", "America/Tijuana", "Europe/Madrid"]),
)
def test_a_window_is_open_once_its_wait_is_over(
    now: datetime, start: time, end: time, days: frozenset[int], zone: str
) -> None:
    window = SendingWindow(start, end, days, zone)
    moment = now.replace(tzinfo=UTC)
    wait = window.opens_in(moment)
    assert 0 <= wait <= 8 * 24 * 3600
    assert window.opens_in(moment + timedelta(seconds=wait)) == 0


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("9:00-21:00", {0, 1, 2, 3, 4, 5, 6}),
        ("Mon-Fri 09:00-21:00", {0, 1, 2, 3, 4}),
        ("mon,wed-thu 9:00 - 21:00", {0, 2, 3}),
        ("sat-mon 9:00-21:00", {5, 6, 0}),
    ],
)
def test_a_window_is_read_as_people_write_it(text: str, days: set[int]) -> None:
    assert SendingWindow.parse(text) == SendingWindow(time(9), time(21), frozenset(days))


@pytest.mark.parametrize("text", ["", "9-21", "25:00-26:00", "lun 9:00-21:00", "9:00-21:00 UTC"])
def test_an_invalid_window_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="mon-fri 9:00-21:00"):
        SendingWindow.parse(text)


def test_midnight_ends_a_day() -> None:
    window = SendingWindow.parse("0:00-24:00")
    assert window.opens_in(local(23, 23, 59)) == 0
