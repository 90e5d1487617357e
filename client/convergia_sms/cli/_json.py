"""`--json`, the same on every command that prints data."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from ._output import say, visible

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")
_WANTED = "convergia_sms.cli.json"
_LINES = "convergia_sms.cli.json-lines"


def json_option(command: F) -> F:
    """Give `command` the flag; `json_wanted()` tells whether it was said."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Print JSON.",
    )(command)


def json_wanted() -> bool:
    """Whether the command that runs was given `--json`."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_WANTED))


def json_lines() -> bool:
    """Whether the command that runs prints a stream, each of its lines a document."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_LINES))


def print_json_lines() -> None:
    """Let the command that runs print a stream: its last line may have to tell an error."""
    click.get_current_context().meta[_LINES] = True


def print_json(document: object, *, line: bool = False) -> None:
    """Print `document`; `line` puts it on one line, for streams of documents."""
    import msgspec

    encoded = msgspec.json.encode(document)
    text = (encoded if line else msgspec.json.format(encoded, indent=2)).decode()
    say(visible(text).encode(), stream=line)


def _remember(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    context.meta[_WANTED] = wanted
