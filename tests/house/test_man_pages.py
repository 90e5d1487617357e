"""Tests that `make man` writes a page for each command from `--help`, in both languages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from convergia_sms.cli._catalogue import CATALOGUE

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_every_command_has_a_man_page(tmp_path: Path) -> None:
    binaries = Path(sys.executable).parent
    # The environment is this one: nothing is to be set up.
    command = ["make", "man", "--assume-old=setup", f"BIN={binaries}", f"MAN_PAGES={tmp_path}/man"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    pages, spanish = (
        {page.stem: page.read_text("utf-8") for page in folder.glob("*.1")}
        for folder in (tmp_path / "man", tmp_path / "man/es")
    )
    assert {f"convergia-{name}" for name in CATALOGUE} <= pages.keys()
    assert "Exit codes: 0 done" in pages["convergia"]
    assert r"\-\-dry\-run" in pages["convergia-send"]
    assert spanish.keys() == pages.keys()
    assert "Códigos de salida: 0 listo" in spanish["convergia"]
    assert ".SH OPCIONES" in spanish["convergia-send"]
    for page in (*pages.values(), *spanish.values()):
        name = page.partition("\n.SH ")[2].splitlines()[1]
        assert name.startswith("convergia")
        assert not name.endswith(("...", "…"))
        assert "\b" not in page
