"""Tests of `convergia mockserver` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
import pytest
import urllib3
from convergia_mockserver import MockServer
from convergia_mockserver.cli.mockserver import mockserver

from tests.mockserver.server import wire
from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [str(CONVERGIA), "mockserver"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its base URL."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())["base_url"]
    finally:
        process.kill()
        process.communicate()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=30
    )


def message_id(reply: wire.Received) -> str:
    return reply.body.decode().removeprefix("100|")


def test_it_answers_as_soon_as_it_says_where_it_is() -> None:
    with running() as (_, base_url):
        assert wire.send("soap", base_url).status == 200


def test_each_option_is_a_variable_of_its_name_and_the_command_line_wins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    variables = {
        "HOST": "::1",
        "PORT": "1",
        "DELIVERY_DELAY": "7.5",
        "MAX_MESSAGES": "12",
        "FAIL_ON": "resend,charset",
        "FAIL_UNDER": "80",
        "ALLOW_HOST": "sms.test other.test",
        "JSON": "1",
        "PROFILE": __file__,
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"CONVERGIA_MOCKSERVER_{name}", value)
    monkeypatch.setenv("CONVERGIA_PROFILE", "/of/the/client")
    given = mockserver.make_context("mockserver", ["--port", "0"]).params
    assert (given["host"], given["port"]) == ("::1", 0)
    assert (given["delivery_delay"], given["max_messages"]) == (7.5, 12)
    assert (given["fail_on"], given["fail_under"]) == (("resend", "charset"), 80)
    assert given["allowed_hosts"] == ("sms.test", "other.test")
    assert given["as_json"] is True
    assert given["profile"] == Path(__file__)
    read = {name for option in mockserver.params for name in option.envvar or ()}
    assert read >= {
        f"CONVERGIA_MOCKSERVER_{name}" for name in (*variables, "ACCOUNTS", "DB", "REPLAY")
    }


def test_an_invalid_variable_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVERGIA_MOCKSERVER_PORT", "many")
    with pytest.raises(click.BadParameter, match="'many' is not a valid integer"):
        mockserver.make_context("mockserver", [])


def test_the_server_binds_to_loopback_and_warns_of_other_addresses() -> None:
    with running() as (process, base_url):
        assert base_url.startswith("http://127.0.0.1:")
        wire.send("http", base_url)
        process.terminate()
        assert process.communicate(timeout=30)[1] == ""
    with running("--host", "0.0.0.0") as (process, base_url):
        wire.send("http", base_url)
        process.terminate()
        assert "ANYONE on the network" in process.communicate(timeout=30)[1]


def test_sigterm_drains_what_is_being_answered() -> None:
    with running() as (process, base_url), wire.connect(base_url) as connection:
        # A message whose reply drips: it is whole although the server is told to stop meanwhile.
        connection.sendall(wire.request("http", base_url, number="520000002007"))
        head = connection.recv(10)
        process.send_signal(signal.SIGTERM)
        rest = b"".join(iter(lambda: connection.recv(65536), b""))
        reply = wire.parse(head + rest)
        assert len(reply.body) == int(reply.headers["content-length"])
        assert process.wait(30) == 0


def test_a_port_in_use_is_reported_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_accounts_file_is_a_usage_error(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_text('[accounts.ana]\npassword = "s3cr3t-word"\naddresses = ["x"]\n')
    done = run("--accounts", str(accounts))
    assert done.returncode == 2
    assert "accounts.ana" in done.stderr
    assert "s3cr3t-word" not in done.stderr


def test_accounts_come_from_a_file(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_text('[accounts.ana]\npassword = "secret"\nallowance = 1\n')
    with running("--accounts", str(accounts)) as (_, base_url):
        codes = [
            wire.send("http", base_url, username=name, password="secret").body[:3]
            for name in ("ana", "ana", "demo")
        ]
    assert codes == [b"100", b"204", b"201"]


def test_messages_answered_with_100_survive_kill_9(tmp_path: Path) -> None:
    db = str(tmp_path / "sandbox.db")
    with running("--db", db, "--delivery-delay", "3600") as (process, base_url):
        accepted = [message_id(wire.send("http", base_url, extra=f"e-{n}")) for n in range(20)]
        wire.send("soap", base_url, message="ñandú")
        wire.send("http", base_url + "/s/other")
        process.kill()
        process.wait()
    with MockServer(db=db) as server:
        space = server.space()
        assert [message.id for message in space.messages][:20] == accepted
        assert [message.extra for message in space.messages][:2] == ["e-0", "e-1"]
        assert space.messages[-1].text == "ñandú"
        entries, count = space.journal.find()
        assert count == 21
        assert entries[-1].arguments["message"] == "ñandú"
        assert len(server.space("other").messages) == 1
        assert wire.send("http", server.base_url, messageid=accepted[0]).body == b"0"
        assert message_id(wire.send("http", server.base_url)) == str(int(accepted[0]) + 21)


def test_scripts_survive_kill_9_as_they_stood(tmp_path: Path) -> None:
    db = str(tmp_path / "sandbox.db")
    with running("--db", db) as (process, base_url), urllib3.PoolManager() as pool:
        for script in (
            {"answers": [{"code": 109}, {"code": 110}], "times": 4},
            {"answers": [{"code": 204}]},
            {"answers": [{"code": 254}], "times": 0, "probability": 0.5, "seed": 3},
            {"answers": [{"code": 307}]},
        ):
            pool.request("POST", f"{base_url}/__admin/scripts", json=script)
        pool.request("DELETE", f"{base_url}/__admin/scripts/4")
        pool.request("POST", f"{base_url}/s/other/__admin/scripts", json={"answers": [{"code": 5}]})
        before = [wire.send("http", base_url).body[:3] for _ in range(9)]
        states = pool.request("GET", f"{base_url}/__admin/scripts").json()["scripts"]
        process.kill()
        process.wait()
    with MockServer(db=db) as server:
        assert before[:5] == [b"109", b"110", b"109", b"110", b"204"]
        assert json.loads(msgspec.json.encode(server.space().scripts.states())) == states
        assert len(server.space("other").scripts.states()) == 1
        after = [wire.send("http", server.base_url).body[:3] for _ in range(20)]
    with MockServer() as server:
        # The chance goes on where it was.
        server.space().script(code=254, times=0, probability=0.5, seed=3)
        drawn = [wire.send("http", server.base_url).body[:3] for _ in range(24)]
    assert before[5:] + after == drawn


def test_scripts_that_were_cleared_do_not_come_back(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    with MockServer(db=db) as server:
        server.space().script(code=109)
        server.space("other").script(code=109)
        server.space().reset()
        server.world.delete("other")
    with MockServer(db=db) as server:
        assert server.world.names == ["default"]
        assert server.space().scripts.states() == []


def test_a_database_from_before_scripts_were_stored_is_migrated(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    with MockServer(db=db) as server:
        wire.send("http", server.base_url)
    with closing(sqlite3.connect(db)) as old:
        old.executescript("DROP TABLE scripts; PRAGMA user_version = 1;")
    with MockServer(db=db) as server:
        assert len(server.space().messages) == 1
        server.space().script(code=109)
    with MockServer(db=db) as server:
        assert len(server.space().scripts.states()) == 1


def test_no_password_is_written_to_the_file(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    accounts = tmp_path / "accounts.toml"
    accounts.write_text('[accounts.ana]\npassword = "s3cr3t-word"\n')
    with MockServer(db=db, accounts=accounts) as server:
        for face in ("http", "soap"):
            wire.send(face, server.base_url, username="ana", password="s3cr3t-word")
        server.space().accounts.change("ana", allowance=5)
        assert len(server.space().messages) == 2
    for file in tmp_path.glob("sandbox.db*"):
        assert b"s3cr3t-word" not in file.read_bytes()
    with MockServer(db=db) as server:
        reply = wire.send("http", server.base_url, username="ana", password="s3cr3t-word")
        assert reply.body.startswith(b"100|")
        assert server.space().accounts.all()[0].used == 3


def test_a_database_used_by_another_server_is_refused(tmp_path: Path) -> None:
    db = str(tmp_path / "sandbox.db")
    with MockServer(db=db):
        done = run("--db", db, "--port", "0")
    assert done.returncode == 2
    assert "another process uses the file" in done.stderr


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    db = tmp_path / "notes.txt"
    db.write_text("not a database, but long enough to look at" * 10)
    done = run("--db", str(db), "--port", "0")
    assert done.returncode == 2
    assert "not a database" in done.stderr


def test_coverage_below_the_limit_fails_the_run() -> None:
    with running("--fail-under", "50") as (process, base_url):
        wire.send("http", base_url)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    shown = json.loads(out)
    assert shown["faces"]["http"]["send"] == {"100": 1}
    assert "send 109" in shown["faces"]["http"]["missing"]
    assert "below 50 %" in err


def test_coverage_above_the_limit_does_not_fail_the_run() -> None:
    with running("--fail-under", "1") as (process, base_url):
        wire.send("http", base_url)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("sends", "code", "told"), [(1, 0, ""), (2, 1, "1 finding listed in --fail-on.")]
)
def test_the_exit_code_follows_the_findings(sends: int, code: int, told: str) -> None:
    with running("--fail-on", "resend") as (process, base_url):
        for _ in range(sends):
            wire.send("http", base_url, message="hola")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)

    assert process.returncode == code
    assert errors.endswith(f"{told}\n" if told else "")
    assert ("default: request 2 (http send): resend" in errors) == bool(code)
