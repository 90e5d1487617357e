"""Tests of real files: each cell is read as a person sees it, or refused."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from convergia_sms.cli.bulk.sources import Source, SourceError
from convergia_sms.cli.bulk.sources._date_format import FormatError
from convergia_sms.cli.bulk.sources._number_format import BUILTIN_FORMATS, format_number

if TYPE_CHECKING:
    from convergia_sms.cli.bulk.sources import Hidden, Row

GALLERY = Path(__file__).parent / "gallery"
NOT_CALCULATED = "its formula was never calculated: open the file in Excel and save it"


def rows(name: str, hidden: Hidden = "refuse", sheet: str | None = None) -> list[Row]:
    with Source(GALLERY / name, sheet=sheet, hidden=hidden).rows() as found:
        return list(found)


def seen(name: str) -> list[list[str]]:
    """Return the header and the cells below it as LibreOffice shows them."""
    with (GALLERY / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("name", ["formats", "libreoffice"])
def test_a_cell_is_read_as_libreoffice_shows_it_or_refused(name: str) -> None:
    header, *lines = seen(f"{name}.seen.csv")
    found = rows(f"{name}.xlsx")
    assert len(found) == len(lines)
    for line, row in zip(lines, found, strict=True):
        shown = {
            name: cell
            for name, cell in zip(header, line, strict=True)
            if name and name not in row.faults
        }
        assert {name: row.cells[name] for name in shown} == shown


def test_no_format_of_the_gallery_is_refused() -> None:
    assert [row.faults for row in rows("formats.xlsx")] == [{}] * 29


def test_an_error_fails_only_its_row() -> None:
    first, second, third = rows("libreoffice.xlsx")
    assert first.cells["texto"] == "Debe 200.00"
    assert not first.faults
    assert not second.faults
    assert third.faults == {
        "doble": "Excel shows the error #DIV/0!",
        "texto": "Excel shows the error #DIV/0!",
    }


@pytest.mark.parametrize("name", ["xlsxwriter.xlsx", "formulas.xlsx"])
def test_a_formula_that_no_program_has_calculated_is_refused(name: str) -> None:
    for row in rows(name):
        assert row.faults["doble"] == NOT_CALCULATED


def test_a_cell_that_an_array_formula_fills_is_refused_too() -> None:
    assert [row.faults["triple"] for row in rows("xlsxwriter.xlsx")] == [NOT_CALCULATED] * 2


def test_hidden_rows_are_refused_unless_somebody_decides() -> None:
    with pytest.raises(SourceError, match=r"1 row is hidden.*: row 3") as refusal:
        rows("careless.xlsx")
    assert "--hidden" in refusal.value.cure
    assert 3 not in [row.line for row in rows("careless.xlsx", "skip")]
    assert 3 in [row.line for row in rows("careless.xlsx", "send")]


def test_a_careless_sheet_is_read_as_displayed_or_reported_as_a_fault() -> None:
    found = {row.line: row for row in rows("careless.xlsx", "skip")}
    assert list(found) == [2, 4, 6, 7, 8, 9]
    assert found[4].cells["mensaje"] == "dos\nlíneas"
    assert found[9].cells["monto"] == "2026-01-05"
    assert {line: dict(row.faults) for line, row in found.items() if row.faults} == {
        2: {"activo": "Excel shows yes and no in its own language: write it as text"},
        6: {"monto": "Excel shows the error #N/A"},
        8: {"mensaje": "it is merged with row 7, column 2"},
    }


def test_the_visible_sheet_is_read_and_named() -> None:
    source = Source(GALLERY / "careless.xlsx", hidden="skip")
    assert source.notes() == [
        "The rows are read from the sheet 'Clientes'.",
        "1 hidden row is left out.",
    ]
    (row,) = rows("careless.xlsx", sheet="Listas")
    assert row.cells["mensaje"] == "de la hoja oculta"


def test_a_hidden_column_is_refused_only_where_messages_are_made_of_it() -> None:
    source = Source(GALLERY / "careless.xlsx", hidden="skip")
    source.notes(frozenset({"mensaje"}))
    with pytest.raises(SourceError, match="the column 'folio' is hidden"):
        source.notes(frozenset({"folio"}))


def test_a_missing_sheet_is_refused_with_the_names_of_the_others() -> None:
    with pytest.raises(SourceError, match="no sheet 'Hoja1'") as refusal:
        rows("careless.xlsx", sheet="Hoja1")
    assert refusal.value.cure == "the sheets are: 'Listas', 'Clientes', 'Hoja3'"


@pytest.mark.parametrize("suffix", [".xls", ".xlsb", ".ods"])
def test_a_workbook_with_an_uncertain_display_is_refused_with_the_cure(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"x")
    with pytest.raises(SourceError) as refusal, Source(path).rows():
        pass
    assert "save it as .xlsx" in refusal.value.cure


@pytest.mark.parametrize("code", ["# ?/?", "0.0E+00", "#,##0,", "[$-F800]dddd", "[$-411]mmmm", "e"])
def test_a_number_format_with_an_uncertain_display_is_refused(code: str) -> None:
    with pytest.raises(FormatError):
        format_number(46027, code)


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (46027, 14, "05/01/2026"),
        (46027.5, 22, "05/01/2026 12:00"),
        (46027.75, 18, "6:00 p. m."),
        (0.5, 9, "50%"),
        (1234.5, 4, "1,234.50"),
        (-3, 37, "(3)"),
        (1.5, 46, "36:00:00"),
        (0.00001, 0, "0.00001"),
        (0.000012345678, 0, "1.23457E-05"),
        (525512345678, 0, "525512345678"),
    ],
)
def test_the_formats_that_files_do_not_spell_out(number: float, code: int, shown: str) -> None:
    assert format_number(number, BUILTIN_FORMATS[code]) == shown


@pytest.mark.parametrize("code", ["h:mm", "[h]:mm", "mm:ss", "[ss]", "yyyy"])
def test_a_number_of_a_telephone_that_is_formatted_as_a_time_is_refused(code: str) -> None:
    with pytest.raises(FormatError, match="#####"):
        format_number(5512345678, code)


@pytest.mark.parametrize("number", [-1.0, 0.0, 60.0, 1e9])
def test_a_day_that_excel_cannot_show_is_refused(number: float) -> None:
    with pytest.raises(FormatError):
        format_number(number, "dd/mm/yyyy")


def csv_rows(tmp_path: Path, text: str | bytes) -> list[Row]:
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with Source(path).rows() as found:
        return list(found)


def test_excels_sep_line_sets_the_delimiter(tmp_path: Path) -> None:
    (row,) = csv_rows(tmp_path, "sep=;\r\ncelular;a,b,c;mensaje\r\n5512345678;x;hola, Ana\r\n")
    assert (row.line, row.cells["mensaje"]) == (3, "hola, Ana")


def test_excels_empty_rows_are_no_rows(tmp_path: Path) -> None:
    found = csv_rows(tmp_path, "celular;mensaje\r\n5512345678;hola\r\n;\r\n ; \r\n;;;\r\n")
    assert [row.line for row in found] == [2]


def test_excels_unicode_text_is_read(tmp_path: Path) -> None:
    (row,) = csv_rows(tmp_path, "celular\tmensaje\r\n5512345678\tniño\r\n".encode("utf-16"))
    assert row.cells == {"celular": "5512345678", "mensaje": "niño"}


def test_an_encoding_error_names_its_line(tmp_path: Path) -> None:
    good = "celular,mensaje\n" + "5512345678,niño\n" * 20_000
    with pytest.raises(SourceError, match="line 20002 is not utf-8") as refusal:
        csv_rows(tmp_path, good.encode() + "5512345678,niño\n".encode("cp1252"))
    assert "cp1252" in refusal.value.cure


def test_a_text_that_was_cut_at_a_comma_is_refused(tmp_path: Path) -> None:
    cut, whole, quoted = csv_rows(
        tmp_path,
        "celular,mensaje,folio\n5512345678,Hola Ana, su pedido llegó\n5512345678,Hola,7\n"
        '5512345678,"Hola, Ana",7\n',
    )
    assert cut.faults == {"mensaje": "it seems cut at ',': put the text in quotation marks"}
    assert not whole.faults
    assert not quoted.faults


def test_spaces_behind_all_commas_are_just_how_a_file_is_written(tmp_path: Path) -> None:
    one, two = csv_rows(
        tmp_path, "celular, mensaje, folio\n5512345678, Hola, 7\n5512345678, Adiós, \n"
    )
    assert not one.faults
    assert not two.faults
