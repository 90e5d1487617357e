"""Tests of kill -9 for every process and the database: real processes, real SOAP, a real store.

`python -m benchmarks.outbox_crash` does the same for a chosen time.
"""

from __future__ import annotations

from multiprocessing import forkserver, util
from typing import TYPE_CHECKING

import pytest

from benchmarks.crash_harness import crash
from benchmarks.outbox_stops import stop
from benchmarks.postgresql import MissingProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS = 8

pytestmark = pytest.mark.exhaustive("crash")


@pytest.fixture(scope="module", autouse=True)
def fork_server() -> Iterator[None]:
    """End the harness's fork server, which multiprocessing keeps until the interpreter ends."""
    yield
    forkserver._forkserver._stop()  # type: ignore[attr-defined]
    util._run_finalizers(-100)  # type: ignore[attr-defined] # its folder of sockets


@pytest.mark.parametrize(("store", "seed"), [("sqlite", 3), ("postgresql", 27), ("pgbouncer", 3)])
def test_no_kill_loses_a_message_or_sends_it_twice(store: str, seed: int) -> None:
    try:
        report = crash(store, KILLS, seed)
    except MissingProgramError as error:
        pytest.skip(str(error))
    assert sum(report.kills.values()) == KILLS
    assert report.broken == []
    assert (report.lost, report.twice) == (0, 0)
    assert report.accepted + report.unknown == report.messages


def test_a_worker_stopped_past_its_lease_sends_nothing_twice() -> None:
    report = stop("sqlite", 4, seed=1)
    assert report.unknown > 0
    assert (report.lost, report.twice) == (0, 0)
