"""Tests that the first signal stops a worker cleanly, even if nobody reads standard error."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from convergia_sms.cli.bulk._stopping import StopSignals
from convergia_sms.outbox import Outbox, State

from tests.exhaustive import sampled
from tests.processes import PATIENCE, Child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver import MockGateway

    from tests.cli.bulk.conftest import Shell

# A process of its own, from its first instruction on: the descriptors are what is tried.
PROGRAM = f"{sys.executable} -c 'from convergia_sms.cli import main; main()'"
ROWS = "celular,mensaje\n" + "".join(f"55{n:08d},hola\n" for n in range(10_000_000, 10_000_040))
WORKER = "worker --no-poll --concurrency 2"
SEND = "bulk send a.csv --batch b --concurrency 2"


@pytest.fixture
def slow(shell: Shell, convergia_mockserver: MockGateway) -> Shell:
    """Forty messages in the outbox, and a gateway that is slow for each."""
    convergia_mockserver.script(delay=0.3, operation="send", times=0)
    shell.file("a.csv", ROWS)
    return shell


@pytest.fixture
def outbox(shell: Shell) -> Iterator[Outbox]:
    with Outbox(f"sqlite:///{shell.folder}/convergia-outbox.db", account="demo") as outbox:
        yield outbox


def start(
    shell: Shell,
    command: str,
    *,
    stderr: int = subprocess.DEVNULL,
    before: str = "",
    after: str = "",
) -> Child[str]:
    return Child(
        ["sh", "-c", f"{before} exec {PROGRAM} {command} {after}"],
        cwd=shell.folder,
        env=shell.environment,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        text=True,
    )


def stop_when_sending(child: Child[str], gateway: MockGateway, number: int) -> int:
    gateway.wait(2, timeout=PATIENCE)
    child.send_signal(number)
    child.communicate(timeout=PATIENCE)
    return child.returncode


def left_clean(outbox: Outbox, gateway: MockGateway) -> None:
    counts = {state: count for state, count in outbox.counts().items() if count}
    sent = len(gateway.messages)
    assert counts == {State.ACCEPTED: sent, State.QUEUED: 40 - sent}


def dead_pipe() -> int:
    """A pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


STDERRS = ("closed", "full", "dead")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.mark.parametrize(
    ("number", "stderr"),
    [
        pytest.param(
            number,
            stderr,
            marks=[] if place == turn else pytest.mark.exhaustive("signals"),
            id=f"{number.name}-{stderr}",
        )
        for place, number in enumerate(SIGNALS)
        for turn, stderr in enumerate(STDERRS)
    ],
)
def test_a_signal_stops_a_worker_whose_standard_error_is_no_more(
    slow: Shell,
    outbox: Outbox,
    convergia_mockserver: MockGateway,
    stderr: str,
    number: signal.Signals,
) -> None:
    assert slow.bulk("send", "a.csv", "--enqueue-only").returncode == 0
    writing = os.open("/dev/full", os.O_WRONLY) if stderr == "full" else dead_pipe()
    after = "2>&-" if stderr == "closed" else ""
    with start(slow, WORKER, stderr=writing, after=after) as child:
        os.close(writing)
        assert stop_when_sending(child, convergia_mockserver, number) == 0
    left_clean(outbox, convergia_mockserver)


def test_an_unread_standard_error_delays_nothing(
    slow: Shell, outbox: Outbox, convergia_mockserver: MockGateway
) -> None:
    assert slow.bulk("send", "a.csv", "--enqueue-only").returncode == 0
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    with start(slow, WORKER, stderr=writing) as child:
        assert stop_when_sending(child, convergia_mockserver, signal.SIGINT) == 0
    os.close(reading)
    os.close(writing)
    left_clean(outbox, convergia_mockserver)


def test_a_sending_that_is_stopped_says_how_to_go_on_by_its_exit_code(
    slow: Shell, outbox: Outbox, convergia_mockserver: MockGateway
) -> None:
    with start(slow, SEND, after="2>&-") as child:
        assert stop_when_sending(child, convergia_mockserver, signal.SIGTERM) == 1
    left_clean(outbox, convergia_mockserver)


@pytest.mark.exhaustive("signals")
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(
    slow: Shell, convergia_mockserver: MockGateway
) -> None:
    slow.file("a.csv", "".join(ROWS.splitlines(keepends=True)[:9]))
    with start(slow, SEND, before="trap '' HUP;") as child:
        convergia_mockserver.wait(2, timeout=PATIENCE)
        child.send_signal(signal.SIGHUP)
        child.communicate(timeout=PATIENCE)
        assert child.returncode == 0
    assert len(convergia_mockserver.messages) == 8


