"""Tests of the command on terminals and in pipes, in a process of its own each time."""

from __future__ import annotations

import errno
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from convergia_sms.cli._failures import CommandFailure
from convergia_sms.cli._group import _unwritable_worded

from tests.exhaustive import sampled
from tests.processes import Child

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convergia_mockserver import MockServer

    from tests.cli.conftest import Convergia

PROGRAM = [sys.executable, "-c", "from convergia_sms.cli import main; main()"]


def environment(convergia: Convergia, **more: str) -> dict[str, str]:
    known = {key: value for key, value in convergia.environment.items() if value}
    return {"PATH": os.environ["PATH"], **known, **more}


def run(
    convergia: Convergia, *arguments: str, stdout: int = subprocess.PIPE, **more: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(convergia, **more),
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )


def on_a_terminal(convergia: Convergia, *arguments: str, **more: str) -> bytes:
    """Return the bytes that a terminal gets."""
    ours, theirs = pty.openpty()
    with Child(
        [*PROGRAM, *arguments],
        env=environment(convergia, TERM="xterm-256color", **more),
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 65_536):
                seen += piece
        except OSError:  # how Linux tells that the other side has closed
            pass
    os.close(ours)
    return seen


@pytest.mark.parametrize("charset", ["latin-1", "cp1252", "cp437"])
def test_characters_that_a_terminal_cannot_show_are_escaped(
    convergia: Convergia, charset: str
) -> None:
    done = run(convergia, "send", "5512345678", "ñ 😀", "--dry-run", PYTHONIOENCODING=charset)

    assert "damaged\t\\U0001f600\n" in done.stdout.decode(charset)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", [("codes",), ("send", "5512345678", "Hola"), ("doctor",)])
def test_a_reader_that_has_gone_changes_no_exit_code(
    convergia: Convergia, arguments: Sequence[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(convergia, *arguments, stdout=writing)
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
def test_a_message_that_cannot_be_logged_on_a_full_disk_is_reported_on_standard_error(
    convergia: Convergia, gateway: MockServer
) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = run(convergia, "send", "5512345678", "Hola", stdout=full.fileno())

    (message,) = gateway.space().messages
    accepted = f"message {message.id} was accepted, but standard output cannot be written: No space"
    assert accepted in done.stderr.decode()
    assert done.returncode == 3


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (errno.EMFILE, "Too many open files"),
        (errno.ENOSPC, "standard output: No space left on device"),
    ],
)
def test_only_an_error_of_writing_is_one_of_standard_output(code: int, says: str) -> None:
    with pytest.raises(CommandFailure) as caught, _unwritable_worded():
        raise OSError(code, os.strerror(code))
    assert caught.value.message == says


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("command", ["codes", "--version", "bulk --help"])
def test_a_full_disk_is_an_error_and_no_traceback(convergia: Convergia, command: str) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = run(convergia, *command.split(), stdout=full.fileno())

    assert done.stderr.decode() == "Error: standard output: No space left on device\n"
    assert done.returncode == 1


def test_an_error_is_red_on_a_terminal(convergia: Convergia) -> None:
    assert b"\x1b[31m" in on_a_terminal(convergia, "send", "520000000204", "Hola")


@pytest.mark.parametrize(
    "arguments",
    sampled([["send", "520000000204", "Hola"], ["doctor"], ["--help"]], "variants", every=3),
)
def test_no_color_switches_colours_off(convergia: Convergia, arguments: Sequence[str]) -> None:
    seen = on_a_terminal(convergia, *arguments, NO_COLOR="1")

    assert seen
    for colour in range(30, 38):
        assert b"\x1b[%dm" % colour not in seen


def test_an_error_is_printed_once(convergia: Convergia) -> None:
    done = run(convergia, "send", "520000002002", "Hola")  # accepted, then reset

    cause, cure = done.stderr.decode().splitlines()
    assert cause.startswith("Error: the message may have been sent: ")
    assert cure.startswith("Hint: ")
    assert done.returncode == 3
