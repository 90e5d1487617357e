"""Standard output: what it cannot show or take must not hide how a command ended."""

from __future__ import annotations

import errno
import io
import os
import sys

import click

from ._streams import open_standard_streams, reader_is_gone


def suit_terminal() -> None:
    """Let neither readers that go away nor characters that a terminal lacks end the command."""
    open_standard_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def colour_wanted() -> bool | None:
    """Return False where NO_COLOR (https://no-color.org) is set; None: as the terminal can."""
    return False if os.environ.get("NO_COLOR") else None


def is_terminal() -> bool:
    """Whether standard output is a terminal; it may be closed."""
    return sys.stdout is not None and sys.stdout.isatty()


def say(text: str | bytes, *, stream: bool = False) -> None:
    """Print a line.

    A reader that has gone (`convergia … | head -1`) is told no more, and the command goes on to its
    end: what became of a message decides the exit code, not who reads. A `stream` that nobody reads
    has no end, so there it ends the command.

    Raises:
        OSError: it cannot be written for another reason (the disk is full).
    """
    try:
        click.echo(text)
    except OSError as error:
        # What stays in the buffer would fail again when the interpreter flushes it at its end.
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if stream or error.errno != errno.EPIPE:
            raise
    if stream and reader_is_gone():
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
