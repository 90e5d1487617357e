"""Helpers of the tests of task queues: workers that die in the middle, and an audit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from convergia_sms.outbox import State
from convergia_sms.outbox._schema import messages, workers
from sqlalchemy import select, update

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convergia_mockserver import MockServer
    from convergia_sms.outbox import Outbox

PATIENCE = 60.0
HANGING = "5599999999"
"""The gateway does not answer for this number while the test lasts."""


def wait_until(
    condition: Callable[[], bool], process: subprocess.Popen[bytes] | None = None
) -> None:
    """Wait for `condition`. Fail if it does not come true, or if `process` ends before."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        assert process is None or process.poll() is None, "the process ended"
        time.sleep(0.02)


@contextmanager
def worker(
    log: Path, gateway: MockServer, *command: str, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker's process in a group of its own, which is killed when the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=Path(__file__).parent,
            env={
                **os.environ,
                "CONVERGIA_BASE_URL": gateway.base_url,
                "CONVERGIA_USERNAME": "demo",
                "CONVERGIA_PASSWORD": "demo",
                "TMPDIR": str(log.parent),  # who is killed leaves files
                **environment,
            },
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill -9, its children too."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def sending(outbox: Outbox, number: str = HANGING) -> int | None:
    """The process that is sending to a number, if any is."""
    place = (
        select(workers.c.place)
        .join(messages, messages.c.worker == workers.c.id)
        .where(messages.c.state == State.SENDING.value, messages.c.number == f"52{number}")
    )
    with outbox.database.reading() as connection:
        found = connection.execute(place).scalar_one_or_none()
    return None if found is None else int(found.rpartition(":")[2])


def bury(outbox: Outbox, group: set[int]) -> set[int]:
    """End the leases of dead processes, as time would. Return the messages they were sending."""
    with outbox.database.writing() as connection:
        mine = [
            id_
            for id_, place in connection.execute(select(workers.c.id, workers.c.place))
            if int(place.rpartition(":")[2]) in group
        ]
        connection.execute(update(workers).where(workers.c.id.in_(mine)).values(lease_until=0))
        held = select(messages.c.id).where(
            messages.c.state == State.SENDING.value, messages.c.worker.in_(mine)
        )
        return set(connection.execute(held).scalars())


def group_of(process: subprocess.Popen[bytes]) -> set[int]:
    """The processes of a worker."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if os.getpgid(int(folder.name)) == process.pid:
                    found.add(int(folder.name))
            except ProcessLookupError:
                continue
    return found


def finished(outbox: Outbox) -> bool:
    """Return True if no message is queued or being sent."""
    counts = outbox.counts()
    return not counts[State.QUEUED] and not counts[State.SENDING]


def audit(outbox: Outbox, gateway: MockServer, in_flight: set[int]) -> None:
    """Check that no message is lost or sent twice, and that only `in_flight` are unknown."""
    received: dict[str, list[str]] = {}
    for message in gateway.space().messages:
        received.setdefault(message.extra, []).append(message.id)
    assert [ids for ids in received.values() if len(ids) > 1] == []
    entries = list(outbox.messages())
    assert {entry.id for entry in entries if entry.state is State.UNKNOWN} == in_flight
    rest = [entry for entry in entries if entry.id not in in_flight]
    assert {entry.state for entry in rest} == {State.ACCEPTED}
    assert [received.get(entry.extra or "") for entry in rest] == [[e.message_id] for e in rest]
    assert {entry.attempts for entry in entries} == {1}
