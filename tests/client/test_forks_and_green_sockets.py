"""Tests of a client in a forked child, and with eventlet's sockets."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import convergia_sms


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


# The child that waits for a lock is ended by its alarm.
FORK = """
import contextlib, gc, os, signal
from convergia_sms import Client, NotSentError, Retries
from convergia_sms._locks import ProcessLock
from convergia_sms.soap import SafeTransport

def refused(call, *arguments):
    try:
        call(*arguments)
    except (NotSentError, TypeError) as error:
        print(type(error).__name__, flush=True)

def use():
    refused(sms.send, "5512345678", "hola")
    refused(sms.call, "NoSuchOperation")
    refused(transport.post, "https://127.0.0.1:1/", b"", {})

sms = Client("demo", "demo", base_url="http://127.0.0.1:1", retries=Retries(connect=1))
transport = SafeTransport()
locks = [each for each in gc.get_objects() if isinstance(each, ProcessLock)]
with contextlib.ExitStack() as held:
    for lock in locks:
        held.enter_context(lock.own())
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        use()
        os._exit(0)
print(len(locks), os.waitpid(child, 0)[1])
"""


def test_a_child_forked_while_threads_hold_every_lock_does_not_hang() -> None:
    done = run(FORK)
    assert done.returncode == 0, done.stderr
    # Of the retry budget, the operations, the transport, and its origins.
    *used, ended = done.stdout.splitlines()
    assert used == ["ConnectionFailedError", "TypeError", "ConnectionFailedError"]
    assert ended == "4 0"


def test_every_lock_of_the_client_survives_a_fork() -> None:
    package = Path(convergia_sms.__file__).parent
    # The outbox's database connections do not survive a fork either.
    sources = (each for each in package.rglob("*.py") if package / "outbox" not in each.parents)
    lock = re.compile(r"threading\.(R?Lock|Condition|Semaphore|Event)\(|[^.]\bR?Lock\(")
    makers = [each.name for each in sources if lock.search(each.read_text("utf-8"))]
    assert makers == ["_locks.py"]


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
