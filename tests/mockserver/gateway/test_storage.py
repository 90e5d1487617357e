"""Tests that an answered message is in the file, and that no message is answered without."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from convergia_mockserver import MockServer, Snapshot, StorageError
from convergia_mockserver.gateway.storage import SpaceStorage, Storage

from tests.mockserver.gateway.calls import send

if TYPE_CHECKING:
    from collections.abc import Iterator

# The real command, not the one that is kept warm: its limits and its end must be its own.
COMMAND = [str(Path(sys.executable).with_name("convergia")), "mockserver"]
A_SEND = {"username": "demo", "password": "demo", "number": "525512345678", "message": "hola"}


@contextmanager
def served(db: Path, file_limit: int | None = None) -> Iterator[tuple[int, str]]:
    """Serve with a file. Yield the process's id and the base URL, and end it with SIGKILL."""

    def limit() -> None:
        if file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--json", "--db", str(db)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        preexec_fn=limit,  # noqa: PLW1509 - the limit is the child's own
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process.pid, json.loads(process.stdout.readline())["base_url"]
    finally:
        process.kill()
        process.communicate()


def test_messages_accepted_after_a_refused_snapshot_survive_a_kill(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    with served(db) as (pid, base_url), urllib3.PoolManager() as pool:
        snapshot = pool.request("GET", f"{base_url}/__admin/snapshot").json()
        snapshot["accepted"] = 2**70
        refused = pool.request("PUT", f"{base_url}/s/other/__admin/snapshot", json=snapshot)
        assert refused.status == 400
        ids = [pool.request("GET", base_url, fields=A_SEND).data for _ in range(20)]
        os.kill(pid, signal.SIGKILL)
    with MockServer(db=db) as server:
        assert [f"100|{one.id}".encode() for one in server.space().messages] == ids


def test_a_transaction_that_raises_ends_and_leaves_nothing(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "sandbox.db")
    space = SpaceStorage(storage, "a")
    before = snapshot_of(space)
    with suppress(ZeroDivisionError), storage.transaction():
        space.replace_messages((), 5)
        raise ZeroDivisionError
    assert snapshot_of(space) == before
    space.replace_messages((), 7)
    storage.close()
    reopened = Storage(tmp_path / "sandbox.db")
    assert reopened.messages("a", 10, 10**9) == (7, [])
    reopened.close()


def snapshot_of(space: SpaceStorage) -> tuple[object, ...]:
    return space.messages(100, 10**9), space.scripts(), space.state(), space.used()


def test_a_message_that_cannot_be_stored_is_not_accepted_and_health_reports_it(
    tmp_path: Path,
) -> None:
    db = tmp_path / "sandbox.db"
    limit = 256 * 1024
    with served(db, limit) as (pid, base_url), urllib3.PoolManager() as pool:
        accepted = []
        while True:
            reply = pool.request("GET", base_url, fields={**A_SEND, "extra": "x" * 4000})
            if reply.status != 200:
                break
            accepted.append(reply.data.decode().removeprefix("100|"))
            assert len(accepted) < 1000
        assert reply.status == 503
        assert b"nothing can be stored" in reply.data
        health = pool.request("GET", f"{base_url}/__admin/health")
        assert health.status == 503
        assert "nothing can be stored" in health.json()["detail"]
        listed = pool.request("GET", f"{base_url}/__admin/messages?limit=1000").json()
        os.kill(pid, signal.SIGKILL)
    assert [one["id"] for one in listed["messages"]] == accepted
    with MockServer(db=db) as server:
        assert [one.id for one in server.space().messages] == accepted


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path: Path, seed: int) -> None:
    db = tmp_path / "sandbox.db"
    with MockServer(db=db) as server:
        space = server.space()
        space.script(code=109, times=0, extra="never")
        space.clock.freeze()
        for number in range(50):
            send(space, extra=str(number))
    content = bytearray(db.read_bytes())
    chance = random.Random(seed)
    for _ in range(chance.choice([1, 20, 400])):
        # Behind the header, which says that the file is a database at all.
        content[chance.randrange(100, len(content))] = chance.randrange(256)
    db.write_bytes(content)
    said = ""
    try:
        MockServer(db=db).world.close()
    except StorageError as error:
        said = str(error)
    assert not said or (str(db) in said and "\n" not in said)


