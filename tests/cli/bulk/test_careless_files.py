"""Tests that mistakes in files are refused, or reported before anything is sent."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING

import click.testing
import pytest
from convergia_sms.cli import main
from convergia_sms.cli.bulk.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

HEAD = "celular,mensaje\n"
JOSE = HEAD + "5512345678,José\n"


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., Result]:
    """Check a file without sending anything."""

    def dry_run(content: str | bytes, *options: str, name: str = "a.csv") -> Result:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        outbox = f"sqlite:///{tmp_path}/none.db"
        arguments = ["bulk", "send", str(path), "--dry-run", "--outbox", outbox, *options]
        return click.testing.CliRunner().invoke(main, arguments)

    return dry_run


@pytest.mark.parametrize(
    ("content", "options", "message", "cure"),
    [
        (JOSE.encode(), ["--encoding", "cp1252"], "a.csv is utf-8, not cp1252", "utf-8"),
        (
            codecs.BOM_UTF8 + HEAD.encode(),
            ["--encoding", "latin-1"],
            "a.csv is utf-8, not latin-1",
            "utf-8",
        ),
        (JOSE.encode("utf-16"), ["--encoding", "cp1252"], "a.csv is utf-16, not", "utf-16"),
        (JOSE.encode("utf-16-le"), [], "it looks like utf-16-le", "--encoding utf-16-le"),
        (JOSE.encode("utf-16-be"), [], "it looks like utf-16-be", "--encoding utf-16-be"),
        (JOSE.encode("cp1252"), [], "line 2 is not utf-8", "cp1252"),
        (JOSE.encode(), ["--encoding", "rot13"], "no such encoding: 'rot13'", "cp1252"),
        (JOSE.encode(), ["--encoding", "a\0b"], "no such encoding", "cp1252"),
        (b"PK\x03\x04\x14", [], "a.csv is a zip file, not text", ".xlsx"),
        (bytes.fromhex("d0cf11e0a1b11ae1"), [], "an old Excel file, not text", ".xlsx"),
        (b"\n<html><table>", [], "a web page or XML, not text", ".xlsx"),
        (JOSE.encode(), ["--sheet", "Hoja1"], "has no sheets", "leave out --sheet"),
        (
            b"5512345678,hola\n8112345678,hola\n",
            [],
            "the first line is not a header",
            "a line above",
        ),
    ],
)
def test_a_file_of_another_format_than_its_name_says_is_refused_with_the_cure(
    look: Callable[..., Result], content: bytes, options: list[str], message: str, cure: str
) -> None:
    done = look(content, *options)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert cure in done.stderr.partition("Hint: ")[2]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (JOSE.encode("cp1252"), ["--encoding", "cp1252"]),
        (JOSE.encode("latin-1"), ["--encoding", "iso-8859-1"]),
        (JOSE.encode("utf-16"), []),
        (JOSE.encode("utf-16"), ["--encoding", "utf-16"]),
        (JOSE.encode("utf-16-le"), ["--encoding", "utf-16-le"]),
        (JOSE.encode("utf-32"), []),
        (codecs.BOM_UTF8 + JOSE.encode(), ["--encoding", "utf-8"]),
        (codecs.BOM_UTF8 * 2 + JOSE.encode(), []),
        ("celular,mensaje\r\n'5512345678,José\r".encode(), []),
        ('celular;mensaje\n="5512345678";="José"\n'.encode(), []),
    ],
)
def test_a_file_is_read_with_the_encoding_and_delimiter_of_its_writer(
    look: Callable[..., Result], content: bytes, options: list[str]
) -> None:
    done = look(content, *options)
    assert done.stdout == "line 2: 525512345678: José\n1 message, 1 SMS\n", done.stderr


def test_cp1252_that_is_read_as_latin_1_is_refused(look: Callable[..., Result]) -> None:
    done = look((HEAD + "5512345678,100 €\n").encode("cp1252"), "--encoding", "latin-1")
    assert done.exit_code == 2
    assert "U+0080, which no text has: the file is probably in another encoding" in done.stderr


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ('5512345678,"Hola "Ana" ven"', "line 2: text follows a closing quotation mark"),
        ('5512345678,"Hola\n8112345678,adiós', "line 2: a quotation mark is never closed"),
    ],
)
def test_a_quotation_mark_astray_is_refused_with_its_line(
    look: Callable[..., Result], row: str, why: str
) -> None:
    done = look(HEAD + row + "\n")
    assert done.exit_code == 2
    assert why in done.stderr


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
def test_a_text_that_is_cut_at_the_delimiter_is_refused(
    look: Callable[..., Result], delimiter: str
) -> None:
    text = f"celular,mensaje,folio\n5512345678,Hola Ana{delimiter} su pedido,\n"
    done = look(text.replace(",", delimiter))
    assert done.exit_code == 2
    assert "line 2: column 'mensaje': it seems cut at " in done.stderr


@pytest.mark.parametrize(
    "template",
    ["Hola {{nombre}}", "Hola [Nombre]", "<nombre>", "«nombre»", "Hola %NOMBRE% {folio}"],
)
def test_a_template_that_would_send_a_columns_name_is_refused(
    look: Callable[..., Result], template: str
) -> None:
    done = look("celular,nombre,folio\n5512345678,Ana,1\n", "--template", template)
    assert done.exit_code == 2
    assert "as it stands" in done.stderr
    assert "write {column}" in done.stderr


def test_braces_and_brackets_around_anything_else_are_sent(look: Callable[..., Result]) -> None:
    template = "[{nombre}] {{x}} <3 50% ${folio} {nombre}"
    done = look("celular,nombre,folio\n5512345678,{otro},1\n", "--template", template)
    assert done.stdout.startswith("line 2: 525512345678: [{otro}] {x} <3 50% $1 {otro}\n")


def test_a_cell_that_is_a_template_itself_is_refused(look: Callable[..., Result]) -> None:
    done = look("celular,nombre,mensaje\n5512345678,Ana,Hola {nombre}\n")
    assert done.exit_code == 2
    assert (
        "line 2: the text would go out with {nombre} in it; use --template instead" in done.stderr
    )


def test_a_text_column_and_a_template_together_are_refused(look: Callable[..., Result]) -> None:
    done = look(JOSE, "--text", "mensaje", "--template", "hola")
    assert done.exit_code == 2
    assert "both say what the text is" in done.stderr


def test_texts_that_lack_a_value_are_reported_before_they_are_sent(
    look: Callable[..., Result],
) -> None:
    rows = "celular,nombre\n5512345678,Ana\n8112345678,\n3312345678,  \n"
    arguments = (rows, "--template", "Hola {nombre}")
    assert "Warning: 2 texts lack a value, such as 'nombre' in line 3." in look(*arguments).stderr
    assert json.loads(look(*arguments, "--json").stdout)["empty"] == 2


def test_texts_that_look_garbled_are_reported_before_they_are_sent(
    look: Callable[..., Result],
) -> None:
    garbled = "¡Feliz año Íñigo! “Sí”".encode().decode("cp1252", "replace")
    rows = HEAD + f"5512345678,¡Año! Ñoño Ãngel SÃO â\n8112345678,{garbled}\n"
    warning = "Warning: 1 text looks garbled: 'Â¡Feliz' (line 3)"
    assert warning in look(rows).stderr
    assert json.loads(look(rows, "--json").stdout)["garbled"] == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"celular": 5.51235E+09}', "Excel shortened it"),
        ('{"celular": 5512345678.5}', "a decimal point"),
        ('{"celular": 5512345678, "celular": 8112345678}', "names 'celular' twice"),
        ('{"celular": 5512345678, "x": NaN}', "NaN is not a number"),
        ('{"celular": -Infinity}', "-Infinity is not a number"),
        ('{"celular": -5512345678}', "it is negative"),
        ('{"celular": true}', "is not allowed in a number"),
        ('{"celular": null}', "it is empty"),
    ],
)
def test_a_json_line_with_an_invalid_number_is_refused(
    look: Callable[..., Result], line: str, message: str
) -> None:
    first = '{"celular": 5512345678}\n'
    done = look(first + line, "--template", "hola", name="a.jsonl")
    assert done.exit_code == 2
    assert "line 2: " in done.stderr
    assert message in done.stderr


def test_a_number_of_json_is_sent_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 5512345678.0, "b": 10.50, "c": 0.1, "d": 1E3, "e": 7}\n')
    with Source(path).rows() as rows:
        (row,) = rows
    assert row.cells == {"a": "5512345678", "b": "10.50", "c": "0.1", "d": "1E3", "e": "7"}
