"""Standard output: what it cannot show or take must not hide how a command ended."""

from __future__ import annotations

import errno
import io
import os
import re
import sys

import click

from ._language import language, translated
from ._streams import open_standard_streams, reader_is_gone

# What a terminal obeys, or shows in another order than it stands: control characters except tab and
# line feed, and what turns the direction of writing.
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Return a text that a gateway may have written, with what a terminal would obey escaped.

    JSON stays the same document, for its strings are escaped the same way.
    """
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


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


def notify(text: str, *, colour: str | None = None, bold: bool = False) -> None:
    """Print a line for people to standard error, in their language."""
    click.secho(translated(text), fg=colour, bold=bold or None, err=True)


def confirm(question: str) -> bool:
    """Ask on the terminal, in the user's language, whether to go on; no if nothing is typed."""
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
    """Ask on the terminal, in the user's language, for a text.

    Args:
        question: what is asked, without a colon.
        default: what an empty answer means, which is not shown; None asks again.
        hide_input: True if what is typed must not be seen.
    """
    typed: str = click.prompt(
        translated(question), default, hide_input=hide_input, show_default=False, err=True
    )
    return typed


def say(text: str | bytes, *, stream: bool = False) -> None:
    """Print a line.

    If the reader has gone (`convergia … | head -1`), nothing more is printed and the command runs
    to its end: the outcome of a message decides the exit code, not the reader. A `stream` has no
    end of its own, so without a reader it ends the command.

    Raises:
        OSError: it cannot be written for another reason (the disk is full).
    """
    try:
        click.echo(text)
    except OSError as error:
        if stream or error.errno != errno.EPIPE:
            raise
    if stream and reader_is_gone():
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
