"""How the tests are run: what is exhaustive, and what a child of a test starts with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.exhaustive import LIST, load_parts

ROOT = Path(__file__).parents[2]
SIGNALS_OF_A_CHILD = """
import subprocess, sys
from tests.default_signals import do_not_ignore_signals
do_not_ignore_signals()
child = (
    "import signal as s;"
    "print(*[s.getsignal(n) is s.SIG_IGN for n in (s.SIGHUP, s.SIGINT, s.SIGQUIT)])"
)
sys.exit(subprocess.run([sys.executable, "-c", child]).returncode)
"""


def test_a_child_starts_with_default_signals_where_the_run_ignores_them() -> None:
    ignoring = 'trap "" HUP INT QUIT; exec "$@"'  # as `nohup make test &` does
    done = subprocess.run(
        ["sh", "-c", ignoring, "sh", sys.executable, "-c", SIGNALS_OF_A_CHILD],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.split() == ["False"] * 3, done.stderr


def test_exhaustive_parts_fit_into_the_budget(tmp_path: Path) -> None:
    assert load_parts()
    too_much = LIST.read_text(encoding="utf-8") + '\n[parts.more]\nwhat = "more"\nminutes = 999\n'
    (tmp_path / "list.toml").write_text(too_much, encoding="utf-8")
    with pytest.raises(ValueError, match="the budget is"):
        load_parts(tmp_path / "list.toml")


def test_an_exhaustive_test_names_its_part(tmp_path: Path) -> None:
    test = 'import pytest\n\n@pytest.mark.exhaustive("unlisted")\ndef test_it(): pass\n'
    (tmp_path / "test_it.py").write_text(test, encoding="utf-8")
    options = ["-p", "tests.conftest", "-c", f"{ROOT}/pyproject.toml", "--rootdir", f"{tmp_path}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "test_it.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "'unlisted' is not a part of exhaustive.toml" in done.stderr + done.stdout
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
