"""Tests of delays that are a range or a distribution, drawn from a seed."""

from __future__ import annotations

import math
import re
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from convergia_mockserver.gateway import Delay, ScriptAnswer, ScriptError, World

from tests.mockserver.gateway.calls import send

if TYPE_CHECKING:
    from convergia_mockserver.gateway import Space


def delays(space: Space, times: int) -> list[float]:
    return [send(space, number="525500000000").delay for _ in range(times)]


def drawn(delay: tuple[float, float] | Delay, times: int = 2000, seed: int = 0) -> list[float]:
    space = World().space()
    space.script(delay=delay, times=0, seed=seed, code=110)
    return delays(space, times)


def test_a_range_is_drawn_evenly() -> None:
    found = drawn((0.2, 0.6))
    assert 0.2 <= min(found) < 0.21
    assert 0.59 < max(found) <= 0.6
    assert fmean(found) == pytest.approx(0.4, abs=0.01)


def test_a_lognormal_delay_has_its_median_and_a_long_tail() -> None:
    found = drawn(Delay("lognormal", median=0.3, sigma=0.5))
    assert median(found) == pytest.approx(0.3, rel=0.05)
    slower = sum(each > 0.3 * math.exp(0.5) for each in found)
    assert slower / len(found) == pytest.approx(0.159, abs=0.03)


def test_a_lognormal_delay_keeps_to_low_and_high() -> None:
    found = drawn(Delay("lognormal", low=0.2, high=0.5, median=0.3, sigma=1.0), 200)
    assert (min(found), max(found)) == (0.2, 0.5)


def test_the_same_seed_gives_the_same_delays_and_another_seed_others() -> None:
    assert drawn((0, 1), 20, seed=7) == drawn((0, 1), 20, seed=7)
    assert drawn((0, 1), 20, seed=7) != drawn((0, 1), 20, seed=8)


def test_delays_and_probabilities_have_separate_random_draws() -> None:
    space = World().space()
    space.script(delay=(0, 1), times=0, seed=7, code=110, probability=0.5)
    struck = [each for each in delays(space, 60) if each]
    assert struck == drawn((0, 1), len(struck), seed=7)


def test_a_restored_script_continues_its_random_delays() -> None:
    space, other = World().space(), World().space()
    space.script(delay=(0, 1), times=0, code=110)
    delays(space, 5)
    other.restore(space.snapshot())
    assert delays(other, 5) == delays(space, 5)


def test_each_answer_of_a_sequence_has_its_own_delay() -> None:
    space = World().space()
    answers = [ScriptAnswer(110, delay=Delay(high=0.0)), ScriptAnswer(110, delay=2.5)]
    space.script(sequence=answers, times=4)
    assert delays(space, 4) == [0.0, 2.5, 0.0, 2.5]


@pytest.mark.parametrize(
    ("delay", "why"),
    [
        ({}, "high: a uniform delay must have `high`"),
        ({"low": 2, "high": 1}, "high: 1 must not be below low (2)"),
        ({"high": 1, "median": 1}, "median and sigma are only for a lognormal delay"),
        ({"distribution": "lognormal", "median": 1}, "must have median and sigma"),
        ({"distribution": "lognormal", "median": 0, "sigma": 1}, "median: it must be above 0"),
        ({"distribution": "lognormal", "median": 1, "sigma": 11}, "<= 10"),
        ({"high": 3601}, "<= 3600"),
        ({"low": -1, "high": 1}, ">= 0"),
        ({"distribution": "pareto", "high": 1}, "Invalid enum value 'pareto'"),
    ],
)
def test_an_invalid_delay_is_refused(delay: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=re.escape(why)):
        msgspec.convert(delay, Delay)


@pytest.mark.parametrize("delay", [(2, 1), (0, math.inf), (0, math.nan), (1,), (0, 5000)])
def test_an_invalid_range_is_refused(delay: Any) -> None:
    with pytest.raises(ScriptError):
        World().space().script(delay=delay)


@pytest.mark.parametrize("delay", [-1, math.nan, math.inf, 3601])
def test_a_number_outside_the_range_of_delays_is_refused(delay: float) -> None:
    with pytest.raises(ScriptError):
        World().space().script(delay=delay)
