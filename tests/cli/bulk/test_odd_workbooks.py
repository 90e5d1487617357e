"""Tests of odd, broken and hostile workbooks: no cell is read differently from its display."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from convergia_sms.cli.bulk.sources import Source, SourceError
from convergia_sms.cli.bulk.sources import _sheet as sheet
from convergia_sms.cli.bulk.sources import _workbook as workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from convergia_sms.cli.bulk.sources import Row

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
PARTS = {
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r" '
    f'Type="{_TYPE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_TYPE}"><sheets>'
    '<sheet name="Hoja1" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="r1" Type="{_TYPE}/worksheet" Target="sheet.xml"/>'
    f'<Relationship Id="r2" Type="{_TYPE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="r3" Type="{_TYPE}/sharedStrings" Target="texts.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts><font/><font><strike/></font></fonts>'
    '<cellXfs><xf/><xf numFmtId="4"/><xf fontId="1"/><xf fontId="0"/></cellXfs>'
    "<dxfs><dxf><font><strike/></font></dxf></dxfs></styleSheet>",
    "xl/texts.xml": f'<sst xmlns="{_MAIN}"><si><t>celular</t></si><si><t>texto</t></si>'
    "<si><t>hola</t></si></sst>",
    "xl/sheet.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>'
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    '<row r="2"><c r="A2"><v>5512345678</v></c><c r="B2" s="3" t="s"><v>2</v></c></row>'
    '<row r="3"><c r="A3"><v>5512345679</v></c><c r="B3" s="1"><v>1234.56</v></c></row>'
    "</sheetData></worksheet>",
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[Row]]:
    """Read the rows of the workbook above, with texts in a part of it replaced."""

    def rows(part: str, *changes: tuple[str, str]) -> list[Row]:
        path = tmp_path / "a.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, text in PARTS.items():
                changed = text
                for old, new in changes if name == f"xl/{part}.xml" else ():
                    assert old in changed
                    changed = changed.replace(old, new)
                file.writestr(name, changed)
        with Source(path).rows() as found:
            return list(found)

    return rows


def test_the_workbook_is_read_as_it_stands(read: Callable[..., list[Row]]) -> None:
    found = read("sheet")
    assert [row.cells for row in found] == [
        {"celular": "5512345678", "texto": "hola"},
        {"celular": "5512345679", "texto": "1,234.56"},
    ]
    assert not any(row.faults for row in found)


@pytest.mark.parametrize(
    ("format_id", "shown"),
    [
        (41, "1,235"), (42, "$1,235"), (43, "1,234.56"), (44, "$1,234.56"), (49, "1234.56"),
        (27, None), (58, None), (164, None),
    ],
)  # fmt: skip
def test_a_format_that_the_file_does_not_spell_out_rounds_nothing(
    read: Callable[..., list[Row]], format_id: int, shown: str | None
) -> None:
    row = read("styles", ('numFmtId="4"', f'numFmtId="{format_id}"'))[1]
    if shown is None:
        assert "not known how Excel shows its format" in row.faults["texto"]
    else:
        assert row.cell("texto") == shown


def formatted(code: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Give the last cell a format of its own."""
    formats = f'<numFmts><numFmt numFmtId="200" formatCode="{code}"/></numFmts><fonts>'
    return ("<fonts>", formats), ('numFmtId="4"', 'numFmtId="200"')


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("0.00E+00", "shortens it, to something like 5.51E+09"),
        ("# ?/?", "a fraction"),
        ("@&quot; MXN&quot;", "not known how Excel shows"),
        ("[DBNum1]0", "not known how Excel shows"),
        ("", "not known how Excel shows"),
    ],
)
def test_a_format_that_does_not_show_the_number_is_refused(
    read: Callable[..., list[Row]], code: str, why: str
) -> None:
    assert why in read("styles", *formatted(code))[1].faults["texto"]


@pytest.mark.parametrize(("code", "shown"), [(";;;", ""), ("0;0;0;&quot;txt &quot;@", "txt hola")])
def test_a_number_format_for_text_shows_or_hides_the_text(
    read: Callable[..., list[Row]], code: str, shown: str
) -> None:
    styles, _ = formatted(code)
    changes = styles, ('<xf fontId="0"/>', '<xf numFmtId="200"/>')
    assert read("styles", *changes)[0].cell("texto") == shown


