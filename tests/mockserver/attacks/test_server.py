"""Tests of the cost of a single peer: small versions of `python -m benchmarks.attacks`."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import urllib3
from convergia_mockserver import MockServer

from benchmarks.attacks import peers

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

COMMAND = [str(Path(sys.executable).with_name("convergia")), "mockserver"]
PATIENT = urllib3.Retry(20, backoff_factor=0.1, status_forcelist=[503])


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer(read_timeout=0.3, max_connections=50) as running:
        yield running


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager() as manager:
        yield manager


def accepted(pool: urllib3.PoolManager, server: MockServer) -> bool:
    return pool.request("GET", server.base_url, fields=peers.SEND).data.startswith(b"100|")


def ended(connection: socket.socket) -> bytes:
    """Return the bytes of a connection until the server closes it."""
    said = b""
    connection.settimeout(60)
    try:
        while piece := connection.recv(65536):
            said += piece
    except ConnectionError:
        pass
    return said


def test_a_head_that_is_dribbled_is_given_up(server: MockServer) -> None:
    with closing(peers.connect(server.base_url, b"GET / HTTP/1.1\r\nX: ")) as connection:
        assert b" 408 " in ended(connection)


def test_a_body_that_stops_half_way_is_given_up(server: MockServer) -> None:
    (connection,) = peers.half_bodies(server.base_url, 1)
    with closing(connection):
        assert b" 408 " in ended(connection)
    (connection,) = peers.half_control_bodies(server.base_url, 1)
    with closing(connection):
        assert ended(connection) == b""
    assert server.space().messages == []


def test_a_connection_that_never_speaks_is_closed(server: MockServer) -> None:
    with closing(peers.connect(server.base_url)) as connection:
        assert ended(connection) == b""


def test_new_connections_take_the_place_of_idle_ones(pool: urllib3.PoolManager) -> None:
    with MockServer(max_connections=20) as server:
        silent = peers.held(server.base_url, [b""] * 100)
        assert accepted(pool, server)
        closed = [connection for connection in silent[:60] if ended(connection) == b""]
        assert len(closed) == 60
        peers.close(silent)


def test_bodies_that_stop_are_bounded_together(pool: urllib3.PoolManager) -> None:
    with MockServer() as server:
        connections = []
        try:
            for _ in range(120):
                connections += peers.half_bodies(server.base_url, 1)
        except ConnectionError:  # refused while it was still being written
            pass
        assert accepted(pool, server)
        soap = server.url_for("soap")
        assert pool.request("POST", soap, body=b"<" * 15_000).status != 503
        peers.close(connections)


def test_a_waiter_that_disconnects_is_dropped(
    server: MockServer, pool: urllib3.PoolManager
) -> None:
    connections = peers.waiters(server.base_url, 20)
    while server.space().subscribers < 20:
        assert accepted(pool, server)
    peers.close(connections)
    while server.space().subscribers:
        assert accepted(pool, server)


def test_an_abandoned_event_stream_is_dropped(
    server: MockServer, pool: urllib3.PoolManager
) -> None:
    connections = peers.event_streams(server.base_url, 20)
    while server.space().subscribers < 20:
        assert accepted(pool, server)
    peers.close(connections)
    while server.space().subscribers:
        assert accepted(pool, server)


@pytest.mark.parametrize(
    "path",
    ["/messages", pytest.param("/requests/unmatched", marks=pytest.mark.exhaustive("fuzz"))],
)
def test_concurrent_slow_searches_end_and_do_not_delay_sends(
    pool: urllib3.PoolManager, path: str
) -> None:
    with MockServer() as server, ThreadPoolExecutor(1) as thread:
        peers.slow_scripts(server.base_url, 41)
        peers.fill(server.base_url, 2000)
        searching = thread.submit(peers.searches, server.base_url, 40, path)
        while not searching.done():
            assert accepted(pool, server)
        statuses = searching.result()
        assert set(statuses) <= {200, 400}
        assert statuses.total() == 40
        if path == "/messages":
            assert statuses[400]


def test_large_patterns_are_refused(server: MockServer) -> None:
    assert peers.large_patterns(server.base_url) == {400: len(peers.LARGE_PATTERNS)}


def test_a_stop_does_not_wait_for_requests_that_do_not_end() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--json"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        base_url = json.loads(process.stdout.readline())["base_url"]
        connections = [
            *peers.half_control_bodies(base_url, 20),
            *peers.half_bodies(base_url, 3),
            *peers.waiters(base_url, 5),
            *peers.event_streams(base_url, 5),
        ]
        with urllib3.PoolManager() as pool:
            pool.request("GET", f"{base_url}/__admin/health")
        os.kill(process.pid, signal.SIGTERM)
        # Those that are being answered have 10 seconds: it must not have waited for them.
        assert process.wait(8) == 0
        peers.close(connections)
    finally:
        process.kill()
        process.communicate()


def _few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (120, 120))


@pytest.mark.parametrize(
    "hold",
    [lambda url: peers.held(url, [b""] * 300), lambda url: peers.event_streams(url, 300)],
    ids=["silent", "streams"],
)
def test_a_server_without_free_file_descriptors_reports_it_and_recovers(
    hold: Callable[[str], list[socket.socket]],
) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--json"], stdout=subprocess.PIPE, text=True,
        preexec_fn=_few_files,  # noqa: PLW1509 - the limit is the child's own
    )  # fmt: skip
    try:
        assert process.stdout is not None
        base_url = json.loads(process.stdout.readline())["base_url"]
        connections = hold(base_url)
        with urllib3.PoolManager(timeout=30) as pool:
            got = pool.request("GET", f"{base_url}/__admin/health", retries=False)
            assert got.status in {200, 503}
        peers.close(connections)
        with urllib3.PoolManager(timeout=30, retries=PATIENT) as pool:
            assert pool.request("GET", f"{base_url}/__admin/health").status == 200
            assert pool.request("GET", base_url, fields=peers.SEND).data.startswith(b"100|")
    finally:
        process.kill()
        process.communicate()


def test_the_admin_api_answers_503_while_no_file_can_be_opened() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--json"], stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    try:
        assert process.stdout is not None
        base_url = json.loads(process.stdout.readline())["base_url"]
        parts = urlsplit(base_url)
        before = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        with urllib3.HTTPConnectionPool(parts.hostname or "", parts.port, maxsize=1) as pool:
            assert pool.request("GET", "/", fields=peers.SEND).data.startswith(b"100|")
            # The admin API is imported at its first request, and an import opens files.
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (1, before[1]))
            refused = pool.request("GET", "/__admin/messages", retries=False)
            assert refused.status == 503
            assert "Too many open files" in refused.json()["detail"]
            assert pool.request("GET", "/", fields=peers.SEND).data.startswith(b"100|")
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, before)
            listed = pool.request("GET", "/__admin/messages", retries=False)
            assert (listed.status, listed.json()["total"]) == (200, 2)
    finally:
        process.kill()
        process.communicate()
