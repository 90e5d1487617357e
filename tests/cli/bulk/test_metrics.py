"""Tests of `convergia worker --metrics`."""

from __future__ import annotations

import re
import signal
import socket
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.processes import PATIENCE

if TYPE_CHECKING:
    from tests.cli.bulk.conftest import Shell


def test_a_worker_serves_metrics_and_health_until_it_is_stopped(shell: Shell) -> None:
    with shell.start("worker", "--metrics", "127.0.0.1:0") as process:
        assert process.stderr is not None
        found = re.match(r"Metrics: (http://127.0.0.1:[0-9]+)/metrics", process.stderr.readline())
        assert found is not None
        with urllib.request.urlopen(f"{found[1]}/healthz", timeout=PATIENCE) as reply:
            assert reply.read().startswith(b"ok")
        with urllib.request.urlopen(f"{found[1]}/metrics", timeout=PATIENCE) as reply:
            assert b'convergia_outbox_messages{state="unknown"} 0.0' in reply.read()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def test_an_address_that_is_taken_is_a_usage_error(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = shell.run("worker", "--until-empty", "--metrics", f"127.0.0.1:{port}")
    assert done.returncode == 2
    assert f"--metrics: 127.0.0.1:{port}: Address already in use" in done.stderr
    assert "Hint: choose another host or port" in done.stderr


@pytest.mark.parametrize("address", ["9464", ":9464", "127.0.0.1:x", "127.0.0.1:70000"])
def test_an_invalid_address_is_refused(shell: Shell, address: str) -> None:
    done = shell.run("worker", "--metrics", address)
    assert done.returncode == 2
    assert "is not HOST:PORT" in done.stderr
