"""Do what a page of the documentation asks its reader to do.

    python -m tests.docs.run_page PAGE HOST:PORT [PYTEST]

A process of its own for each page, as the reader's would be: what a page does to logging or to
telemetry ends with it. The current folder is the page's; HOST:PORT is its gateway's.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import gc
import inspect
import io
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from tests.docs.page import Step, matches, steps

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

DEFAULT_ADDRESS = "127.0.0.1:8181"
_SESSION_FIXTURE = '@pytest.fixture(scope="session")'


class Surprise(Exception):  # noqa: N818
    """The page says one thing and the code does another."""


def run(page: Path, address: str, *pytest_: str) -> None:
    """Take the steps of `page`, top to bottom, in one namespace and one event loop.

    Args:
        page: whose steps.
        address: its gateway's `HOST:PORT`.
        pytest_: the command that runs a page's tests; this interpreter's when left out.
    """
    pytest_ = pytest_ or (sys.executable, "-m", "pytest")
    namespace: dict[str, object] = {"__name__": "__main__"}
    tests: list[str] = []  # not yet run: one pytest for all that stand between two commands
    with asyncio.Runner() as loop:
        for step in steps(page):
            source = step.source.replace(DEFAULT_ADDRESS, address)
            match step.kind:
                case "python":
                    printed = _run_python(page, step, source, namespace, loop)
                    _compare(page, step, step.output, printed.replace(address, DEFAULT_ADDRESS))
                case "test":
                    if _SESSION_FIXTURE in source:  # it must not meet a server made before it
                        _run_tests(pytest_, tests)
                    tests.append(f"test_line_{step.line}.py")
                    Path(tests[-1]).write_text(source, encoding="utf-8")
                case "console":
                    _run_tests(pytest_, tests)
                    _run_console(page, step, source, address)
                case "file":
                    target = Path(step.name)
                    if target.exists():
                        _run_tests(pytest_, tests)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(source, encoding="utf-8")
    _run_tests(pytest_, tests)


def _run_python(
    page: Path, step: Step, source: str, namespace: dict[str, object], loop: asyncio.Runner
) -> str:
    # Blank lines in front make a traceback name the page's own line.
    padded = "\n" * (step.line - 1) + source
    code = compile(padded, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        result: Coroutine[object, object, None] | None = eval(code, namespace)
        if code.co_flags & inspect.CO_COROUTINE and result is not None:
            loop.run(result)
    return printed.getvalue()


def _run_tests(pytest_: Sequence[str], files: list[str]) -> None:
    if files:
        command = [*pytest_, "-q", "-p", "no:cacheprovider", *files]
        files.clear()
        subprocess.run(command, check=True)


def _run_console(page: Path, step: Step, source: str, address: str) -> None:
    """Lines after `$ ` are commands (a backslash goes on); what stands below one is its output."""
    for chunk in source.split("\n$ ") if source.startswith("$ ") else []:
        command, output = _command(chunk.removeprefix("$ "))
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, check=False, timeout=120
        )
        printed = (done.stdout + done.stderr).replace(address, DEFAULT_ADDRESS)
        if done.returncode and not output:
            raise Surprise(f"{page.name}:{step.line}: `{command}` failed:\n{printed}")
        _compare(page, step, output, printed)


def _command(chunk: str) -> tuple[str, str | None]:
    lines = chunk.splitlines()
    end = next(index for index, line in enumerate(lines, 1) if not line.endswith("\\"))
    return "\n".join(lines[:end]), "\n".join(lines[end:]) or None


def _compare(page: Path, step: Step, expected: str | None, printed: str) -> None:
    if expected is not None and not matches(expected, printed):
        raise Surprise(
            f"{page.name}:{step.line}: the page shows\n\n{expected}\nand it printed\n\n{printed}"
        )


def main(page: str, address: str, *pytest_: str) -> None:
    """Run a page; what it leaves open is told on standard error."""
    for category in (ResourceWarning, RuntimeWarning):
        warnings.simplefilter("error", category)
    run(Path(page), address, *pytest_)
    gc.collect()


if __name__ == "__main__":
    main(*sys.argv[1:])
