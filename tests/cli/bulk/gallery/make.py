"""Write the gallery's workbooks again, and what LibreOffice displays of them.

    python -m tests.cli.bulk.gallery.make

It needs LibreOffice (`soffice`). The files are committed: the tests do not.
`*.seen.csv` is LibreOffice's view of the first sheet, cell by cell.
"""

from __future__ import annotations

import csv
import re
import subprocess
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import xlsxwriter
from lxml import etree

HERE = Path(__file__).parent
_CELL = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}table-cell"
_ROW = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}table-row"
FORMATS = [
    (42, "000042", "000000"),
    (5512345678, "a number with spaces", "## #### ####"),
    (5512345678, "Excel's own format for phones", "[<=9999999]###-####;(###) ###-####"),
    (1234.5, "a sum", "#,##0.00"),
    (1234567.891, "pesos", '"$"#,##0.00'),
    (-1234.5, "negative pesos", '"$"#,##0.00'),
    (-1234.5, "red and in brackets", "#,##0.00;[Red](#,##0.00)"),
    (1234.5, "Mexican currency", "[$$-80A]#,##0.00"),
    (1234.5, "accounting", '_-"$"* #,##0.00_-;\\-"$"* #,##0.00_-;_-"$"* "-"??_-;_-@_-'),
    (0.256, "percent", "0.0%"),
    (0.1 + 0.2, "a sum of tenths", "General"),
    (1234.5600000000002, "a seventeenth digit", "General"),
    (2.5, "rounded half up", "0"),
    (0.125, "rounded half up", "0.00"),
    (5, "no places", "0"),
    (0, "zero of three", '0;-0;"nada"'),
    (1.5, "hours beyond a day", "[h]:mm"),
    (0.75, "hours", "h:mm"),
    (46027, "a day", "dd/mm/yyyy"),
    (46027, "a day of ISO", "yyyy-mm-dd"),
    (46027, "a short year", "d/m/yy"),
    (46027.395833333336, "an instant", "yyyy\\-mm\\-dd\\ hh:mm:ss"),
    (46027.395833333336, "minutes behind hours", "hh:mm"),
    (46027.395833333336, "minutes before seconds", "mm:ss"),
    (46027, "a month in English", "[$-409]d mmm yyyy"),
    (46027, "a month in Spanish", '[$-80A]d "de" mmmm "de" yyyy'),
    (46027, "a weekday in Spanish", "[$-80A]dddd d"),
    (12, "a unit", '0" kg"'),
    (45, "literals among digits", '00"-"00'),
]


def formats() -> None:
    """Number formats, by openpyxl; the dimension that it writes is cut afterwards."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["celular", "valor", "nota"])
    for line, (value, note, code) in enumerate(FORMATS, 2):
        sheet.append([f"55{line:08d}", value, note])
        sheet.cell(line, 2).number_format = code
    book.save(HERE / "formats.xlsx")
    # Some programs write a dimension that is smaller than the data.
    _edit(
        "formats.xlsx",
        "xl/worksheets/sheet1.xml",
        r'<dimension ref="[^"]*"',
        '<dimension ref="A1:B3"',
    )


def odoo() -> None:
    """A report by XlsxWriter, as Odoo makes them: formulas that nobody has calculated."""
    with xlsxwriter.Workbook(HERE / "xlsxwriter.xlsx") as book:
        sheet = book.add_worksheet("Reporte")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for column, name in enumerate(["celular", "nombre", "saldo", "vence", "doble"]):
            sheet.write(0, column, name)
        for line, (name, sum_) in enumerate([("Ana", 100), ("José", 250.5)], 1):
            sheet.write(line, 0, 5510000000 + line)
            sheet.write(line, 1, name)
            sheet.write(line, 2, sum_)
            sheet.write_datetime(line, 3, datetime(2026, 1, 4 + line), day)  # noqa: DTZ001
            sheet.write_formula(line, 4, f"=C{line + 1}*2")
        sheet.write_dynamic_array_formula("F2:F3", "=C2:C3*3")
        sheet.write(0, 5, "triple")


def libreoffice() -> None:
    """A workbook that LibreOffice has calculated and saved."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["celular", "saldo", "doble", "texto"])
    sheet.append([5510000001, 100, "=B2*2", '="Debe "&TEXT(C2,"#,##0.00")'])
    sheet.append([5510000002, 250.5, "=B3*2", '="Debe "&TEXT(C3,"#,##0.00")'])
    sheet.append([5510000003, 0, "=1/B4", '="Debe "&TEXT(C4,"#,##0.00")'])
    book.save(HERE / "formulas.xlsx")
    _convert("formulas.xlsx", "xlsx", "libreoffice.xlsx")


def careless() -> None:
    """A workbook with filters, merged cells, errors and several sheets, as people leave them."""
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.title = "Listas"
    hidden.append(["celular", "mensaje"])
    hidden.append(["5500000000", "de la hoja oculta"])
    hidden.sheet_state = "hidden"
    sheet = book.create_sheet("Clientes")
    book.create_sheet("Hoja3")
    book.active = 1
    sheet.append(["celular", "mensaje", "folio", "monto", "activo"])
    sheet.append(["5510000001", "hola", 1, 10, True])
    sheet.append(["5510000002", "filtrada", 2, 20, False])
    sheet.append(["5510000003", "dos\r\nlíneas", 3, None, None])
    sheet.append([])
    sheet.append(["5510000004", "con error", 4, "#N/A", None])
    sheet.append(["5510000005", "combinada", 5, 50, None])
    sheet.append(["5510000006", None, 6, 60, None])
    sheet.append(["5510000007", "día", 7, date(2026, 1, 5), None])
    sheet["D6"].data_type = "e"
    sheet.row_dimensions[3].hidden = True
    sheet.auto_filter.ref = "A1:E9"
    sheet.column_dimensions["C"].hidden = True
    sheet.merge_cells("B7:B8")
    book.save(HERE / "careless.xlsx")
    _edit("careless.xlsx", "xl/worksheets/sheet2.xml", r"dos&#13;\s*", "dos_x000D_\n")


def _edit(name: str, part: str, old: str, new: str) -> None:
    """Change a part of a workbook by hand."""
    path = HERE / name
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    changed, count = re.subn(old, new, parts[part].decode())
    assert count == 1, (name, part, count)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            archive.writestr(each, changed if each == part else content)


def _convert(name: str, form: str, new_name: str) -> None:
    made = HERE / "made"
    subprocess.run(
        ["soffice", "--headless", "--convert-to", form, "--outdir", made, HERE / name], check=True
    )
    next(made.iterdir()).rename(HERE / new_name)
    made.rmdir()


def seen(name: str) -> None:
    """Write LibreOffice's view of the sheet: what it keeps as a cell's shown text."""
    _convert(name, "fods", "seen.fods")
    tree = etree.parse(HERE / "seen.fods")
    (HERE / "seen.fods").unlink()
    with (HERE / f"{Path(name).stem}.seen.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in tree.iter(_ROW):
            cells = ["".join(map(str, cell.itertext())).strip() for cell in row.iter(_CELL)]
            if any(cells):
                writer.writerow(cells)


if __name__ == "__main__":
    formats()
    odoo()
    libreoffice()
    careless()
    for each in ("formats.xlsx", "libreoffice.xlsx"):
        seen(each)
