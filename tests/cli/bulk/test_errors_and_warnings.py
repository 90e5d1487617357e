"""Tests of the errors and warnings that `convergia bulk` prints."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import signal
import sqlite3
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from convergia_sms.cli.bulk._store_errors import store_cure
from convergia_sms.outbox import Outbox, Poller, State, Waiting
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._schema import VERSION_TABLE
from sqlalchemy.exc import DBAPIError

from tests.exhaustive import sampled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result
    from convergia_mockserver import MockGateway, MockServer

    from tests.cli.bulk.conftest import Shell
    from tests.cli.conftest import Convergia


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """A message in each of two batches, and one without a batch."""
    with Outbox(f"sqlite:///{tmp_path}/outbox.db", account="tienda") as outbox:
        for batch in ("b", "a", None):
            outbox.enqueue("5512345678", "hola", batch=batch)
        yield outbox


@pytest.fixture
def bulk(convergia: Convergia, tmp_path: Path) -> Callable[..., Result]:
    url = f"sqlite:///{tmp_path}/outbox.db"
    return lambda *arguments: convergia("bulk", *arguments, env={"CONVERGIA_OUTBOX": url})


def test_an_outbox_of_a_later_version_is_reported(
    outbox: Outbox, bulk: Callable[..., Result]
) -> None:
    with outbox.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    done = bulk("status", "--username", "tienda")
    assert done.exit_code == 2
    assert "tables have version 9999" in done.stderr


@pytest.mark.parametrize("rate", ["nan", "inf", "1e-320", "0"])
def test_an_invalid_rate_is_refused_before_anything_is_enqueued(shell: Shell, rate: str) -> None:
    done = shell.bulk(
        "send", shell.file("a.csv", "celular,mensaje\n5512345678,hola\n"), "--rate", rate
    )
    assert done.returncode == 2
    assert "--rate" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(shell.folder.glob("*.db"))


def test_texts_that_the_gateway_damages_are_reported_once_and_in_words(shell: Shell) -> None:
    rows = "5512345678,a €\n5512345678,b 😀\n"
    done = shell.bulk("send", shell.file("a.csv", "celular,mensaje\n" + rows))
    assert done.returncode == 0, done.stderr
    assert "Warning: the gateway will put question marks into 2 texts" in done.stderr
    assert "DamagedTextWarning" not in done.stderr


@pytest.mark.parametrize(
    "sign",
    sampled(
        ["=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠",  # noqa: RUF001
         "|", "%", "\ufe0f=", "\u2212", "\ufe66",
         "\xad=", "\u180e=", "\u3000+", "\u200b@", "\ufeff-", " \x01=", "\u00a0＝"],  # noqa: RUF001
        "variants",
        every=4,
    ),
)  # fmt: skip
def test_no_cell_of_a_report_is_a_formula(
    outbox: Outbox, bulk: Callable[..., Result], sign: str
) -> None:
    outbox.enqueue("5512345678", f"{sign}1+1", batch="hostile")
    done = bulk("report", "hostile", "--username", "tienda", "--format", "csv")
    _, (*_, text) = (row[:5] for row in csv.reader(io.StringIO(done.stdout)))
    assert text == f"'{sign}1+1"


def test_a_problem_of_many_messages_is_reported_once(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    convergia_mockserver.fault("accepted-then-reset", times=0)
    rows = "".join(f"5512345678,hola {number}\n" for number in range(3))
    done = shell.bulk("send", shell.file("a.csv", "celular,mensaje\n" + rows))
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("Outcome unknown: ") == done.stderr.count("(shown once)") == 1
    assert "send over soap" not in done.stderr


def test_a_closed_window_is_reported_by_bulk_send(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    later = datetime.now(ZoneInfo("America/Mexico_City")) + timedelta(days=2)
    window = f"{later:%a} 3:00-4:00".lower()
    file = shell.file("a.csv", "celular,mensaje\n5512345678,hola\n")
    with shell.start("bulk", "send", file, "--window", window) as process:
        assert process.stderr is not None
        assert "1 row waits for the sending window until" in process.stderr.readline()
        said = process.stderr.readline()
        assert said.startswith("Waiting: the sending window is closed until ")
        assert said.endswith(" 03:00 in America/Mexico_City; 1 message waits.\n")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 1
    assert not convergia_mockserver.messages


@pytest.mark.parametrize("command", ["status", "report", "resume"])
def test_an_unknown_batch_is_not_reported_as_empty(
    outbox: Outbox, bulk: Callable[..., Result], command: str
) -> None:
    done = bulk(command, "c")
    assert done.exit_code == 2
    assert "there is no batch 'c'" in done.stderr
    assert outbox.batches().keys() == {"a", "b", None}
    outbox.close()


@pytest.mark.usefixtures("outbox")
def test_batches_are_listed_in_their_order(bulk: Callable[..., Result]) -> None:
    assert bulk("status", "--batches").stdout == "b\tqueued\t1\na\tqueued\t1\n\tqueued\t1\n"
    lines = bulk("status", "--batches", "--json").stdout.splitlines()
    assert [json.loads(line)["batch"] for line in lines] == ["b", "a", None]
    assert json.loads(lines[0]) == {"batch": "b", "total": 1, "states": {"queued": 1}}


@pytest.mark.usefixtures("outbox")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["cancel", "b", "--reason", " "], "a decision needs a person"),
        (["cancel", "--id", "9" * 20, "--reason", "x"], "is not in the range"),
        (["reconcile", "accepted", "--id", "0", "--reason", "x"], "is not in the range"),
    ],
)
def test_an_invalid_decision_is_refused_with_an_explanation(
    bulk: Callable[..., Result], arguments: list[str], says: str
) -> None:
    done = bulk(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr


NO_DATABASE = "celular,mensaje\n" * 100


@pytest.mark.parametrize(
    ("url", "cause", "cure"),
    [
        ("sqlite:///outbox.db", "the outbox outbox.db cannot be opened: file is not a database",
         "name another file with --outbox"),
        ("sqlite:///folder", "the outbox folder cannot be opened: unable to open database file",
         "check that the folder exists"),
        ("sqlite:///no/outbox.db", "unable to open database file", "check that the folder exists"),
        ("sqlite:///half.db", "database disk image is malformed", "restore the file from a backup"),
        ("sqlite://", "an outbox in memory would lose its messages", "write sqlite:///FILE"),
        ("mysql://ana:hunter22@db/x", "a SQLite file or a PostgreSQL database, not mysql",
         "write sqlite:///FILE"),
        ("outbox.db", "a SQLite file or a PostgreSQL database\n", "write sqlite:///FILE"),
        ("postgresql://ana:hunter22@127.0.0.1:1/x", "Connection refused", "check host, port"),
        ("postgresql://ana:hunter22@127.0.0.1:x/x", "URL cannot be read", "write sqlite:///FILE"),
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_opened_is_reported_with_its_cure(
    outbox: Outbox, bulk: Callable[..., Result], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, url: str, cause: str, cure: str,
) -> None:  # fmt: skip
    outbox.close()
    whole = (tmp_path / "outbox.db").read_bytes()
    (tmp_path / "half.db").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "outbox.db").write_text(NO_DATABASE, encoding="ascii")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    done = bulk("status", "--outbox", url)
    assert done.exit_code == 2
    assert cause in done.stderr
    assert f"Hint: {cure}" in done.stderr
    assert "hunter22" not in done.stderr
    assert (tmp_path / "outbox.db").read_text(encoding="ascii") == NO_DATABASE


@pytest.mark.parametrize(
    ("state", "cure"),
    [
        ("28P01", "check host, port, database, user and password"),
        (None, "check host, port, database, user and password"),
        ("25006", "use the primary server"),
        ("42501", "grant your role access"),
        ("53100", "free some space on the server"),
        ("42P01", "restore its tables"),
        ("XX000", "repair the database"),
        (sqlite3.SQLITE_FULL, "free some space"),
        (sqlite3.SQLITE_IOERR_WRITE, "check the disk"),
        (sqlite3.SQLITE_READONLY, "writable for your user"),
        (sqlite3.SQLITE_BUSY, "wait until the program that uses the file has ended"),
    ],
)
def test_each_kind_of_error_of_a_store_has_its_cure(state: str | int | None, cure: str) -> None:
    cause: Exception = Exception("x")
    if isinstance(state, int):
        cause = sqlite3.OperationalError("x")
        cause.sqlite_errorcode = state
    else:
        vars(cause)["sqlstate"] = state
    assert cure in store_cure(DBAPIError("SELECT 1", None, cause))


def test_a_database_that_fails_half_way_is_reported(
    outbox: Outbox, bulk: Callable[..., Result]
) -> None:
    with outbox.database.writing() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON convergia_outbox_decision"
            " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    outbox.close()
    done = bulk("cancel", "b", "--reason", "x")
    assert done.exit_code == 1
    assert "the outbox: disk full" in done.stderr


def test_a_file_that_changes_after_its_check_is_not_sent(
    bulk: Callable[..., Result],
    gateway: MockServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("celular,mensaje\n5512345678,hola\n")

    def wait(*_: object, **__: object) -> None:
        file.write_text("celular,mensaje\n5512345678,hola\n5512345679,adiós\n")

    # The question before live messages waits for a person.
    monkeypatch.setattr(import_module("convergia_sms.cli.bulk.send"), "confirm_live", wait)
    done = bulk("send", str(file))
    assert done.exit_code == 2
    assert "the file changed after it was checked; nothing was sent" in done.stderr
    assert gateway.space().messages == []
    assert json.loads(bulk("status", "--json").stdout)["total"] == 0


@pytest.mark.parametrize("problems", ["missing/p.csv", "/dev/full"])
def test_a_file_of_problems_that_cannot_be_written_is_named(
    bulk: Callable[..., Result], tmp_path: Path, problems: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("celular,mensaje\n55,hola\n")
    done = bulk("send", str(file), "--dry-run", "--problems", str(tmp_path / problems))
    assert done.exit_code == 2
    assert f"--problems: {tmp_path / problems}: No s" in done.stderr
    assert "Hint: name another file" in done.stderr


def test_a_file_whose_disk_fails_is_named(bulk: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.symlink_to("/proc/self/mem")  # opens, and fails to read
    done = bulk("send", str(file), "--dry-run", "--problems", str(tmp_path / "p.csv"))
    assert done.exit_code == 2
    assert "a.csv cannot be read: Input/output error" in done.stderr


@pytest.mark.usefixtures("outbox")
@pytest.mark.parametrize("zone", ["America/Atlantida", "America", "../x"])
@pytest.mark.parametrize("window", [["--window", "9:00-21:00"], []])
def test_an_invalid_zone_is_refused(
    bulk: Callable[..., Result], window: list[str], zone: str
) -> None:
    done = bulk("resume", "b", *window, "--zone", zone)
    assert done.exit_code == 2
    assert f"--zone: there is no time zone {zone!r}" in done.stderr
    assert "Hint: write for example America/Tijuana" in done.stderr


def test_a_window_opens_by_its_own_zones_clock(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    # Tokyo is 15 hours ahead, so this window is closed in Mexico City.
    now = datetime.now(ZoneInfo("Asia/Tokyo"))
    window = f"{now:%H}:00-{(now.hour + 2) % 24}:00"
    file = shell.file("a.csv", "celular,mensaje\n5512345678,hola\n")
    done = shell.bulk("send", file, "--window", window, "--zone", "Asia/Tokyo")
    assert done.returncode == 0, done.stderr
    assert len(convergia_mockserver.messages) == 1


def test_the_status_counts_messages_that_are_due_later(
    outbox: Outbox, bulk: Callable[..., Result]
) -> None:
    outbox.enqueue("5512345678", "hola", batch="a", due=outbox.now() + timedelta(hours=1))
    assert "Waiting: 1 message waits until" in bulk("status", "a").stderr
    later = json.loads(bulk("status", "a", "--json").stdout)["due_later"]
    assert later["messages"] == 1
    assert 0 < later["seconds"] <= 3600
    assert "messages wait" not in bulk("status", "b").stderr


def test_the_status_tells_that_no_worker_runs_or_what_it_waits_for(
    outbox: Outbox, bulk: Callable[..., Result]
) -> None:
    assert "No worker is running for these messages.\nHint: start one" in bulk("status").stderr
    lease = Lease(outbox.database, outbox.account, seconds=600)
    lease.take()
    assert bulk("status").stderr == ""
    lease.note_waiting(Waiting("breaker", 120))
    lease.turn([])
    shown = bulk("status").stderr
    assert re.fullmatch(
        r"A worker waits: nothing gets through .*; the next attempt waits until [0-9:]{8}\.\n",
        shown,
    )
    (worker,) = json.loads(bulk("status", "--json").stdout)["workers"]
    assert worker["place"].endswith(f":{os.getpid()}")
    assert worker["waiting"]["reason"] == "breaker"
    assert 0 < worker["waiting"]["seconds"] <= 120


def test_a_report_goes_through_a_link_and_into_a_pipe_without_replacing_them(
    outbox: Outbox, bulk: Callable[..., Result], tmp_path: Path
) -> None:
    linked, link, pipe = (tmp_path / name for name in ("real.csv", "link.csv", "pipe"))
    link.symlink_to(linked)
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # open first: the writer waits for none
    try:
        for output in (link, pipe):
            done = bulk("report", "--username", "tienda", "--format", "csv", "-o", str(output))
            assert done.exit_code == 0, done.stderr
        written = os.read(reader, 1 << 16)
    finally:
        os.close(reader)
    assert written.count(b"hola") == 3
    assert linked.read_bytes() == written
    assert link.is_symlink()
    assert pipe.is_fifo()
    assert not list(tmp_path.glob("*.part"))


def test_a_poller_that_fails_lets_the_messages_in_flight_finish(
    convergia: Convergia,
    convergia_mockserver: MockGateway,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"sqlite:///{tmp_path}/outbox.db"
    convergia_mockserver.script(delay=0.3, operation="send")
    with Outbox(url, account="demo") as outbox:
        outbox.enqueue("5512345678", "hola")

        async def fail_while_sending(_poller: Poller) -> None:
            while not outbox.counts()[State.SENDING]:  # noqa: ASYNC110 - a store has no event
                await asyncio.sleep(0)
            raise ZeroDivisionError("of the poller")

        monkeypatch.setattr(Poller, "run", fail_while_sending)
        environment = {
            "CONVERGIA_BASE_URL": convergia_mockserver.base_url,
            "CONVERGIA_USERNAME": "demo",
            "CONVERGIA_PASSWORD": "demo",
        }
        with pytest.raises(ZeroDivisionError):
            convergia("worker", "--outbox", url, env=environment)
        counts = outbox.counts()
        assert (counts[State.SENDING], counts[State.UNKNOWN]) == (0, 0)
