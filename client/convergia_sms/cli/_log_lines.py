"""The options `--log-format` and `--log-level`: log lines for machines."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["error_line", "log_format", "log_lines", "log_options"]

F = TypeVar("F", bound="Callable[..., object]")
_FORMAT, _LEVEL = "convergia_sms.cli.log-format", "convergia_sms.cli.log-level"
_PREFIX = "convergia_"
_EVENT = "convergia_event"


def log_options(command: F) -> F:
    """Add both options to `command`. `log_format()` and `log_lines()` read them."""
    for name, key, values, text in (
        (
            "--log-level",
            _LEVEL,
            ("debug", "info", "warning"),
            "The level to log; 'info' has a line for each message. Implies --log-format text.",
        ),
        (
            "--log-format",
            _FORMAT,
            ("text", "json"),
            "Write log lines to standard error, instead of notices for people.",
        ),
    ):
        command = click.option(
            name,
            type=click.Choice(values),
            expose_value=False,
            callback=_remember(key),
            help=text,
        )(command)
    return command


def log_format() -> Literal["text", "json"] | None:
    """Return the format of the running command's log lines. None if it writes none."""
    context = click.get_current_context(silent=True)
    if context is None:
        return None
    if context.meta.get(_FORMAT) is None and context.meta.get(_LEVEL) is None:
        return None
    return "json" if context.meta.get(_FORMAT) == "json" else "text"


@contextmanager
def log_lines() -> Iterator[None]:
    """Write the outbox's log records to standard error during the block, if requested."""
    wanted = log_format()
    if wanted is None:
        yield
        return
    log = logging.getLogger("convergia_sms.outbox")
    handler = _ErrorStream()
    handler.setFormatter(_Lines(wanted))
    before = log.level, log.propagate
    level = click.get_current_context().meta.get(_LEVEL) or "info"
    log.setLevel(level.upper())
    log.propagate = False
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before[0])
        log.propagate = before[1]


def error_line(event: str, words: str, **fields: object) -> str:
    """Return the JSON line for the error that ends a command."""
    return _as_json(datetime.now(UTC), "error", event, words, fields)


class _ErrorStream(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        click.echo(self.format(record), err=True)


class _Lines(logging.Formatter):
    """Formats time, level, event and fields of a record. Exceptions show their class only."""

    def __init__(self, form: Literal["text", "json"]) -> None:
        super().__init__()
        self._json = form == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = {
            name.removeprefix(_PREFIX): value
            for name, value in vars(record).items()
            if name.startswith(_PREFIX) and name != _EVENT
        }
        if record.exc_info and record.exc_info[0] is not None:
            fields["error"] = record.exc_info[0].__name__
        at, level = datetime.fromtimestamp(record.created, UTC), record.levelname.lower()
        event = str(getattr(record, _EVENT, "log"))
        write = _as_json if self._json else _as_text
        return write(at, level, event, record.getMessage(), fields)


def _as_json(at: datetime, level: str, event: str, words: str, fields: dict[str, object]) -> str:
    import msgspec

    document = {"time": _spelt(at), "level": level, "event": event, **fields, "description": words}
    return msgspec.json.encode(document).decode()


def _as_text(at: datetime, level: str, event: str, words: str, fields: dict[str, object]) -> str:
    listed = "".join(f" {name}={_quoted(value)}" for name, value in fields.items())
    # The name of these events says everything.
    more = "" if event.startswith("message.") else f" - {' '.join(words.split())}"
    return f"{_spelt(at)} {level.upper():<7} {event}{listed}{more}"


def _quoted(value: object) -> str:
    import msgspec

    text = str(value)
    plain = text.isascii() and text.isprintable() and not set(text) & set(' "=\\')
    return text if plain and text else msgspec.json.encode(text).decode()


def _spelt(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _remember(key: str) -> Callable[[click.Context, click.Option, str | None], None]:
    def remember(context: click.Context, _option: click.Option, value: str | None) -> None:
        if value is not None:
            context.meta[key] = value

    return remember
