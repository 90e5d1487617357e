"""Tests of `--log-format`, the machine-readable log lines of a worker."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING

import pytest
from convergia_sms.cli._log_lines import _Lines
from convergia_sms.outbox import Outbox

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway

    from tests.cli.bulk.conftest import Shell

OUTBOX = ("--outbox", "sqlite:///o.db")
SECRET = "Su código es 4711"


def test_each_line_of_a_worker_is_an_event_with_time_level_id_and_code(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    convergia_mockserver.script(code=307, text="malo")
    convergia_mockserver.script(fault="accepted-then-reset", text="perdido")
    with Outbox(f"sqlite:///{shell.folder}/o.db", account="demo") as outbox:
        for text in (SECRET, "malo", "perdido"):
            outbox.enqueue("5512345678", text)
    done = shell.run("worker", "--until-empty", "--no-poll", "--log-format", "json", *OUTBOX)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert all(re.fullmatch(r"[-\d]+T[:\d]+\.\d{3}Z", line["time"]) for line in lines)
    by_id = {line["id"]: line for line in lines if line["event"].startswith("message.")}
    told = {id_: (line["level"], line["event"], line.get("code")) for id_, line in by_id.items()}
    assert told == {
        1: ("info", "message.accepted", 100),
        2: ("warning", "message.rejected", 307),
        3: ("warning", "message.unknown", None),
    }
    # They are sent at the same time: the gateway may take another one first.
    taken = {message.text: message.id for message in convergia_mockserver.messages}
    assert by_id[1]["message_id"] == taken[SECRET]
    assert by_id[3]["reason"] == "OutcomeUnknownError"
    assert [line["event"] for line in lines if line["event"].startswith("worker.")] == [
        "worker.started",
        "worker.stopped",
    ]
    assert "4711" not in done.stderr
    assert "5512345678" not in done.stderr


def test_the_error_that_ends_a_command_is_a_line_too(shell: Shell) -> None:
    done = shell.bulk("resume", "nope", "--log-format", "json", *OUTBOX)
    assert done.returncode == 2
    (line,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert (line["level"], line["event"], line["outcome"]) == ("error", "command.failed", "usage")
    assert line["description"] == "there is no batch 'nope'"
    assert line["cure"]


def test_a_batch_is_logged_as_text(shell: Shell) -> None:
    shell.file("rows.csv", "celular,mensaje\n5512345678,Hola\n")
    done = shell.bulk("send", "rows.csv", "--log-level", "warning", *OUTBOX)
    assert (done.returncode, done.stderr) == (0, "")
    shell.file("other.csv", "celular,mensaje\n5512345679,Hola\n")
    done = shell.bulk("send", "other.csv", "--log-format", "text", *OUTBOX)
    pattern = r"(?m)^[-\d]+T[:.\d]+Z INFO    message\.accepted id=2 attempt=1 code=100 message_id="
    assert re.search(pattern, done.stderr), done.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_holds_no_traceback_and_no_line_break(form: str) -> None:
    error = ValueError(SECRET)
    record = logging.getLogger("test").makeRecord(
        "test", logging.ERROR, __file__, 1, "a hook\nfailed", (), (ValueError, error, None),
        extra={"convergia_reason": 'a "b"\nc'},
    )  # fmt: skip
    line = _Lines("json" if form == "json" else "text").format(record)
    assert "\n" not in line
    assert "Traceback" not in line
    assert SECRET not in line
    assert "ValueError" in line
