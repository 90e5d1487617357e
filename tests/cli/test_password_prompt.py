"""Tests of the hidden password prompt, which appears only if no password is configured."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.cli.conftest import PASSWORD

if TYPE_CHECKING:
    from convergia_mockserver import MockServer

    from tests.cli.conftest import Convergia

_PROGRAM = "from convergia_sms.cli import main; main(prog_name='convergia')"


def test_on_a_terminal_the_password_is_asked_for_and_not_shown(
    convergia: Convergia, gateway: MockServer
) -> None:
    message_id = convergia.json("send", "5512345678", "Hola")["message_id"]
    environment = {
        "PATH": os.environ["PATH"],
        "CONVERGIA_BASE_URL": gateway.base_url,
        "CONVERGIA_USERNAME": "tienda",
    }
    child, terminal = pty.fork()
    if child == 0:  # only exec: this is a copy of pytest
        os.execve(
            sys.executable, [sys.executable, "-c", _PROGRAM, "status", message_id], environment
        )
    shown = _converse(terminal, "Password: ", PASSWORD + "\n")
    _, status = os.waitpid(child, 0)
    assert "DELIVERED" in shown
    assert PASSWORD not in shown
    assert os.waitstatus_to_exitcode(status) == 0


def _converse(terminal: int, question: str, answer: str) -> str:
    """Type `answer` when `question` shows. Return the terminal's text at the end."""
    shown = b""
    answered = False
    try:
        while chunk := os.read(terminal, 65536):
            shown += chunk
            if not answered and question.encode() in shown:
                os.write(terminal, answer.encode())
                answered = True
    except OSError:  # Linux's word for the end
        pass
    finally:
        os.close(terminal)
    return shown.decode()


def test_without_a_terminal_there_is_no_question(gateway: MockServer) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, "status", "1"],
        env={"CONVERGIA_BASE_URL": gateway.base_url, "CONVERGIA_USERNAME": "tienda"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "the password is missing" in done.stderr
    assert done.returncode == 2
