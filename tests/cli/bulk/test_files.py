"""Tests that CSV, Excel and JSON lines give the same messages."""

from __future__ import annotations

import zipfile
from datetime import datetime
from typing import TYPE_CHECKING

import openpyxl
import pytest

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway

    from tests.cli.bulk.conftest import Shell

from tests.cli.bulk.rows import EXPECTED, NOTED, ROWS, TEMPLATE, texts

MORE = pytest.mark.exhaustive("files")


@pytest.mark.parametrize(
    ("name", "text", "encoding", "options"),
    [
        ("a.csv", ROWS.replace(",", ";"), "cp1252", ["--encoding", "cp1252"]),
        pytest.param("a.tsv", ROWS.replace(",", "\t"), "utf-8-sig", [], marks=MORE),
        pytest.param("a.csv", ROWS, "utf-8-sig", ["--encoding", "utf-8"], marks=MORE),
        pytest.param("a.csv", "\n,,\n" + ROWS, "utf-8", [], marks=MORE),
        pytest.param("a.csv", NOTED.replace("\n", "\r"), "utf-8", [], marks=MORE),
        pytest.param(
            "a.csv",
            NOTED.replace("nota", '"una, dos, tres, cuatro"'),
            "utf-8",
            [],
            marks=MORE,
        ),
        ("a.csv", ROWS.replace(",", "\t"), "utf-16", ["--encoding", "utf-16"]),
        (
            "a.jsonl",
            (
                '{"celular": 5512345678, "nombre": "Ana", "monto": 100}\n\n'
                '{"celular": "8112345678", "nombre": "José", "monto": 250.0}\n'
            ),
            "utf-8",
            [],
        ),
    ],
)
def test_files_of_every_kind_are_read(
    shell: Shell,
    convergia_mockserver: MockGateway,
    name: str,
    text: str,
    encoding: str,
    options: list[str],
) -> None:
    file = shell.file(name, text, encoding)
    done = shell.bulk("send", file, "--template", TEMPLATE, *options)
    assert done.returncode == 0, done.stderr
    assert texts(convergia_mockserver) == EXPECTED


def test_an_excel_file_is_read_as_a_person_sees_it(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["celular", "nombre", "monto"])
    sheet.append([5512345678, "Ana", 100.0])
    sheet.append([None, None, None])
    sheet.append(["81 1234 5678", "José", 250])
    book.save(shell.folder / "a.xlsx")
    done = shell.bulk("send", "a.xlsx", "--template", TEMPLATE)
    assert done.returncode == 0, done.stderr
    assert texts(convergia_mockserver) == EXPECTED


def test_dates_and_sums_of_excel_are_those_that_it_shows(shell: Shell) -> None:
    book = openpyxl.Workbook()
    book.active.append([])
    book.active.append(["celular", "dia", "hora", "monto", "nota"])
    day, hour = datetime(2026, 1, 5), datetime(2026, 1, 5, 9, 30)  # noqa: DTZ001 - as Excel's are
    book.active.append([5512345678, day, hour, 1234.5600000000002, None])
    book.save(shell.folder / "a.xlsx")
    template = "{dia} {hora} {monto}{nota}"
    done = shell.bulk("send", "a.xlsx", "--template", template, "--dry-run")
    assert "line 3: 525512345678: 2026-01-05 0:00:00 2026-01-05 9:30:00 1234.56\n" in done.stdout


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<t>uno</t>", b"<t>uno"),
        (b"<t>uno</t>", b"<t>&x;</t>"),
        (b't="inlineStr"><is><t>5512345678</t></is>', b't="n"><v>zzz</v>'),
    ],
    ids=["broken", "entity", "no number"],
)
def test_a_sheet_that_is_broken_or_hostile_is_refused(shell: Shell, old: bytes, new: bytes) -> None:
    book = openpyxl.Workbook()
    for row in (["celular", "mensaje"], ["5512345678", "uno"]):
        book.active.append(row)
    book.save(shell.folder / "good.xlsx")
    with (
        zipfile.ZipFile(shell.folder / "good.xlsx") as good,
        zipfile.ZipFile(shell.folder / "bad.xlsx", "w") as bad,
    ):
        for name in good.namelist():
            bad.writestr(name, good.read(name).replace(old, new))
    done = shell.bulk("send", "bad.xlsx", "--dry-run")
    assert done.returncode == 2, done.stdout
    assert "bad.xlsx: row 2 cannot be read" in done.stderr
