"""Time spans on the command line, such as `90d` or `12h`."""

from __future__ import annotations

import re
from datetime import timedelta

import click

__all__ = ["age"]

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def age(_context: click.Context, _option: click.Parameter, given: str | None) -> timedelta | None:
    """Return the time span, or None if the option was not given.

    Raises:
        click.BadParameter: the value is not a time span.
    """
    if given is None:
        return None
    found = re.fullmatch(r"([0-9]{1,5})([mhdw])", given.strip())
    if found is None:
        raise click.BadParameter(
            f"{given!r} is not a time span: use for example 90d, 12h, 30m or 4w"
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
