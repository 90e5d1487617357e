"""The fuzz, in small with a seed of its own; ten minutes of it are a command (see fuzz.py)."""

from __future__ import annotations

import pytest

from tests.mockserver.attacks.fuzz import corpus, run


@pytest.mark.parametrize("seed", [16, 2026])
def test_no_input_is_answered_by_accident(seed: int) -> None:
    report = run(60, seed, most=len(corpus()) + 400)
    assert report.faults == []
    assert report.statuses[200]


@pytest.mark.exhaustive("fuzz")
def test_no_input_of_a_long_run_is_answered_by_accident() -> None:
    report = run(45, seed=1)
    assert report.faults == []
    assert report.corpus > len(corpus())