SNAPSHOT_FAULTS: list[tuple[str, Any, str]] = [
    ("accepted", 2**70, "accepted"),
    ("accepted", -1, "accepted"),
    ("version", 2**40, "version"),
    ("clock", {"frozen_at": 1e15}, "frozen_at"),
    ("clock", {"frozen_at": -1.0}, "frozen_at"),
    ("clock", {"offset": 1e300}, "offset"),
    ("clock", {"offset": -1e11}, "clock"),
    ("accounts.0.used", 2**64, "used"),
    ("accounts.0.account.allowance", 2**64, "allowance"),
    ("accounts.0.account.rate", 1e300, "rate"),
    ("accounts.0.account.rate", 0, "rate"),
    ("plans.default.polls", 10**30, "polls"),
    ("plans.default.after", 1e300, "after"),
    ("plans.default.outcome", 7, "outcome"),
    ("scripts.0.id", 0, "id"),
    ("scripts.0.draws", 10**17, "draws"),
    ("scripts.0.used", 10**30, "used"),
    ("scripts.0.script.times", 10**30, "times"),
    ("scripts.0.script.seed", 10**30, "seed"),
    ("scripts.0.script.probability", 2, "probability"),
    ("scripts.0.script.answers.0.code", 10**20, "code"),
    ("scripts.0.script.answers.0.delay", 1e300, "delay"),
    ("messages.0.id", "7", "ids"),
    ("messages.0.id", "9" * 400, "ids"),
    ("messages.0.created", -1e12, "created"),
    ("messages.0.created", 1e15, "created"),
    ("messages.0.polls", 10**30, "polls"),
    ("messages.0.state_set", 10**30, "state_set"),
    ("messages.0.plan.after", -1, "after"),
]


@pytest.mark.parametrize(("path", "value", "named"), SNAPSHOT_FAULTS)
def test_an_invalid_snapshot_is_a_400_that_names_the_field_and_changes_nothing(
    tmp_path: Path, path: str, value: object, named: str
) -> None:
    with MockServer(db=tmp_path / "sandbox.db") as server, urllib3.PoolManager() as pool:
        space = server.space()
        space.script(code=109, times=0, probability=0.5, extra="never")
        send(space)
        url = f"{server.base_url}/__admin/snapshot"
        before: Snapshot = space.snapshot()
        changed: Any = pool.request("GET", url).json()
        *folders, last = path.split(".")
        place = changed
        for name in folders:
            place = place[int(name)] if name.isdecimal() else place[name]
        place[int(last) if last.isdecimal() else last] = value
        reply = pool.request("PUT", url, json=changed)
        assert (reply.status, named in reply.json()["detail"]) == (400, True), reply.data
        after = space.snapshot()
        assert (after.messages, after.scripts, after.plans) == (
            before.messages, before.scripts, before.plans,
        )  # fmt: skip
        assert send(space).code == 100


def test_a_snapshot_of_a_million_draws_is_restored_at_once() -> None:
    with MockServer() as server:
        space = server.space()
        space.script(code=110, times=0, probability=0.5, seed=7)
        snapshot = space.snapshot()
        drawn = [send(space).code for _ in range(40)]
        space.restore(snapshot)
        assert [send(space).code for _ in range(40)] == drawn


BODIES = [
    ("POST", "/accounts", {"name": "ana", "password": "x", "allowance": 2**64}, "allowance"),
    ("POST", "/accounts", {"name": "ana", "password": "x", "rate": 1e300}, "rate"),
    ("PATCH", "/accounts/demo", {"used": 2**64}, "used"),
    ("PUT", "/delivery-plans/default", {"polls": 10**30}, "polls"),
    ("PUT", "/delivery-plans/default", {"after": 1e300}, "after"),
    ("POST", "/scripts", {"answers": [{"code": 10**30}]}, "code"),
    ("POST", "/scripts", {"answers": [{"code": 100}], "times": 10**30}, "times"),
    ("POST", "/scripts", {"answers": [{"code": 100}], "seed": 10**30}, "seed"),
    ("POST", "/clock/advance", {"seconds": 1e300}, "must be a time"),
    ("GET", f"/scripts/{10**30}", None, "script_id"),
    ("GET", f"/requests/{10**30}", None, "entry_id"),
    ("GET", f"/requests?code={10**30}", None, "code"),
    ("GET", f"/messages?offset={10**30}", None, "offset"),
    ("GET", "/messages?state=1" + "0" * 5000, None, "state"),
]


@pytest.mark.parametrize(("method", "path", "body", "named"), BODIES)
def test_a_number_out_of_range_is_a_400_that_names_it(
    tmp_path: Path, method: str, path: str, body: object, named: str
) -> None:
    with MockServer(db=tmp_path / "sandbox.db") as server, urllib3.PoolManager() as pool:
        url = f"{server.base_url}/__admin{path}"
        reply = pool.request(method, url, json=body)
        assert (reply.status, named in reply.json()["detail"]) == (400, True), reply.data
        assert send(server.space()).code == 100