@pytest.mark.parametrize("value", ["5512345678.5", "-5512345678.4", "1e12", "5512345678.0000001"])
def test_a_long_number_is_never_rounded(read: Callable[..., list[Row]], value: str) -> None:
    row = read("sheet", ("5512345678", value))[0]
    if float(f"{float(value):.15g}").is_integer():
        assert float(row.cell("celular") or 0) == round(float(value))
    else:
        assert f"it is {value}, which Excel shows rounded" in row.faults["celular"]


@pytest.mark.parametrize(
    ("part", "old", "new", "column"),
    [
        ("sheet", '<c r="A2">', '<c r="A2" s="2">', "celular"),
        ("sheet", 's="3"', 's="2"', "texto"),
        ("texts", "<t>hola</t>", "<r><t>ho</t></r><r><rPr><strike/></rPr><t>la</t></r>", "texto"),
    ],
    ids=["number", "text", "a part of a text"],
)
def test_a_crossed_out_cell_is_refused(
    read: Callable[..., list[Row]], part: str, old: str, new: str, column: str
) -> None:
    first, second = read(part, (old, new))
    assert first.faults[column].startswith("it is crossed out")
    assert not second.faults


def test_a_strikethrough_that_is_switched_off_again_crosses_nothing_out(
    read: Callable[..., list[Row]],
) -> None:
    new = '<r><rPr><strike val="0"/></rPr><t>hola</t></r>'
    assert read("texts", ("<t>hola</t>", new))[0].cell("texto") == "hola"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('<row r="3">', '<row r="2">', "row 3 .*: its rows are not in order"),
        ('<row r="3">', '<row r="1048577">', "more than a sheet can have"),
        ('r="B2"', 'r="A2"', "row 2 .*: the cells are not in order"),
        ('r="B2"', 'r="B9"', "the cells are not in order"),
        ("<v>2</v>", "<v>-1</v>", "row 2 cannot be read"),
        ("<v>2</v>", "<v>9</v>", "row 2 cannot be read"),
        ("1234.56", "1e999", "row 3 .*: a number is too large"),
        ("1234.56", "1_0", "row 3 cannot be read"),
        ("1234.56", "nan", "row 3 cannot be read"),
        ("<worksheet", "<!DOCTYPE x><worksheet", "a document type declaration"),
    ],
)
def test_a_sheet_that_excel_would_not_open_is_refused_with_the_row(
    read: Callable[..., list[Row]], old: str, new: str, why: str
) -> None:
    with pytest.raises(SourceError, match=why):
        read("sheet", (old, new))


def test_a_row_without_height_is_hidden(read: Callable[..., list[Row]]) -> None:
    with pytest.raises(SourceError, match=r"1 row is hidden.*: row 3"):
        read("sheet", ('<row r="3">', '<row r="3" ht="0" customHeight="1">'))


@pytest.mark.parametrize(
    ("part", "mark", "piece", "why"),
    [
        ("texts", "</sst>", "<si/>", "the workbook's texts are too large"),
        ("sheet", '<c r="B2"', "<c/>", "an element of it is too large"),
        ("sheet", "</sheetData>", "<x/>", "an element of it is too large"),
        ("sheet", "</worksheet>", '<mergeCell ref="A1:B1"/>', "too many merged cells"),
        ("styles", "<xf/>", "<xf/>", "too many styles"),
    ],
)
def test_a_decompression_bomb_is_stopped_before_it_fills_the_memory(
    read: Callable[..., list[Row]],
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    mark: str,
    piece: str,
    why: str,
) -> None:
    monkeypatch.setattr(workbook, "_MAX_SHARED", 10_000)
    monkeypatch.setattr(workbook, "_MAX_ELEMENT", 40_000)
    monkeypatch.setattr(workbook, "_MAX_STYLES", 1000)
    monkeypatch.setattr(sheet, "_MAX_MERGED", 1000)
    with pytest.raises(SourceError, match=why):
        read(part, (mark, piece * 20_000 + mark))


def test_many_links_and_rules_are_not_one_large_element(
    read: Callable[..., list[Row]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "_MAX_ELEMENT", 40_000)
    links = '<hyperlink ref="B2" location="x"/>' * 5000
    assert (
        len(read("sheet", ("</worksheet>", f"<hyperlinks>{links}</hyperlinks></worksheet>"))) == 2
    )
