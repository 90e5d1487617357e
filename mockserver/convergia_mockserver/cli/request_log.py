"""The request log, which a thread of its own writes.

A request never waits for the output. If the terminal does not read, or the pipe is closed, only
lines are lost.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from convergia_mockserver.gateway.journal.findings import oddities

if TYPE_CHECKING:
    from convergia_wsdl import Profile

    from convergia_mockserver.gateway.journal.entries import StoredEntry

LogFormat = Literal["text", "json"]
# If more lines than this are waiting, new ones are dropped.
_MAX_WAITING = 10_000
_STOP_SECONDS = 1.0
# The number of lines written at once, and the time to wait for more of them.
_AT_ONCE = 100
_GATHER_SECONDS = 0.05


class RequestLine(msgspec.Struct, frozen=True):
    """A line of the request log, which holds no text, password or header.

    Attributes:
        time: the time of the answer in UTC, by the machine's clock.
        space: the name of the space.
        face: `http` or `soap`.
        operation: `send`, `status` or another operation of the WSDL. None if the request was not a
            call.
        number: the recipient, as the gateway read it.
        code: the code that was answered.
        fault: the fault that was injected.
        status: the HTTP status.
        ms: the milliseconds from the complete request to the reply, without a script's delay.
        findings: the kinds of the findings about the request.
        request: the number of the request in the journal of the space.
        relayed: the outcome at the gateway that it was relayed to. None if it was not relayed.
    """

    time: datetime
    space: str
    face: str
    operation: str | None
    number: str | None
    code: int | None
    fault: str | None
    status: int
    ms: float
    findings: tuple[str, ...]
    request: int
    relayed: str | None = None


class RequestLog:
    """A writer of one line for each journal entry. Thread-safe.

    Args:
        descriptor: the file descriptor to write to.
        profile: the assumptions in force.
        form: `text` for people, `json` for programs.
    """

    def __init__(self, descriptor: int, profile: Profile, form: LogFormat) -> None:
        self._descriptor = descriptor
        self._profile = profile
        self._form = form
        self._waiting: deque[tuple[str, StoredEntry, datetime, float]] = deque()
        self._something = threading.Event()
        self._closing = threading.Event()
        # A daemon, so that a thread that waits for a terminal does not keep the process alive.
        self._thread = threading.Thread(target=self._write, name="request-log", daemon=True)
        self._thread.start()

    def note(self, space: str, entry: StoredEntry, seconds: float) -> None:
        """Add an entry, without waiting."""
        if len(self._waiting) < _MAX_WAITING:
            self._waiting.append((space, entry, datetime.now(UTC), seconds))
            if not self._something.is_set():
                self._something.set()

    def close(self, seconds: float = _STOP_SECONDS) -> None:
        """Write the waiting lines, for at most `seconds`."""
        self._closing.set()
        self._something.set()
        self._thread.join(seconds)

    def _write(self) -> None:
        while self._waiting or not self._closing.is_set():
            self._something.wait()
            # A busy server wakes this thread for some requests at a time, not for each.
            self._closing.wait(_GATHER_SECONDS)
            self._something.clear()
            while self._waiting:
                few = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
                raw = b"".join(self._encoded(_line(*each, self._profile)) for each in few)
                try:
                    while raw:
                        raw = self._rest(raw)
                except OSError:
                    return  # the pipe is closed; later entries are dropped

    def _rest(self, raw: bytes) -> bytes:
        """Write as much as possible, and return the rest."""
        try:
            return raw[os.write(self._descriptor, raw) :]
        except BlockingIOError:  # another program made the shared terminal non-blocking
            select.select((), (self._descriptor,), ())
            return raw

    def _encoded(self, line: RequestLine) -> bytes:
        if self._form == "json":
            return msgspec.json.encode(line) + b"\n"
        return text_line(line).encode()


def text_line(line: RequestLine) -> str:
    """Return the line for people, with its line feed."""
    what = line.fault or ("-" if line.code is None else str(line.code))
    if line.fault is None and line.code is None:
        what = f"HTTP {line.status}"
    if line.relayed is not None:
        what = f"relay: {line.relayed}"
    parts = (
        f"{_clock(int(line.time.timestamp()))}.{line.time.microsecond // 1000:03}",
        f"{line.space:<10}",
        f"{line.face:<4}",
        f"{line.operation or '-':<8}",
        f"{_printable(line.number or '-'):<12}",
        f"{what:<8}",
        f"{line.ms:7.1f} ms",
        ", ".join(line.findings),
    )
    return "  ".join(parts).rstrip() + "\n"


@lru_cache(maxsize=4)
def _clock(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(second))


def _line(
    space: str, entry: StoredEntry, at: datetime, seconds: float, profile: Profile
) -> RequestLine:
    call, answer = entry.call, entry.answer
    number = None if call is None else call.arguments.get("number")
    kinds = [each.kind for each in oddities(entry.exchange, call, answer, profile)]
    return RequestLine(
        time=at,
        space=space,
        face=entry.face,
        operation=None if call is None else call.operation,
        number=None if number is None else number.encode(errors="replace").decode(),
        code=None if answer is None else answer.code,
        fault=None if answer is None or answer.fault is None else answer.fault.kind.value,
        status=entry.exchange.status,
        ms=round(seconds * 1000, 3),
        findings=tuple(dict.fromkeys(kinds)),
        request=entry.number,
        relayed=None if answer is None else answer.relayed,
    )


def _printable(text: str) -> str:
    """Return at most 40 characters of a text, without control characters."""
    shown = "".join(each if each.isprintable() else "\ufffd" for each in text[:41])
    return shown if len(text) <= 40 else shown[:39] + "…"  # noqa: PLR2004
