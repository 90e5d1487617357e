"""Tests of `convergia bulk` on a terminal: its output and Ctrl-C."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import Filter, Outbox

from tests.exhaustive import sampled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver import MockGateway

    from tests.cli.bulk.conftest import Shell

COMMAND = "import sys; from convergia_sms.cli import main; sys.exit(main())"
PATIENCE = 60.0
CTRL_C = b"\x03"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A terminal on which a command runs."""

    def __init__(self, child: int, descriptor: int) -> None:
        self._child = child
        self._descriptor = descriptor
        self.shown = ""

    def type(self, keys: bytes) -> None:
        os.write(self._descriptor, keys)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until it shows what `pattern` matches."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.shown)):
            assert self._read(deadline), f"it ended: {self.shown}"
        return found

    def end(self, again: bytes = b"") -> int:
        """Wait for the command's end; its exit code.

        Args:
            again: what to type once more whenever nothing comes for a second, until it is heard.
        """
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline, again):
            pass
        _, status = os.waitpid(self._child, 0)
        self._child = 0
        return os.waitstatus_to_exitcode(status)

    def watch(self, seconds: float) -> None:
        """Take output for some seconds, like a person who reads before pressing a key."""
        until = time.monotonic() + seconds
        while select.select([self._descriptor], [], [], max(0, until - time.monotonic()))[0]:
            assert self._read(until + PATIENCE), f"it ended: {self.shown}"

    def close(self) -> None:
        if self._child:
            os.kill(self._child, 9)
            os.waitpid(self._child, 0)
        os.close(self._descriptor)

    def _read(self, deadline: float, again: bytes = b"") -> bool:
        """Take the next output. Return False if nobody writes any more."""
        while not select.select([self._descriptor], [], [], 1)[0]:
            assert time.monotonic() < deadline, f"no more came: {self.shown}"
            if "Aborted" not in self.shown:
                self.type(again)
        try:
            came = os.read(self._descriptor, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # how Linux says that the other end is closed
                raise
            return False
        self.shown += _ESCAPES.sub("", came.decode(errors="replace"))
        return bool(came)


@contextmanager
def terminal(shell: Shell, *arguments: str) -> Iterator[Terminal]:
    environment = {**shell.environment, "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    child, descriptor = pty.fork()
    if child == 0:  # only exec: this is a copy of pytest
        os.chdir(shell.folder)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        os.execve(sys.executable, [sys.executable, "-c", COMMAND, *arguments], environment)
    screen = Terminal(child, descriptor)
    try:
        yield screen
    finally:
        screen.close()


@pytest.fixture
def file(shell: Shell) -> str:
    rows = "".join(f"5512345678,mensaje {number}\n" for number in range(200))
    return shell.file("a.csv", "celular,mensaje\n" + rows)


def test_a_progress_bar_shows_progress_rate_remaining_time_and_outcomes(
    shell: Shell, file: str
) -> None:
    with terminal(shell, "bulk", "send", file, "--batch", "b", "--rate", "100") as screen:
        screen.wait_for(r"Checking .*200/")
        screen.wait_for(r"Enqueueing .*200/200")
        screen.wait_for(r"Sending .* \d+/200 +\d+/s 0:00:\d\d +\d+ accepted")
        screen.wait_for(r"Sending .* 200/200 +\d+/s 0:00:00 +200 accepted")
        assert screen.end() == 0
        assert re.search(r"accepted +200", screen.shown)


def test_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(
    shell: Shell, file: str, convergia_mockserver: MockGateway
) -> None:
    convergia_mockserver.script(delay=0.2, operation="send", times=0)
    with terminal(shell, "bulk", "send", file, "--batch", "b", "--rate", "50") as screen:
        screen.wait_for(r"\d+ accepted")
        screen.type(CTRL_C)
        screen.wait_for("Stopping: waiting for messages in flight")
        code = screen.end()
    assert code == 1, screen.shown
    assert "stopped before the end; no message is lost" in screen.shown
    assert "continue with `convergia bulk resume b`" in screen.shown
    states = json.loads(shell.bulk("status", "b", "--json").stdout)["states"]
    sent = len(convergia_mockserver.messages)
    assert states == {"accepted": sent, "queued": 200 - sent}


def test_a_second_ctrl_c_aborts_requests_in_flight_with_unknown_outcomes(
    shell: Shell, file: str, convergia_mockserver: MockGateway
) -> None:
    convergia_mockserver.script(delay=120, operation="send", times=0)
    with terminal(shell, "bulk", "send", file, "--batch", "b", "--concurrency", "3") as screen:
        convergia_mockserver.wait(3, timeout=PATIENCE)
        screen.type(CTRL_C)
        screen.wait_for("Stopping: waiting for messages in flight")
        screen.watch(0.6)  # a Ctrl-C that follows at once counts as the same
        screen.type(CTRL_C)
        code = screen.end()
    assert code == 3, screen.shown
    assert "Cancelling; press Ctrl-C again to end at once" in screen.shown
    states = json.loads(shell.bulk("status", "b", "--json").stdout)["states"]
    assert states == {"unknown": 3, "queued": 197}
    assert "`convergia bulk reconcile` lists them" in screen.shown


@pytest.mark.parametrize(
    ("answer", "code", "left"),
    sampled([(b"n\n", 2, 1), (b"y\n", 0, 0), (CTRL_C, 1, 1)], "variants", every=3),
)
def test_a_purge_asks_and_takes_no_for_an_answer(
    shell: Shell, answer: bytes, code: int, left: int
) -> None:
    with Outbox(f"sqlite:///{shell.folder}/convergia-outbox.db", account="demo") as outbox:
        outbox.enqueue("5512345678", "hola", batch="b")
        outbox.cancel(Filter(batch="b"), by="ana", reason="wrong text")
        with terminal(shell, "bulk", "purge", "b") as screen:
            screen.wait_for(r"Delete 1 message for good\? \[y/N\]")
            screen.type(answer)
            # Python loses a Ctrl-C that comes between its prompt and its read.
            assert screen.end(again=answer if answer == CTRL_C else b"") == code
        assert sum(outbox.counts().values()) == left
