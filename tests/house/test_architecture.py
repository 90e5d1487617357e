"""Tests that the page on architecture names exactly the packages that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def rooms(package: Path) -> set[str]:
    """Return the package's modules and folders, by the names that an import uses."""
    return {
        path.stem
        for path in package.iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }


def named(section: str) -> set[str]:
    """Return the modules in the second column of a section's table."""
    text = PAGE.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[2] for line in text.splitlines() if line.startswith("| ")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize(
    ("section", "package"),
    [
        ("The client's floors", "client/convergia_sms"),
        ("The mock server's floors", "mockserver/convergia_mockserver"),
        ("The contract tests' floors", "contract_tests/convergia_contract"),
    ],
)
def test_the_page_names_every_room_of_a_package_and_no_other(section: str, package: str) -> None:
    assert named(section) == rooms(ROOT / package)
