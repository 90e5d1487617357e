"""Tests that docstrings do not begin with a question word. ruff's D401 checks only functions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RIDDLES = frozenset({"How", "Of", "One", "What", "Where", "Whether", "Which", "Who"})
FOLDERS = (
    "benchmarks",
    "client",
    "contract_tests",
    "deploy",
    "examples",
    "mockserver",
    "tests",
    "wsdl",
)


def riddles_in(source: str) -> list[str]:
    """Return the first lines of docstrings that begin with one of the words."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node) or ""
            if text.partition(" ")[0] in RIDDLES:
                found.append(text.partition("\n")[0])
    return found


def test_a_docstring_that_begins_with_a_question_word_is_found() -> None:
    source = '"""What it is."""\n@property\ndef f() -> int:\n    """Whether: one word."""\n'
    assert riddles_in(source) == ["What it is."]
    assert riddles_in('class A:\n    """How it goes.\n\n    More."""\n') == ["How it goes."]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_docstring_begins_with_a_question_word(folder: str) -> None:
    sources = sorted((ROOT / folder).rglob("*.py"))
    assert sources
    found = {
        str(path.relative_to(ROOT)): riddles
        for path in sources
        if (riddles := riddles_in(path.read_text(encoding="utf-8")))
    }
    assert found == {}
