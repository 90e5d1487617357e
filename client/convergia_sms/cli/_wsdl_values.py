"""Arguments of an operation on the command line, and its result on a terminal."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from ._failures import UsageFailure
from ._json import json_wanted
from ._table import print_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def parsed(arguments: Iterable[str]) -> dict[str, object]:
    """Parse `name=text` and `name:=json`. A dot in a name leads into a struct.

    Raises:
        UsageFailure: an argument has neither form, or is given twice.
    """
    values: dict[str, object] = {}
    for argument in arguments:
        name, sign, text = argument.partition("=")
        if not sign or not name.removesuffix(":"):
            raise UsageFailure(f"{argument!r} is not NAME=VALUE", "write it as number=5512345678")
        value: object = text
        if name.endswith(":"):
            name = name[:-1]
            try:
                value = json.loads(text)
            except ValueError as error:
                raise UsageFailure(
                    f"{name}: {text!r} is not JSON ({error})", "write NAME=VALUE for a text"
                ) from None
        _put(values, name, value)
    return values


def _put(values: dict[str, object], name: str, value: object) -> None:
    *path, last = name.split(".")
    for step in path:
        inner = values.setdefault(step, {})
        if not isinstance(inner, dict):
            raise UsageFailure(f"{name}: {step} is given as a value too", "give one of them")
        values = inner
    if last in values:
        raise UsageFailure(f"{name} is given twice", "give it once; NAME:=JSON makes a list")
    values[last] = value


def print_value(value: object) -> None:
    """Print a value as JSON if requested, otherwise with a line for each part of a struct."""
    plain = _plain(value)
    if json_wanted():
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
    elif isinstance(plain, dict | list):
        print_table(("Part", "Value"), list(_flat(plain, "")))
    elif plain is not None:
        click.echo(str(plain))


def _plain(value: object) -> object:
    from zeep.xsd import CompoundValue

    if isinstance(value, CompoundValue):
        values = value.__values__
        return {str(name): _plain(part) for name, part in values.items()}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal | date | time | timedelta):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _flat(value: object, name: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _flat(part, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value:
        for place, part in enumerate(value):
            yield from _flat(part, f"{name}[{place}]")
    else:
        yield name, "" if value in (None, {}, []) else value
