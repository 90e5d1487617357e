"""Tests that the runner of the pages fails if a page is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.page import steps
from tests.docs.run_page import Surprise, run
from tests.warm import PYTEST

ADDRESS = "127.0.0.1:1"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "page.md"


def _fence(language: str, source: str) -> str:
    return f"```{language}\n{source}\n```\n"


def test_blocks_share_one_namespace_from_top_to_bottom(page: Path) -> None:
    page.write_text(_fence("python", "a = 41") + "\nThen:\n\n" + _fence("python", "assert a == 41"))
    run(page, ADDRESS)


def test_an_exception_names_the_pages_line(page: Path) -> None:
    page.write_text("# Title\n\n" + _fence("python", "a = 1\nraise KeyError(a)"))
    with pytest.raises(KeyError) as raised:
        run(page, ADDRESS)
    assert (Path(raised.traceback[-1].path), raised.traceback[-1].lineno + 1) == (page, 5)


def test_a_block_may_await(page: Path) -> None:
    page.write_text(_fence("python", "import asyncio\nawait asyncio.sleep(0)\ndone = 1"))
    run(page, ADDRESS)


def test_the_output_shown_must_be_the_output(page: Path) -> None:
    page.write_text(_fence("python", "print('one\\ntwo')") + "\n" + _fence("text", "one\n…"))
    run(page, ADDRESS)
    page.write_text(_fence("python", "print('one')") + "\n" + _fence("text", "two"))
    with pytest.raises(Surprise, match="the page shows"):
        run(page, ADDRESS)


def test_commands_run_and_their_output_must_be_the_one_shown(page: Path) -> None:
    page.write_text(_fence("console", "$ echo one\none\n$ echo \\\n  two\ntwo\n$ true"))
    run(page, ADDRESS)
    page.write_text(_fence("console", "$ true\n$ echo one\ntwo"))
    with pytest.raises(Surprise, match="the page shows"):
        run(page, ADDRESS)


def test_a_command_without_output_must_succeed(page: Path) -> None:
    page.write_text(_fence("console", "$ false"))
    with pytest.raises(Surprise, match="`false` failed"):
        run(page, ADDRESS)


def test_the_default_address_stands_for_the_pages_gateway(page: Path) -> None:
    page.write_text(_fence("python", "url = 'http://127.0.0.1:8181/'\nassert ':1/' in url"))
    run(page, ADDRESS)


def test_a_file_is_there_for_the_blocks_below(page: Path) -> None:
    page.write_text(
        "<!-- file: a/b.toml -->\n"
        + _fence("toml", "x = 1")
        + _fence("console", "$ cat a/b.toml\nx = 1")
    )
    run(page, ADDRESS)


def test_a_test_in_a_page_is_run_by_pytest(page: Path) -> None:
    page.write_text(_fence("python", "def test_it(tmp_path):\n    assert tmp_path.exists()"))
    run(page, ADDRESS, str(PYTEST))
    page.write_text(_fence("python", "def test_it():\n    assert False"))
    with pytest.raises(Exception, match="non-zero exit status 1"):
        run(page, ADDRESS, str(PYTEST))


def test_an_opt_out_needs_a_reason(page: Path) -> None:
    page.write_text("<!-- not run: needs a paid account -->\n" + _fence("python", "1 / 0"))
    run(page, ADDRESS)
    page.write_text("<!-- not run -->\n" + _fence("python", "1 / 0"))
    with pytest.raises(ValueError, match="gives no reason"):
        steps(page)


def test_an_indented_block_counts(page: Path) -> None:
    page.write_text("1. First:\n\n   ```python\n   if True:\n       1 / 0\n   ```\n")
    with pytest.raises(ZeroDivisionError):
        run(page, ADDRESS)
