"""Tests that the documentation shows the programs in other languages that the tests run."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/clients-in-other-languages.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("peer", ["php/peer.php", "node/peer.js"])
def test_the_page_shows_the_program_that_is_run(peer: str) -> None:
    assert (ROOT / "contract_tests/peers" / peer).read_text(encoding="utf-8").rstrip() in PAGE
