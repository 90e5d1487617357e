"""Tests that every page does what it says, and that every link leads somewhere."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.page import steps
from tests.warm import CONVERGIA, PYTEST, RUN_PAGE

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "*/README.md", "contract_tests/*/README.md")
    for path in ROOT.glob(pattern)
)
# Their examples run the contract suite or wait for many commands.
SLOW = {
    "bulk.md",
    "cli.md",
    "contract-tests.md",
    "one-time-codes.md",
    "probe.md",
    "pytest.md",
    "rehearse.md",
    "scripts.md",
}
_LINK = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _missing_programs(page: Path) -> list[str]:
    """Return the programs that a page's commands start and this machine lacks."""
    commands = "\n".join(step.source for step in steps(page) if step.kind == "console")
    return [
        program
        for program in ("curl",)
        if re.search(rf"\b{program} ", commands) and shutil.which(program) is None
    ]


def _is_exhaustive(page: Path) -> bool:
    return page.parent.name == "es" or page.name in {"README.es.md", *SLOW}


@pytest.mark.parametrize(
    "page",
    [
        # A translated page has the commands of its English twin; test_spanish_pages compares them.
        pytest.param(page, marks=pytest.mark.exhaustive("pages") if _is_exhaustive(page) else [])
        for page in PAGES
        if steps(page)
    ],
    ids=_name,
)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    if missing := _missing_programs(page):
        pytest.skip(f"{', '.join(missing)} not installed")
    mockserver = importlib.import_module("convergia_mockserver")
    with mockserver.MockServer() as server:
        environment = {
            **{key: value for key, value in os.environ.items() if "CONVERGIA" not in key},
            "CONVERGIA_BASE_URL": server.base_url,
            "CONVERGIA_USERNAME": "demo",
            "CONVERGIA_PASSWORD": "demo",
            "PATH": f"{CONVERGIA.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        }
        if page.parent.name == "es":
            environment["CONVERGIA_LANG"] = "es"
        done = subprocess.run(
            [*RUN_PAGE, page, server.base_url.split("//")[1], PYTEST],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Exception ignored" not in done.stderr, done.stderr  # what it left open


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    for target, anchor in _LINK.findall(text):
        file = (page.parent / target) if target else page
        assert file.exists(), f"{_name(page)} links to {target}, which is not there"
        if anchor and file.suffix == ".md":
            assert anchor in _anchors(file), f"{_name(page)}: no heading {target}#{anchor}"


def test_every_page_is_on_the_index() -> None:
    listed = set(re.findall(r"\]\((\w[\w-]*\.md)", (ROOT / "docs/index.md").read_text("utf-8")))
    assert {page.name for page in ROOT.glob("docs/*.md")} - {"index.md"} <= listed


def _anchors(page: Path) -> set[str]:
    """The headings as GitHub names them."""
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in _HEADING.findall(text)
    }
