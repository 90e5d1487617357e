"""Tests of the modules that the command imports, which decide how fast it starts."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("zeep", "lxml", "aiohttp", "urllib3", "requests", "rich", "msgspec", "asyncio", "ssl")
MOCK = ("convergia_mockserver", "convergia_contract", "spyne", "fastapi", "starlette", "uvicorn")


def _imported_by(*arguments: str) -> set[str]:
    """The top-level modules that a run of `convergia` had imported at its end."""
    return {name.partition(".")[0] for name in _modules(*arguments)}


def _modules(*arguments: str) -> list[str]:
    program = (
        "import sys, json, atexit\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = ['convergia', *{arguments!r}]\n"
        "from convergia_sms.cli import main\n"
        "main()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    modules: list[str] = json.loads(run.stderr.splitlines()[-1])
    return modules


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_and_version_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert _imported_by(*arguments).isdisjoint(HEAVY + MOCK)


def test_english_help_reads_no_catalogue() -> None:
    assert "convergia_sms.cli._translation" not in _modules("--help")


def test_a_commands_help_imports_neither_zeep_nor_an_http_stack() -> None:
    assert _imported_by("codes", "--help").isdisjoint(HEAVY + MOCK)


def test_in_a_pipe_nothing_draws_tables() -> None:
    assert "rich" not in _imported_by("codes")
