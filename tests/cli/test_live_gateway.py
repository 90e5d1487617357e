"""Tests of the question on a terminal before paid messages go to the live gateway.

No test reaches the live gateway. CONVERGIA_FORBID_LIVE is set, and its error follows a yes.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import click.testing
import pytest
from convergia_sms.cli import main
from convergia_wsdl import load_guide

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = [sys.executable, "-c", "from convergia_sms.cli import main; main(prog_name='convergia')"]
QUESTION = (
    "smswebservices.convergia.net.mx is the live gateway. Account tienda pays for 1 message:"
    " 2 SMS parts."
)
LONG = "á" * 80  # two parts in UCS-2
SENDING = {
    "send": ["send", "5512345678", LONG],
    "bulk send": ["bulk", "send", "rows.csv"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text(f"number,message\n5512345678,{LONG}\n", encoding="utf-8")
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": "200",
        "CONVERGIA_BASE_URL": load_guide().base_url,
        "CONVERGIA_USERNAME": "tienda",
        "CONVERGIA_PASSWORD": "s3cr3t",
        "CONVERGIA_FORBID_LIVE": "1",
    }


def on_a_terminal(folder: Path, *arguments: str, answer: str = "") -> tuple[str, int]:
    """Type `answer` at the question. Return the terminal's text and the exit code."""
    child, terminal = pty.fork()
    if child == 0:  # only exec: this is a copy of pytest
        os.chdir(folder)
        os.execve(sys.executable, [*PROGRAM, *arguments], environment(folder))
    shown = b""
    try:
        while chunk := os.read(terminal, 65536):
            shown += chunk
            if answer and b"Send it? [y/N]: " in shown:
                os.write(terminal, answer.encode())
                answer = ""
    except OSError:  # Linux's word for the end
        pass
    finally:
        os.close(terminal)
    _, status = os.waitpid(child, 0)
    return shown.decode(), os.waitstatus_to_exitcode(status)


@pytest.mark.parametrize("name", SENDING)
def test_answering_no_sends_nothing(name: str, folder: Path) -> None:
    shown, code = on_a_terminal(folder, *SENDING[name], answer="n\n")
    assert QUESTION in shown
    assert "nothing was sent" in shown
    assert "CONVERGIA_FORBID_LIVE" not in shown
    assert code == 1


def test_answering_yes_sends(folder: Path) -> None:
    shown, code = on_a_terminal(folder, *SENDING["send"], answer="y\n")
    assert QUESTION in shown
    assert "CONVERGIA_FORBID_LIVE is set" in shown
    assert code == 1


@pytest.mark.parametrize("extra", [["--yes"], ["--dry-run"]])
def test_no_confirmation_is_asked_with_yes_or_without_a_send(
    extra: list[str], folder: Path
) -> None:
    shown, _ = on_a_terminal(folder, *SENDING["send"], *extra)
    assert "live gateway. Account" not in shown


def test_a_script_is_not_asked(folder: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, *SENDING["send"]],
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Send it?" not in done.stderr
    assert "CONVERGIA_FORBID_LIVE is set" in done.stderr
    assert "Hint: set CONVERGIA_BASE_URL to a mock server" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    "command", [SENDING["bulk send"], ["bulk", "resume"], ["worker", "--until-empty"], ["worker"]]
)
def test_a_forbidden_gateway_is_refused_before_anything_is_queued_or_tried(
    folder: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(folder).items():
        if name.startswith("CONVERGIA_"):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    done = click.testing.CliRunner().invoke(main, command)
    assert "CONVERGIA_FORBID_LIVE is set" in done.stderr
    assert "Hint: set CONVERGIA_BASE_URL to a mock server" in done.stderr
    assert done.exit_code == 1
    looked = click.testing.CliRunner().invoke(main, ["bulk", "status", "--json"])
    assert json.loads(looked.stdout)["total"] == 0
