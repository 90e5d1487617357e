"""The option `--json`, the same for every command that prints data."""

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
    """Add the option `--json` to `command`. `json_wanted()` returns its value."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_remember,
        help="Print JSON.",
    )(command)


def json_wanted() -> bool:
    """Return True if the running command was given `--json`."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_WANTED))


def json_lines() -> bool:
    """Return True if the running command prints a stream with one document on each line."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_LINES))


def print_json_lines() -> None:
    """Declare that the running command prints a stream, so that errors get one line too."""
    click.get_current_context().meta[_LINES] = True


def print_json(document: object, *, line: bool = False) -> None:
    """Print `document`. With `line` it takes one line, for streams."""
    import msgspec

    encoded = msgspec.json.encode(document)
    text = (encoded if line else msgspec.json.format(encoded, indent=2)).decode()
    say(visible(text).encode(), stream=line)


def _remember(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    context.meta[_WANTED] = wanted
