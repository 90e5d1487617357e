"""A short run of the fuzz with its own seed. `make fuzz` runs ten minutes of it."""

from __future__ import annotations

import os

import pytest

from tests.mockserver.attacks.fuzz import corpus, run


@pytest.mark.parametrize("seed", [16, 2026])
def test_every_input_is_answered_or_refused_on_purpose(seed: int) -> None:
    report = run(60, seed, most=len(corpus()) + 400)
    assert report.faults == []
    assert report.statuses[200]


# What CI has time for. `CONVERGIA_FUZZ_SECONDS=600` runs ten minutes.
SECONDS = float(os.environ.get("CONVERGIA_FUZZ_SECONDS", "45"))


@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.exhaustive("fuzz")
def test_every_input_of_a_long_run_is_answered_or_refused_on_purpose() -> None:
    report = run(SECONDS, seed=1)
    assert report.faults == []
    assert report.corpus > len(corpus())
