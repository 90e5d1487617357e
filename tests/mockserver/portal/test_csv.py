"""Tests that a spreadsheet takes the report's cells for text, and each row for one row."""

from __future__ import annotations

import csv
import io

import pytest
from convergia_mockserver.portal.csv_export import defuse

BLANKS = [chr(code) for code in (0xAD, 0x180E, 0x3000, 0x200B, 0x2060, 0xFEFF, 1, 0x7F, 0xA0)]
BLANKS += [chr(code) for code in (0x3164, 0x2800, 0x034F, 0x200E, 0xFE0F, 0x17B4)]


@pytest.mark.parametrize("blank", ["", " ", "  ", "\t", "\n", "\u2028", *BLANKS])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "|", "%", *"\uff1d\uff0b\ufe66\u207a\u2212"])
def test_a_formula_behind_any_blank_is_text(blank: str, sign: str) -> None:
    assert defuse(f"{blank}{sign}1+1").startswith(("'", "\ufffd"))


@pytest.mark.parametrize("text", ["Hola", " Hola", "a=b", "52-55", "\u200bHola", "", "\xad"])
def test_an_ordinary_text_is_unchanged(text: str) -> None:
    assert defuse(text) == text


@pytest.mark.parametrize("end", list("\v\f\x1c\x1d\x1e\x85\u2028\u2029\r\n"))
def test_nothing_in_a_cell_ends_its_row(end: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(["a", defuse(f"one{end}two"), "b"])
    written = buffer.getvalue()
    assert written == 'a,"one\ntwo",b\r\n'
