"""Running the user's program, and ending it if it takes too long."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from .secrecy import contains, mask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX_OUTPUT = 64 * 1024
_WATCH_SECONDS = 0.01
_DRAIN_SECONDS = 2.0
_CUT = "\n[… cut …]"


class ProgramError(ValueError):
    """The command cannot be started, or contains an unknown placeholder."""


class ProgramRun(msgspec.Struct, frozen=True):
    """A run of the program. The password is masked in all fields.

    Attributes:
        command: the arguments, with placeholders replaced.
        exit_code: the exit code, negative for a signal. None if the program had to be ended.
        seconds: the duration of the run.
        output: the beginning of standard output, then of standard error.
        password_shown: the places where the password appeared: `output`, `argv`, or both.
    """

    command: tuple[str, ...]
    exit_code: int | None
    seconds: float
    output: str
    password_shown: tuple[str, ...] = ()


def fill(command: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """Replace `{name}` by values. Other braces are not changed."""
    filled = []
    for argument in command:
        for name, value in values.items():
            argument = argument.replace("{" + name + "}", value)  # noqa: PLW2901
        filled.append(argument)
    return tuple(filled)


def run(
    command: Sequence[str], environment: Mapping[str, str], *, password: str, timeout: float
) -> ProgramRun:
    """Run the program, and end it with its child processes after `timeout` seconds.

    Raises:
        ProgramError: if it cannot be started.
    """
    began = time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603 - running the user's command is the purpose
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ProgramError(f"{command[0]} cannot be started: {reason}") from None
    with process:
        readers = [_Reader(pipe) for pipe in (process.stdout, process.stderr) if pipe is not None]
        watch = _ArgumentWatch(process.pid, password)
        try:
            exit_code: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            exit_code = None
        finally:
            seconds = time.monotonic() - began
            watch.stop()
            _end(process)
        output = "".join(reader.text() for reader in readers)
    shown = [
        place
        for place, found in (
            ("output", contains(output, password)),
            ("argv", watch.found or any(contains(each, password) for each in command)),
        )
        if found
    ]
    return ProgramRun(
        tuple(mask(argument, password) for argument in command),
        exit_code,
        round(seconds, 3),
        mask(output, password),
        tuple(shown),
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and all processes in its session."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()


class _Reader:
    """A reader of a pipe that keeps its beginning, and reads the rest so that no program waits."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._kept = bytearray()
        self._cut = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """Wait until the pipe is closed, and return its beginning."""
        self._thread.join(_DRAIN_SECONDS)
        return bytes(self._kept).decode(errors="replace") + (_CUT if self._cut else "")

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(self._pipe.fileno(), 65536):
                room = _MAX_OUTPUT - len(self._kept)
                self._kept += chunk[:room]
                self._cut = self._cut or len(chunk) > room


class _ArgumentWatch:
    """A watch for the password in the arguments of processes that the program starts.

    Only Linux lists processes cheaply. Elsewhere only the program's own arguments are checked.
    """

    def __init__(self, pid: int, password: str) -> None:
        self.found = False
        self._pid = pid
        self._password = password
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if Path(f"/proc/{pid}/task/{pid}/children").exists():
            self._thread.start()

    def stop(self) -> None:
        """Stop the watch."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.is_set() and not self.found:
            for pid in _family(self._pid):
                with contextlib.suppress(OSError):
                    arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
                    if contains(arguments.decode(errors="replace"), self._password):
                        self.found = True
            self._stopped.wait(_WATCH_SECONDS)


def _family(pid: int) -> list[int]:
    """Return the process and its descendants."""
    found, left = [], [pid]
    while left:
        parent = left.pop()
        found.append(parent)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                children = (task / "children").read_text().split()
                left += [int(child) for child in children if int(child) not in found]
    return found
