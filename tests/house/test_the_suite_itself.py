"""Tests of the test run: which tests are exhaustive, and how a test's child processes start."""

from __future__ import annotations

import os
import re
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


def test_a_child_process_starts_with_default_signals_even_if_the_run_ignores_them() -> None:
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


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_no_file_holds_a_conflict_of_a_merge() -> None:
    found = subprocess.run(
        ["git", "grep", "--line-number", "-E", "^(<<<<<<<|>>>>>>>) "],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (found.returncode, found.stdout) == (1, "")


def test_exhaustive_parts_fit_into_the_budget(tmp_path: Path) -> None:
    assert load_parts()
    too_much = LIST.read_text(encoding="utf-8") + '\n[parts.more]\nwhat = "more"\nminutes = 999\n'
    (tmp_path / "list.toml").write_text(too_much, encoding="utf-8")
    with pytest.raises(ValueError, match="the budget is"):
        load_parts(tmp_path / "list.toml")


def run_suite(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Run one test file as this suite is run."""
    (folder / "test_it.py").write_text(source, encoding="utf-8")
    options = ["-p", "tests.conftest", "-c", f"{ROOT}/pyproject.toml", "--rootdir", f"{folder}"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "test_it.py"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_exhaustive_test_names_its_part(tmp_path: Path) -> None:
    done = run_suite(
        tmp_path, 'import pytest\n\n@pytest.mark.exhaustive("unlisted")\ndef test_it(): pass\n'
    )
    assert "'unlisted' is not a part of exhaustive.toml" in done.stderr + done.stdout
    assert done.returncode == pytest.ExitCode.USAGE_ERROR


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.exhaustive("variants")
def test_leftovers_of_a_test_fail_the_run_and_are_removed(tmp_path: Path) -> None:
    done = run_suite(
        tmp_path,
        """
import socket, subprocess, tempfile

LEFT = []

def test_it():
    LEFT.append(socket.create_server(("127.0.0.1", 0)))
    LEFT.append(tempfile.mkdtemp(prefix="forgotten"))
    shell = subprocess.run(["sh", "-c", "sleep 987 >/dev/null & echo $!"], stdout=-1)
    print("left", shell.stdout.decode())
    assert False
""",
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert re.search(r"process \d+: sleep 987", done.stdout)
    assert re.search(r"port \d+", done.stdout)
    assert "temporary file forgotten" in done.stdout
    orphan = re.search(r"left (\d+)", done.stdout)
    assert orphan
    assert not Path(f"/proc/{orphan[1]}").exists()


@pytest.mark.timeout(50)
@pytest.mark.exhaustive("variants")
def test_a_test_that_hangs_fails_and_the_run_goes_on(tmp_path: Path) -> None:
    done = run_suite(
        tmp_path,
        """
import pytest, sys
from tests.processes import Child

@pytest.mark.timeout(1)
def test_it():
    with Child([sys.executable, "-c", "import signal; signal.pause()"]) as child:
        child.wait()

def test_the_next(): pass
""",
    )
    assert "Timeout (>1.0s)" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
