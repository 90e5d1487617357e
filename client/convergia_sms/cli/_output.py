"""Standard output and prompts. A failure to print must not hide how a command ended."""

from __future__ import annotations

import errno
import io
import os
import re
import sys

import click

from ._language import language, translated
from ._streams import open_standard_streams, reader_is_gone

# Characters that a terminal obeys, or that change the order of what it shows: control characters
# except tab and line feed, and marks for the writing direction.
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Return a text from a gateway with the characters escaped that a terminal obeys.

    JSON stays the same document, because its strings use the same escapes.
    """
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def suit_terminal() -> None:
    """Keep missing readers and unprintable characters from ending the command."""
    open_standard_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def colour_wanted() -> bool | None:
    """Return False if NO_COLOR (https://no-color.org) is set, or None for click's default."""
    return False if os.environ.get("NO_COLOR") else None


def is_terminal() -> bool:
    """Return True if standard output is a terminal. False if it is closed."""
    return sys.stdout is not None and sys.stdout.isatty()


def notify(text: str, *, colour: str | None = None, bold: bool = False) -> None:
    """Print a line for people to standard error, in their language."""
    click.secho(translated(text), fg=colour, bold=bold or None, err=True)


def confirm(question: str) -> bool:
    """Ask a yes-or-no question on the terminal, in the user's language. No is the default."""
    if language() == "en":
        return click.confirm(question, err=True)
    return prompt(f"{translated(question)} [s/N]", "").strip().lower() in (
        "s",
        "sí",
        "si",
        "y",
        "yes",
    )


def prompt(question: str, default: str | None = None, *, hide_input: bool = False) -> str:
    """Ask for a text on the terminal, in the user's language.

    Args:
        question: the question, without a colon.
        default: the value of an empty answer, which is not shown. None asks again.
        hide_input: True to hide what is typed.
    """
    typed: str = click.prompt(
        translated(question), default, hide_input=hide_input, show_default=False, err=True
    )
    return typed


def say(text: str | bytes, *, stream: bool = False) -> None:
    """Print a line.

    If the reader has closed the pipe (`convergia … | head -1`), nothing more is printed, and the
    command runs to its end: the outcome of a message decides the exit code, not the reader. A
    `stream` has no end of its own, so it ends the command.

    Raises:
        OSError: the write fails for another reason, for example a full disk.
    """
    try:
        click.echo(text)
    except OSError as error:
        if stream or error.errno != errno.EPIPE:
            raise
    if stream and reader_is_gone():
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