class Signals:
    """A command that sends, and signals to it, on a simulated clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.signals = StopSignals(clock=lambda: self.now)
        self.stopped = 0

    async def send(self, *signals: tuple[float, int]) -> bool:
        """Take signals at the given intervals in seconds. Return True if the command broke off."""
        with self.signals.stopping(self._stop):
            for later, number in signals:
                self.now += later
                self.signals.handle(number, None)
            for _ in range(3):  # to the loop, and from the task to its next await
                await asyncio.sleep(0)
            return False
        return True

    def _stop(self) -> None:
        self.stopped += 1


@pytest.mark.parametrize(
    ("signals", "broken"),
    [
        pytest.param([(0, signal.SIGINT)], False, id="once"),
        pytest.param([(0, signal.SIGINT), (0.1, signal.SIGINT)], False, id="passed on"),
        pytest.param([(0, signal.SIGINT), (2, signal.SIGINT)], True, id="pressed again"),
        pytest.param([(0, signal.SIGTERM), (2, signal.SIGTERM)], True, id="killed again"),
        pytest.param([(0, signal.SIGHUP), (2, signal.SIGHUP)], False, id="a terminal closed"),
        pytest.param([(0, signal.SIGTERM), (2, signal.SIGHUP)], False, id="a session ended"),
    ],
)
async def test_only_a_signal_that_somebody_sends_again_breaks_off_what_is_in_flight(
    signals: list[tuple[float, int]], *, broken: bool
) -> None:
    command = Signals()
    assert await command.send(*signals) is broken
    assert command.stopped == 1


async def test_a_signal_after_the_end_changes_nothing() -> None:
    command = Signals()
    await command.send()
    command.signals.handle(signal.SIGINT, None)
    assert command.stopped == 0


THIRD = """
import asyncio, signal
from convergia_sms.cli._streams import open_standard_streams
from convergia_sms.cli.bulk._stopping import StopSignals

async def hang():
    signals = StopSignals(clock=iter((0, 1, 2)).__next__)
    with signals.stopping(lambda: None):
        for _ in range(3):
            signals.handle(signal.SIGINT, None)

open_standard_streams()
asyncio.run(hang())
"""
LATE = """
import os, signal
from convergia_sms.cli import main

class Late:
    def __del__(self, kill=os.kill, me=os.getpid(), number=signal.SIGTERM):
        kill(me, number)

late = Late()
try:
    main(["send"])
except SystemExit:
    if {soon}:
        os.kill(os.getpid(), signal.SIGINT)
    raise
"""


def test_the_third_signal_ends_a_command_that_hangs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", THIRD], capture_output=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, done.stderr) == (3, b"")


@pytest.mark.parametrize("soon", [True, False], ids=["soon", "while Python ends"])
def test_a_signal_after_a_command_has_ended_does_not_change_its_exit_code(*, soon: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATE.format(soon=soon)],
        capture_output=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    sampled(
        [
            ["bulk", "report", "b", "--format", "csv"],
            ["bulk", "report", "b"],
            ["bulk", "status", "--batches", "--json"],
            ["bulk", "optout", "list", "--json"],
            ["--help"],
            ["bulk", "send", "--help"],
        ],
        "variants",
        every=4,
    ),
    ids=" ".join,
)
def test_a_reader_that_has_gone_changes_no_exit_code(
    shell: Shell, outbox: Outbox, arguments: list[str]
) -> None:
    outbox.enqueue("5512345678", "hola", batch="b")
    outbox.opt_out(["8112345678"], by="ana", reason="x")
    writing = dead_pipe()
    done = subprocess.run(
        [sys.executable, "-c", "from convergia_sms.cli import main; main()", *arguments],
        cwd=shell.folder, env=shell.environment, stdout=writing, stderr=subprocess.PIPE,
        check=False, timeout=PATIENCE,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.exhaustive("signals")
def test_without_the_loops_signal_handlers_and_without_sighup_it_works_too(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    # As on Windows.
    site = Path(shell.folder, "sitecustomize.py")
    site.write_text(
        "import asyncio, signal\n"
        "def refuse(*_):\n    raise NotImplementedError\n"
        "asyncio.unix_events._UnixSelectorEventLoop.add_signal_handler = refuse\n"
        "del signal.SIGHUP\n",
        encoding="utf-8",
    )
    shell.file("a.csv", "celular,mensaje\n5512345678,hola\n")
    for arguments in (["bulk", "send", "a.csv"], ["worker", "--until-empty", "--no-poll"]):
        done = subprocess.run(
            [sys.executable, "-c", "from convergia_sms.cli import main; main()", *arguments],
            cwd=shell.folder,
            env={**shell.environment, "PYTHONPATH": str(shell.folder)},
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
    assert len(convergia_mockserver.messages) == 1
