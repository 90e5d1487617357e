"""Tests of the metrics. No counter goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import urllib3
from convergia_mockserver import MockServer

from tests.mockserver.admin.conftest import Control

if TYPE_CHECKING:
    from pathlib import Path


def _counters(pool: urllib3.PoolManager, server: MockServer) -> dict[str, float]:
    text = pool.request("GET", f"{server.base_url}/metrics").data.decode()
    pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs if "_total" in name}


def test_metrics_are_where_prometheus_looks(control: Control, server: MockServer) -> None:
    control.send()
    text = control.pool.request("GET", f"{server.base_url}/metrics").data.decode()
    assert "convergia_mockserver_messages_accepted_total" in text
    assert 'code="100"' in text


def test_no_counter_goes_back_when_a_space_is_deleted() -> None:
    with MockServer(max_messages=1, max_requests=2) as server, urllib3.PoolManager() as pool:
        control = Control(pool, f"{server.base_url}/s/gone")
        for _ in range(3):
            control.send()
        before = _counters(pool, server)
        assert control.call("DELETE", "/spaces/gone")[0] == 204
        after = _counters(pool, server)
    assert after == before
    assert [before[f"convergia_mockserver_{name}_total"] for name in (
        "messages_accepted", "messages_dropped", "requests_dropped"
    )] == [3.0, 2.0, 1.0]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/reset"), ("DELETE", "/messages"), ("DELETE", "/requests")]
)
def test_no_counter_goes_back_when_a_space_is_cleared(method: str, path: str) -> None:
    with MockServer(max_messages=1, max_requests=2) as server, urllib3.PoolManager() as pool:
        control = Control(pool, server.base_url)
        for _ in range(3):
            control.send()
        before = _counters(pool, server)
        assert control.call(method, path)[0] in (200, 204)
        assert _counters(pool, server) == before
        control.send()
        after = _counters(pool, server)
    name = "convergia_mockserver_messages_accepted_total"
    assert (before[name], after[name]) == (3.0, 4.0)


def test_no_counter_goes_back_or_leaps_when_a_snapshot_is_restored() -> None:
    with MockServer() as server, urllib3.PoolManager() as pool:
        control, space = Control(pool, server.base_url), server.space()
        empty = space.snapshot()
        for _ in range(3):
            control.send()
        full, before = space.snapshot(), _counters(pool, server)
        space.restore(empty)
        assert _counters(pool, server) == before
        space.restore(full)
        assert _counters(pool, server) == before


def test_no_counter_goes_back_when_a_space_was_reset_before_it_slept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MockServer(db=tmp_path / "kept.db") as server, urllib3.PoolManager() as pool:
        world, now = server.world, 0.0
        monkeypatch.setattr(world, "_monotonic", lambda: now)
        control = Control(pool, f"{server.base_url}/s/kept")
        for _ in range(3):
            control.send()
        control.call("POST", "/reset")
        control.send()
        before = _counters(pool, server)
        now = world.idle_seconds
        monkeypatch.setattr(world, "max_spaces", 2)
        world.space("next")
        assert "kept" not in world.names
        assert _counters(pool, server) == before
        monkeypatch.setattr(world, "max_spaces", 3)
        world.space("kept")
        assert _counters(pool, server) == before


def test_a_space_that_comes_back_from_the_file_is_not_counted_twice(tmp_path: Path) -> None:
    with MockServer(db=tmp_path / "kept.db") as server, urllib3.PoolManager() as pool:
        world = server.world
        Control(pool, f"{server.base_url}/s/kept").send()
        before = _counters(pool, server)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(world, "max_spaces", 2)
            patch.setattr(world, "idle_seconds", -1.0)
            world.space("other")
            assert world.peek("kept") is None
            assert _counters(pool, server) == before
        assert world.space("kept").inbox.accepted == 1
        assert _counters(pool, server) == before
