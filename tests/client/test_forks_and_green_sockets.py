"""What becomes of a client in a forked child, and among eventlet's sockets."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_child_forked_while_a_thread_holds_the_retry_budget_does_not_hang() -> None:
    done = run(
        "import os\n"
        "from convergia_sms._retries import RetryBudget\n"
        "budget = RetryBudget()\n"
        "with budget._lock:\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        budget.give()\n"
        "        os._exit(0 if budget.take() else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )
    assert done.returncode == 0, done.stderr


def test_eventlets_sockets_are_refused_at_once_with_the_reason() -> None:
    done = run(
        "import eventlet\n"
        "eventlet.monkey_patch()\n"
        "from convergia_sms import Client\n"
        "Client('demo', 'demo', base_url='https://127.0.0.1:1')\n"
    )
    assert done.returncode == 1
    assert "RuntimeError: eventlet has replaced Python's sockets" in done.stderr


def test_eventlet_without_its_sockets_is_welcome() -> None:
    done = run(
        "import eventlet\n"
        "eventlet.monkey_patch(socket=False)\n"
        "from convergia_sms import Client\n"
        "Client('demo', 'demo', base_url='https://127.0.0.1:1').close()\n"
    )
    assert done.returncode == 0, done.stderr
