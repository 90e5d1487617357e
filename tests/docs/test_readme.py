"""Tests that the READMEs agree with the code and the contract, in both languages."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from convergia_sms.cli import main
from convergia_wsdl import load_profile

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
READMES = pytest.mark.parametrize("name", ["README.md", "README.es.md"])


def _rows(page: str, width: int) -> list[list[str]]:
    """The tables' rows with so many cells, as the cells' texts."""
    rows = [line.strip().strip("|").split("|") for line in page.splitlines() if line[:2] == "| "]
    return [[cell.strip() for cell in row] for row in rows if len(row) == width]


@READMES
def test_the_tables_of_codes_are_those_of_the_command(name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    tables = json.loads(CliRunner().invoke(main, ["codes", "--json"]).stdout)
    send = [
        [
            str(row["code"]),
            row["description"],
            f"`{row['error'] or 'Receipt'}`",
            "retryable" if row["retryable"] else "",
        ]
        for row in tables["send"]
    ]
    status = [
        [str(row["code"]), row["description"], f"`{row['error'] or row['state']}`"]
        for row in tables["status"]
    ]
    assert [row for row in _rows(page, 4) if row[0].isdigit()] == send
    assert [row for row in _rows(page, 3) if row[0].isdigit()] == status


@READMES
def test_every_extra_is_listed(name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    listed = re.findall(r"^\| `convergia-sms\[(\w+)\]`", page, re.MULTILINE)
    assert set(listed) == PROJECT["optional-dependencies"].keys() - {"dev", "docs", "release"}


@READMES
def test_the_assumptions_shown_are_those_of_the_profile(name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    profile = load_profile()
    assert ", ".join(map(str, sorted(profile.errors.retryable))) in page
    assert f"| {profile.text.max_length} {'' if name.endswith('.es.md') else 'characters'}" in page
    assert f"{profile.reply.soap.send.separator}{profile.message_id.first}`" in page


def test_the_spanish_page_has_the_english_ones_sections_and_blocks() -> None:
    english, spanish = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.es.md")
    )
    for pattern in (r"^#+ ", r"^```\w*", r"^\| ", r"\]\([^)h]"):
        counts = [len(re.findall(pattern, page, re.MULTILINE)) for page in (english, spanish)]
        assert counts[0] == counts[1], pattern
