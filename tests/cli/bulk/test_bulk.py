"""Tests of `convergia bulk` in a process of its own, against a mock server and SQLite."""

from __future__ import annotations

import csv
import getpass
import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway

    from tests.cli.bulk.conftest import Shell

from tests.cli.bulk.rows import EXPECTED, ROWS, TEMPLATE, texts


def test_each_row_becomes_one_message(shell: Shell, convergia_mockserver: MockGateway) -> None:
    done = shell.bulk("send", shell.file("a.csv", ROWS), "--template", TEMPLATE, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["states"] == {"accepted": 2}
    assert texts(convergia_mockserver) == EXPECTED


def test_the_same_file_again_sends_nothing_again(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    file = shell.file("a.csv", ROWS)
    for _ in range(2):
        done = shell.bulk("send", file, "--template", TEMPLATE)
        assert done.returncode == 0, done.stderr
    assert "2 rows were in the outbox already" in done.stderr
    assert len(convergia_mockserver.messages) == 2


def test_another_batch_name_sends_the_same_file_again(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    file = shell.file("a.csv", ROWS)
    for batch in ("enero", "febrero"):
        shell.bulk("send", file, "--template", TEMPLATE, "--batch", batch, "--repeats", "send")
    assert len(convergia_mockserver.messages) == 4


def test_a_batch_that_waits_is_not_sent_with_another(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    waiting = shell.file("a.csv", ROWS)
    shell.bulk("send", waiting, "--template", "ayer {nombre}", "--batch", "uno", "--enqueue-only")

    shell.bulk("send", waiting, "--template", "hoy {nombre}", "--batch", "dos")

    assert [text for _, text in texts(convergia_mockserver)] == ["hoy Ana", "hoy José"]
    shell.bulk("resume", "uno")
    assert len(convergia_mockserver.messages) == 4


def test_a_bad_row_is_reported_with_its_line_and_nothing_is_sent(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    file = shell.file("a.csv", ROWS + '\n"55 no",Eva,1\n5512345678,Eva,' + "9" * 200 + "\n")
    done = shell.bulk("send", file, "--template", TEMPLATE)
    assert done.returncode == 2
    assert "line 5: not a Mexican number" in done.stderr
    assert "line 6: the text has" in done.stderr
    assert "2 of 4 rows cannot be sent; nothing was sent" in done.stderr
    assert not convergia_mockserver.messages
    assert not (shell.folder / "convergia-outbox.db").exists()


HEAD = "celular,mensaje,folio\n"
BARE = '{"celular": "5512345678", "mensaje": "a", "folio": "1", "nombre": "Ana", "monto": null}\n'
NO_SUM = '{"celular": "5512345678", "nombre": "Luis"}\n'
NESTED = '{"celular": "5512345678", "nombre": "Eva", "monto": {"mxn": 7}}\n'


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", HEAD + "5512345678,a\0b,1\n", "line 2: the text has the character U+0000"),
        (
            "a.csv",
            HEAD + "5512345678,a,1\n5512345678,a\x01,2\n",
            "line 3: the text has the character U+0001",
        ),
        ("a.csv", HEAD + "5512345678,a,b\0\n", "line 2: the key has the character U+0000"),
        ("a.csv", HEAD + f"5512345678,a,{'k' * 201}\n", "line 2: the key has 201 characters"),
        (
            "a.csv",
            HEAD + '5512345678,"a\nb",1\n5512345678,"a,2\n',
            "line 4: a quotation mark is never closed",
        ),
        ("a.csv", HEAD + f"5512345678,{'x' * 1_100_000},1\n", "line 2: field larger than"),
        ("a.csv", HEAD + "5512345678,a,1,extra\n", "line 2: 4 cells where the header has 3"),
        (
            "a.jsonl",
            r'{"celular": "5512345678", "mensaje": "\ud800", "folio": "1"}',
            "line 1: the text has the character U+D800",
        ),
        ("a.csv", HEAD + "x,y\n" * 3 + "x," * 3_000_000, "line 5: row larger than"),
        ("a.csv", HEAD + '"x\n",' * 1_100_000, "line 2: row larger than"),
        (
            "a.jsonl",
            BARE + f'{{"celular": "{"5" * 3_000_000}"}}\n[]',
            "line 2: more than 1,048,576 characters on a line",
        ),
    ],
)
def test_a_row_that_cannot_be_sent_or_stored_is_reported_with_its_line(
    shell: Shell, name: str, text: str, says: str
) -> None:
    done = shell.bulk("send", shell.file(name, text), "--key", "folio", "--enqueue-only")
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert not (shell.folder / "convergia-outbox.db").exists()


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.csv", "celular,nombre,monto\n5512345678,Ana\n5512345678,Luis,\n", [2]),
        (
            "a.jsonl",
            BARE + NO_SUM + NESTED,
            [2, 3],
        ),
    ],
)
def test_a_row_without_a_field_of_the_template_is_refused(
    shell: Shell, name: str, text: str, lines: list[int]
) -> None:
    done = shell.bulk("send", shell.file(name, text), "--template", TEMPLATE, "--dry-run", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["problems"] == [
        {"line": line, "reason": "the row has no column 'monto', which the template names"}
        for line in lines
    ]


def test_every_bad_row_is_written_down_where_many_are(shell: Shell) -> None:
    file = shell.file("a.csv", "celular,mensaje\n" + "5512345678,si\nno,no\n" * 50)
    done = shell.bulk("send", file, "--problems", "bad.csv")
    assert done.returncode == 2
    assert "… and 30 more (--problems FILE lists all)" in done.stderr
    with (shell.folder / "bad.csv").open(encoding="utf-8", newline="") as written:
        bad = list(csv.DictReader(written))
    assert [int(row["line"]) for row in bad] == list(range(3, 102, 2))
    assert {row["reason"].partition(":")[0] for row in bad} == {"not a Mexican number"}


def test_the_file_itself_is_not_written_over_with_its_problems(shell: Shell) -> None:
    file = shell.file("a.csv", ROWS)
    done = shell.bulk("send", file, "--template", TEMPLATE, "--problems", "a.csv", "--dry-run")
    assert done.returncode == 2
    assert "--problems would overwrite the file to send" in done.stderr
    assert (shell.folder / "a.csv").read_text(encoding="utf-8") == ROWS


def test_a_batch_name_that_is_too_long_is_refused(shell: Shell) -> None:
    file = shell.file("a.csv", "celular,mensaje\n5512345678,uno\n")
    done = shell.bulk("send", file, "--batch", "b" * 201, "--enqueue-only")
    assert done.returncode == 2
    assert "use another --batch" in done.stderr


def test_a_files_name_may_be_as_odd_as_its_file_system_allows(shell: Shell) -> None:
    name = os.fsdecode(b"\xf1" + b"n" * 200 + b".csv")
    file = shell.file(name, "celular,mensaje\n5512345678,uno\n")
    done = shell.bulk("send", file, "--enqueue-only", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["states"] == {"queued": 1}


def test_a_dry_run_counts_and_leaves_no_trace(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    done = shell.bulk("send", shell.file("a.csv", ROWS), "--template", TEMPLATE, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "line 2: 525512345678: Hola Ana: debes $100" in done.stdout
    assert "2 messages, 2 SMS" in done.stdout
    assert not convergia_mockserver.messages
    assert [each.name for each in shell.folder.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        (ROWS, [], "no column has a known name for the text"),
        (
            ROWS,
            ["--template", "Hola {apellido}"],
            "the template names {apellido}, which is not a column",
        ),
        (
            ROWS,
            ["--template", "{nombre.__class__}"],
            "the template names {nombre.__class__}, which",
        ),
        (ROWS, ["--template", "{nombre!r}"], "write only the name of a column"),
        (ROWS, ["--number", "tel", "--template", "x"], "there is no column 'tel'"),
        (
            "celular,telefono,mensaje\n1,2,x\n",
            [],
            "several columns may hold the number: 'celular', 'telefono'",
        ),
        ("a,a\n1,2\n", ["--template", "x"], "names 'a' twice"),
    ],
)
def test_an_ambiguous_header_requires_an_option(
    shell: Shell, text: str, options: list[str], says: str
) -> None:
    done = shell.bulk("send", shell.file("a.csv", text), *options)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_batch_with_a_key_of_another_message_is_refused_as_a_whole(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    head = "celular,mensaje,folio\n"
    shell.bulk("send", shell.file("a.csv", head + "5512345678,uno,F1\n"), "--key", "folio")
    done = shell.bulk(
        "send",
        shell.file("b.csv", head + "5512345678,dos,F2\n5512345678,otro,F1\n"),
        "--key",
        "folio",
    )
    assert done.returncode == 2
    assert "the key 'F1' has another message, of this file or an earlier one" in done.stderr
    assert [text for _, text in texts(convergia_mockserver)] == ["uno"]
    assert json.loads(shell.bulk("status", "--json").stdout)["total"] == 1


def test_rejected_rows_are_printed_and_reported_with_their_code(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    file = shell.file("a.csv", "celular,mensaje\n5512345678,=1+1\n520000000204,no\n")
    done = shell.bulk("send", file, "--batch", "b")
    assert done.returncode == 1
    assert "1 message was not sent" in done.stderr
    rows = shell.bulk("report", "b", "--format", "csv").stdout.splitlines()
    assert rows[0].removeprefix("\ufeff").startswith("id,key,batch,number,text")
    assert "'=1+1" in rows[1]
    assert ",rejected,204," in rows[2]
    assert rows[2].endswith(",,,,")
    line = json.loads(shell.bulk("report", "b", "--format", "jsonl").stdout.splitlines()[1])
    assert (line["state"], line["code"]) == ("rejected", 204)
    page = shell.bulk("report", "b", "-o", "report.html")
    assert page.returncode == 0, page.stderr
    html = (shell.folder / "report.html").read_text(encoding="utf-8")
    assert "204 Numero de mensajes permitidos superado" in html
    assert "://" not in html


def test_an_unknown_outcome_waits_for_a_decision_that_is_recorded(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    convergia_mockserver.fault("accepted-then-reset")
    file = shell.file("a.csv", "celular,mensaje\n5512345678,hola\n")
    done = shell.bulk("send", file, "--batch", "b")
    assert done.returncode == 3
    assert "bulk reconcile" in done.stderr
    again = shell.bulk("resume", "b")
    assert again.returncode == 3
    assert len(convergia_mockserver.messages) == 1
    listed = json.loads(shell.bulk("reconcile", "--json").stdout)
    assert (listed["batch"], listed["number"]) == ("b", "525512345678")
    refused = shell.bulk("reconcile", "accepted", "--all")
    assert "the reason is missing" in refused.stderr
    decided = shell.bulk(
        "reconcile", "accepted", "--id", str(listed["id"]), "--reason", "está en el portal"
    )
    assert decided.returncode == 0, decided.stderr
    (row,) = map(json.loads, shell.bulk("report", "b", "--format", "jsonl").stdout.splitlines())
    assert (row["state"], row["decision"]) == ("accepted", "confirm")
    assert (row["decided_by"], row["reason"]) == (getpass.getuser(), "está en el portal")
    page = shell.bulk("report", "b").stdout
    assert f"confirm, {getpass.getuser()}: está en el portal" in page


def test_enqueued_messages_can_be_cancelled_or_sent_by_a_worker(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    text = "celular,mensaje\n5512345678,uno\n5512345678,dos\n"
    shell.bulk("send", shell.file("a.csv", text), "--batch", "b", "--enqueue-only")
    assert not convergia_mockserver.messages
    cancelled = shell.bulk("cancel", "--key", "b:3", "--reason", "error")
    assert cancelled.returncode == 0, cancelled.stderr
    worked = shell.run("worker", "--until-empty", "--no-poll", "--json")
    assert worked.returncode == 0, worked.stderr
    assert json.loads(worked.stdout)["states"] == {"accepted": 1, "cancelled": 1}
    assert [each for _, each in texts(convergia_mockserver)] == ["uno"]


def test_ctrl_c_stops_cleanly_and_resume_goes_on_where_it_was(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    rows = "".join(f"5512345678,mensaje {number}\n" for number in range(200))
    file = shell.file("a.csv", "celular,mensaje\n" + rows)
    with shell.start("bulk", "send", file, "--batch", "b", "--rate", "40") as process:
        convergia_mockserver.wait(5, timeout=60)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1, told
    assert "bulk resume b" in told
    before = len(convergia_mockserver.messages)
    assert 5 <= before < 200
    done = shell.bulk("resume", "b", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["states"] == {"accepted": 200}
    sent = sorted(text for _, text in texts(convergia_mockserver))
    assert sent == sorted(f"mensaje {number}" for number in range(200))


def test_no_password_is_needed_to_look_and_none_is_shown(shell: Shell) -> None:
    done = shell.bulk("status", "--outbox", "postgresql://u:s3cret@127.0.0.1:1/x")
    assert done.returncode == 2
    assert "s3cret" not in done.stderr + done.stdout
