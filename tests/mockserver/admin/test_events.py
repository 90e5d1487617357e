"""Tests of the stream of events."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import urllib3
from convergia_mockserver import MockServer

from tests.mockserver.admin.conftest import Control


def _until(lines: Any, last: bytes) -> list[bytes]:
    seen = []
    for line in lines:
        seen.append(line)
        if line == last:
            return seen
    raise AssertionError(f"the stream ended before {last!r}")


def test_events_are_streamed_at_once(control: Control) -> None:
    stream = control.pool.request(
        "GET", f"{control.base_url}/__admin/events", preload_content=False, retries=False
    )
    lines = (line for chunk in stream.stream(None) for line in chunk.splitlines())
    assert next(lines) == b": listening"
    sent = threading.Thread(target=control.send)
    sent.start()
    kinds = [line for line in _until(lines, b"event: request") if line.startswith(b"event")]
    sent.join()
    stream.close()
    assert kinds == [b"event: message", b"event: request"]


def test_a_server_that_stops_ends_the_stream() -> None:
    with MockServer() as server, urllib3.PoolManager() as pool:
        stream = pool.request(
            "GET", f"{server.base_url}/__admin/events", preload_content=False, retries=False
        )
        chunks = stream.stream(None)
        assert next(chunks) == b": listening\n\n"
        started = time.monotonic()
        server.stop()
        assert list(chunks) == []
        assert time.monotonic() - started < 5


def test_an_invalid_space_is_refused_before_the_stream_begins(
    control: Control, server: MockServer
) -> None:
    full = Control(control.pool, f"{server.base_url}/s/one-too-many")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server.world, "max_spaces", len(server.world.names))
        status, told = full.call("GET", "/events")
    assert status == 503
    assert "Delete one" in told["detail"]
