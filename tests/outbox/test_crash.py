"""kill -9, of any process and of the database: real processes, real SOAP, a real store.

`python -m benchmarks.outbox_crash` does the same for as long as you like.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KILLS = 8
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.exhaustive("crash")


def report_of(call: str) -> dict[str, Any]:
    """What a run reports; in a process of its own, which takes its fork server with it."""
    code = (
        "import dataclasses, json\n"
        "from benchmarks.crash_harness import crash\n"
        "from benchmarks.outbox_stops import stop\n"
        "from benchmarks.postgresql import MissingProgramError\n"
        f"try:\n    report = {call}\n"
        "except MissingProgramError as error:\n    print(json.dumps({'missing': str(error)}))\n"
        "else:\n    fields = [field.name for field in dataclasses.fields(report)]\n"
        "    print(json.dumps({name: getattr(report, name) for name in fields}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "missing" in report:
        pytest.skip(report["missing"])
    return report


@pytest.mark.parametrize(("store", "seed"), [("sqlite", 1), ("postgresql", 27)])
def test_no_kill_loses_a_message_or_sends_it_twice(store: str, seed: int) -> None:
    report = report_of(f"crash({store!r}, {KILLS}, {seed})")
    assert sum(report["kills"].values()) == KILLS
    assert report["broken"] == []
    assert (report["lost"], report["twice"]) == (0, 0)
    assert report["accepted"] + report["unknown"] == report["messages"]


def test_a_worker_stopped_past_its_lease_sends_nothing_twice() -> None:
    report = report_of("stop('sqlite', 4, seed=1)")
    assert report["unknown"] > 0
    assert (report["lost"], report["twice"]) == (0, 0)
