"""Tests that each Spanish page has the structure, the links and the names of its English page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPANISH = ROOT / "docs/es"
PAIRS = [
    (ROOT / "README.md", ROOT / "README.es.md"),
    *((ROOT / "docs" / page.name, page) for page in sorted(SPANISH.glob("*.md"))),
]
IDS = [english.stem for english, _ in PAIRS]
both = pytest.mark.parametrize(("english", "spanish"), PAIRS, ids=IDS)

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://)([^)\s]+)\)")
_NAME = re.compile(r"CONVERGIA_[A-Z_]+|(?<![\w-])--[a-z][a-z-]+|\b\w+Error\b|\b[\d,]*\d\b")
_MARK = re.compile(r"^(\#+) |^(<!-- [^>]*-->)$|^( *(?:-|\d+\.)) |^(\|)", re.MULTILINE)


def test_the_pages_that_spanish_readers_need_exist() -> None:
    assert {page.stem for page in SPANISH.glob("*.md")} >= {
        "index", "tutorial", "errors-and-retries", "go-live", "bulk", "mockserver",
    }  # fmt: skip


@both
def test_headings_lists_and_tables_have_the_same_shape(english: Path, spanish: Path) -> None:
    shapes = [_shape(page.read_text(encoding="utf-8")) for page in (english, spanish)]
    assert shapes[0] == shapes[1]


@both
def test_the_same_commands_and_code_run(english: Path, spanish: Path) -> None:
    blocks = [
        [(kind, _essence(kind, source)) for kind, source in _BLOCK.findall(page.read_text("utf-8"))]
        for page in (english, spanish)
    ]
    assert blocks[0] == blocks[1]


@both
def test_the_same_options_variables_errors_and_figures_are_named(
    english: Path, spanish: Path
) -> None:
    named = [set(_NAME.findall(page.read_text(encoding="utf-8"))) for page in (english, spanish)]
    assert named[0] == named[1]


@both
def test_the_same_pages_are_linked(english: Path, spanish: Path) -> None:
    assert _targets(english) == _targets(spanish)


@both
def test_each_page_leads_to_the_other(english: Path, spanish: Path) -> None:
    for page, other in ((english, spanish), (spanish, english)):
        links = _LINK.findall(page.read_text(encoding="utf-8"))
        assert other in [(page.parent / link).resolve() for link in links]


def test_spanish_pages_address_the_reader_as_usted() -> None:
    """Forms of tú and vos that are no other word."""
    familiar = re.compile(
        r"\b(?:tú|tus?|tuy[oa]s?|contigo|puedes|quieres|tienes|debes|necesitas|tengas|vos|"
        r"pruébalo|instálalo|guárdalo|envíalo|déjalo|ejecútalo)\b"
    )
    for _, page in PAIRS:
        prose = _BLOCK.sub("", page.read_text(encoding="utf-8"))
        assert familiar.findall(prose.lower()) == [], page.name


def _shape(text: str) -> list[tuple[str, int]]:
    """Return each heading, list item and table row outside of blocks, with its number of cells."""
    shape = []
    for line in _BLOCK.sub("", text).splitlines():
        if found := _MARK.match(line):
            mark = next(filter(None, found.groups()))
            shape.append((mark, line.replace(r"\|", "").count("|") if mark == "|" else 0))
    return shape


def _essence(kind: str, source: str) -> object:
    """Return what a block does; comments, texts and what is printed may be in another language."""
    if kind == "python":
        tree = compile(
            source,
            "",
            "exec",
            ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = "…"
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                node.name = "test"
        return ast.dump(tree)
    if kind == "console":
        commands = [line for line in source.splitlines() if line.startswith("$ ")]
        return [re.sub(r'--reason ".*?"', "--reason", line) for line in commands], len(
            source.splitlines()
        )
    if kind == "text":
        return len(source.splitlines())
    return [re.sub(r"\s+#.*|/[\w/]*(?:clon|clone)\b", "", line) for line in source.splitlines()]


def _targets(page: Path) -> list[tuple[str, str]]:
    """Return where a page's links lead, sorted; a Spanish page stands for its English one."""
    targets = []
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        pair = next((english for english, spanish in PAIRS if target in (english, spanish)), target)
        targets.append((pair.relative_to(ROOT).as_posix(), anchor))
    return sorted(targets)
