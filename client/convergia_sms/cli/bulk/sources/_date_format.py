"""Dates, times and durations as Excel shows them, from its serial numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DATE_LETTERS", "UNCERTAIN", "FormatError", "Token", "render_date"]

DATE_LETTERS = frozenset("dmyhs")
"""The letters that stand for parts of a date."""

_DAY = 86_400_000
# Day 60 of Excel's 1900 system is 29 February 1900, which did not exist.
_PHANTOM_DAY = 60
_LAST_DAY = 2_958_465
_SPANISH, _ENGLISH = 0x0A, 0x09
_LANGUAGE = 0x3FF
_SYSTEM_FORMS = 0xF000
_MONTHS = {
    _SPANISH: (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    ),
    _ENGLISH: (
        "January February March April May June July August September October November December"
    ),
}
_DAYS = {
    _SPANISH: "lunes martes miércoles jueves viernes sábado domingo",
    _ENGLISH: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
_HALVES = {_SPANISH: ("a. m.", "p. m."), _ENGLISH: ("AM", "PM")}


UNCERTAIN = "it is not known how Excel shows its format; give it a common one, or write it as text"
"""The error text for a cell whose format cannot be rendered for certain."""


class FormatError(ValueError):
    """The text that Excel shows for the cell cannot be determined."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a number format.

    Attributes:
        kind: literal, digit, point, comma, percent, date, elapsed, halves, text or general.
        value: the characters of the token.
    """

    kind: str
    value: str


def render_date(
    serial: float, tokens: Sequence[Token], locale: int, *, date1904: bool = False
) -> str:
    """Return the date or time as Excel shows it.

    Args:
        serial: the number of days in Excel's calendar.
        tokens: the tokens of the format.
        locale: the Windows language id for names. 0 stands for the system's language, which is
            assumed to be Mexican Spanish.
        date1904: True if the workbook counts from 1904.

    Raises:
        FormatError: Excel shows `#####`, or the result is not certain.
    """
    _refuse_beyond_the_calendar(serial)
    language = _language(locale)
    places = _subsecond_places(tokens)
    total = round(serial * _DAY)
    if any(token.value[0] == "s" for token in tokens if token.kind in {"date", "elapsed"}):
        step = 10 ** (3 - places)
        total = (total + step // 2) // step * step
    days, rest = divmod(total, _DAY)
    shown: list[str] = []
    twelve = any(token.kind == "halves" for token in tokens)
    for at, token in enumerate(tokens):
        match token.kind:
            case "elapsed":
                shown.append(_elapsed(token.value, total))
            case "halves":
                shown.append(_HALVES[language][rest >= _DAY // 2])
            case "date" if token.value[0] in "hs" or _is_minutes(tokens, at):
                shown.append(_clock(token.value, rest, twelve=twelve))
            case "date":
                shown.append(_calendar(token.value, _day(days, date1904=date1904), language))
            case "digit":
                shown.append("")
            case "point" if at + 1 < len(tokens) and tokens[at + 1].kind == "digit":
                shown.append(f".{rest % 1000:03d}"[: places + 1])
            case _:
                shown.append(token.value)
    return "".join(shown)


def _refuse_beyond_the_calendar(serial: float) -> None:
    if serial < 0:
        raise FormatError("Excel shows ##### for a negative date or time")
    if serial >= _LAST_DAY + 1:
        raise FormatError("Excel shows ##### for a date beyond the year 9999")


def _language(locale: int) -> int:
    if locale >= _SYSTEM_FORMS:
        raise FormatError("the system decides how Excel shows this date; format the cell as text")
    language = locale & _LANGUAGE or _SPANISH
    if language not in _MONTHS:
        raise FormatError(
            "it is not known how Excel names months in that language; format the cell as text"
        )
    return language


def _subsecond_places(tokens: Sequence[Token]) -> int:
    places = sum(token.kind == "digit" for token in tokens)
    if any(token.kind == "digit" and token.value != "0" for token in tokens) or places > 3:  # noqa: PLR2004
        raise FormatError(UNCERTAIN)
    return places


def _is_minutes(tokens: Sequence[Token], at: int) -> bool:
    """Return True if `m` or `mm` stands behind an hour or before seconds."""
    if tokens[at].value not in {"m", "mm"}:
        return False
    parts = [token for token in tokens[:at] if token.kind in {"date", "elapsed"}]
    later = [token for token in tokens[at + 1 :] if token.kind in {"date", "elapsed"}]
    return bool((parts and parts[-1].value[0] == "h") or (later and later[0].value[0] == "s"))


def _elapsed(letters: str, total: int) -> str:
    divisor = {"h": 3_600_000, "m": 60_000, "s": 1000}[letters[0]]
    return f"{total // divisor:0{len(letters)}d}"


def _clock(letters: str, rest: int, *, twelve: bool) -> str:
    hours, minutes, seconds = rest // 3_600_000, rest // 60_000 % 60, rest // 1000 % 60
    if twelve:
        hours = hours % 12 or 12
    value = {"h": hours, "m": minutes, "s": seconds}[letters[0]]
    return f"{value:0{min(len(letters), 2)}d}"


def _day(days: int, *, date1904: bool) -> datetime:
    if date1904:
        return datetime(1904, 1, 1) + timedelta(days=days)  # noqa: DTZ001 - Excel has no time zones
    if days in {0, _PHANTOM_DAY}:
        raise FormatError("Excel shows a day that does not exist")
    return datetime(1899, 12, 31 if days < _PHANTOM_DAY else 30) + timedelta(days=days)  # noqa: DTZ001


def _calendar(letters: str, day: datetime, language: int) -> str:
    months, weekdays = _MONTHS[language].split(), _DAYS[language].split()
    match letters[0], len(letters):
        case "y", length:
            return f"{day.year % 100:02d}" if length <= 2 else f"{day.year:04d}"  # noqa: PLR2004
        case "m", 1 | 2 as length:
            return f"{day.month:0{length}d}"
        case "m", 3:
            return months[day.month - 1][:3]
        case "m", 4:
            return months[day.month - 1]
        case "m", 5:
            return months[day.month - 1][0]
        case "d", 1 | 2 as length:
            return f"{day.day:0{length}d}"
        case "d", 3:
            return weekdays[day.weekday()][:3]
        case "d", 4:
            return weekdays[day.weekday()]
    raise FormatError(UNCERTAIN)
