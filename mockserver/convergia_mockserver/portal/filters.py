"""The filter form of a report: reading a query string and converting it to criteria."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from convergia_mockserver.gateway import MessageQuery, Pattern

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

_DAYS = ("since", "until")
_MARKS = str.maketrans("", "", " +-().\t")
_MAX_LENGTH = 200
_MAX_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Filters:
    """The fields of the filter form, as they were filled in. An empty field matches any value.

    Attributes:
        since: the first day, `2026-11-24`, in the account's timezone.
        until: the last day.
        number: a part of the number, in any usual Mexican spelling.
        state: the guide's status code.
        text: a part of the text.
        extra: a part of the reference.
    """

    since: str = ""
    until: str = ""
    number: str = ""
    state: str = ""
    text: str = ""
    extra: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Filters:
        """Read a query string. Invalid dates and states are left out."""
        values = {
            field.name: given.get(field.name, "").strip()[:_MAX_LENGTH] for field in fields(cls)
        }
        for name in _DAYS:
            if _day(values[name]) is None:
                values[name] = ""
        if not (values["state"].isascii() and values["state"].isdecimal()):
            values["state"] = ""
        return cls(**values)

    def __bool__(self) -> bool:
        return bool(self.query_string())

    def query_string(self, **more: str) -> str:
        """Return the filter as a query string, without empty fields."""
        values = {field.name: str(getattr(self, field.name)) for field in fields(self)} | more
        return urlencode({name: value for name, value in values.items() if value})

    def query(self, account: str, zone: ZoneInfo) -> MessageQuery:
        """Return the filter as a query for the messages of an account."""
        first, last = _day(self.since), _day(self.until)
        return MessageQuery(
            account=account,
            number=_part(self.number.translate(_MARKS)),
            text=_part(self.text),
            extra=_part(self.extra),
            state=int(self.state[:9]) if self.state else None,
            since=None if first is None else _midnight(first, zone),
            until=None if last is None else _midnight(last + timedelta(days=1), zone),
        )


def problems(given: Mapping[str, str], filters: Filters) -> list[str]:
    """Return the catalogue keys of the errors in a filter form."""
    found = []
    if any(given.get(name, "").strip() and not getattr(filters, name) for name in _DAYS):
        found.append("report.bad-date")
    if filters.since and filters.until and filters.since > filters.until:
        found.append("report.bad-order")
    if filters.number and not is_number(filters.number):
        found.append("report.bad-number")
    return found


def is_number(text: str) -> bool:
    """Return True for a number or a part of one, written with digits and separators."""
    digits = text.translate(_MARKS)
    return digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS


def _part(value: str) -> Pattern | None:
    return Pattern(contains=value) if value else None


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    # A day that has a next day, and whose midnight exists in every timezone.
    return day if date(1, 1, 2) < day < date(9999, 12, 30) else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
