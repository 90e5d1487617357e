"""Tests that the documentation's site has every page, and that each page is complete."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.docs.site import problems
from tests.docs.versions import record

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def _in_navigation(entry: object) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        for each in entry.values():
            yield from _in_navigation(each)
    elif isinstance(entry, list):
        for each in entry:
            yield from _in_navigation(each)


def test_every_page_stands_in_the_navigation_once() -> None:
    settings = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    listed = sorted(_in_navigation(settings["project"]["nav"]))
    assert listed == sorted(page.relative_to(DOCS).as_posix() for page in PAGES)


def test_the_link_to_the_other_language_knows_every_spanish_page() -> None:
    settings = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    spanish = [page.stem for page in sorted((DOCS / "es").glob("*.md"))]
    urls = sorted("" if name == "index" else f"{name}/" for name in spanish)
    assert settings["project"]["extra"]["translated"] == urls


def test_a_page_begins_with_what_its_reader_gets() -> None:
    """Records of decisions have a form of their own."""
    link = re.compile(r"^\[[^\]]*\]\([^)]*\)$|^<!-- .* -->$")
    for page in PAGES:
        if page.parent.name == "decisions":
            continue
        lines = page.read_text("utf-8").splitlines()[1:]
        first = next(line for line in lines if line and not link.match(line))
        assert re.match("After |On this page you find |Al terminar ", first), page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_a_page_has_no_broken_links(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", page.read_text("utf-8")):
        assert (page.parent / target).resolve().is_relative_to(DOCS), target


def test_the_check_of_the_site_finds_broken_links_foreign_assets_and_wrong_languages(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "es").mkdir()
    (tmp_path / "es/index.html").write_text('<html lang="en"></html>')
    (tmp_path / "index.html").write_text(
        '<html lang="en"><h1 id="top">x</h1>'
        '<a href="a/#here">ok</a><a href="a/#gone">no</a><a href="b/">no</a>'
        '<a href="https://elsewhere.example/">may</a><script src="https://cdn.example/x.js"></script>'
    )
    (tmp_path / "a/index.html").write_text(
        '<html lang="en"><h1 id="here">x</h1><a href="..">ok</a>'
    )
    assert problems(tmp_path) == [
        'es/index.html is not marked as lang="es"',
        "index.html links to a/#gone: no such heading",
        "index.html links to b/: no such page",
        "index.html loads https://cdn.example/x.js",
    ]
    assert problems(tmp_path / "empty") == [f"{tmp_path}/empty has no page; run `make docs`"]


def test_the_menu_of_versions_begins_with_the_newest_and_the_start_page_leads_there(
    tmp_path: Path,
) -> None:
    for version in ("0.9.0", "0.10.0", "0.9.1", "0.9.0"):
        record(tmp_path, version)
    listed = json.loads((tmp_path / "versions.json").read_text(encoding="utf-8"))
    assert [each["version"] for each in listed] == ["0.10.0", "0.9.1", "0.9.0"]
    assert [each["aliases"] for each in listed] == [["latest"], [], []]
    assert "url=0.10.0/" in (tmp_path / "index.html").read_text(encoding="utf-8")
