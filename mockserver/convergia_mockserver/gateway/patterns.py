"""Patterns that match a value, in scripts and in searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import regex

from .regex_size import compiled_size
from .search_time import SearchTime

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_REGEX = 1000
# In nodes of about 400 bytes.
_MAX_COMPILED = 10_000
_COUNTRY = "52"
_NATIONAL_DIGITS = 10


class Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A pattern for a value. Exactly one of the four fields must be given.

    Attributes:
        exact: the whole value.
        prefix: the beginning of the value.
        contains: a part of the value, in any case.
        regex: a Python regular expression that is searched for in the value. `^…$` matches the
            whole value.

    Raises:
        ValueError: if none or several are given, or `regex` is not a valid regular expression.
    """

    exact: str | None = None
    prefix: str | None = None
    contains: str | None = None
    regex: str | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in msgspec.structs.astuple(self)) != 1:
            raise ValueError("a pattern must be exactly one of: exact, prefix, contains, regex")
        if self.regex is not None:
            if len(self.regex) > _MAX_REGEX:
                raise ValueError(f"regex: it must have at most {_MAX_REGEX} characters")
            if self.compiled_size > _MAX_COMPILED:
                raise ValueError(
                    f"regex: its repetitions compile to {self.compiled_size:,} nodes, more than the"
                    f" {_MAX_COMPILED:,} that are allowed; repeat less"
                )
            try:
                regex.compile(self.regex)
            except (regex.error, RecursionError, OverflowError) as error:
                raise ValueError(f"regex: {error}") from error

    @property
    def compiled_size(self) -> int:
        """The size of the compiled regular expression in nodes. 0 without one."""
        return 0 if self.regex is None else compiled_size(self.regex)

    def __str__(self) -> str:
        kind, value = next(
            (kind, value)
            for kind, value in msgspec.structs.asdict(self).items()
            if value is not None
        )
        return repr(value) if kind == "exact" else f"{kind} {value!r}"

    def test(self, search: SearchTime | None = None) -> Callable[[str], bool]:
        """Return the pattern as a function that tests a value.

        The function raises `PatternTimeError` if a regular expression takes too long. Without this
        limit a single expression could block the whole server.

        Args:
            search: the search whose time the expression uses. By default a search of its own.
        """
        if self.exact is not None:
            return self.exact.__eq__
        if self.prefix is not None:
            prefix = self.prefix
            return lambda value: value.startswith(prefix)
        if self.contains is not None:
            part = self.contains.casefold()
            return lambda value: part in value.casefold()
        find = regex.compile(self.regex or "").search
        expression, time_left = self.regex or "", search or SearchTime()
        return lambda value: time_left.run(find, expression, value)


def number_test(pattern: Pattern, search: SearchTime | None = None) -> Callable[[str], bool]:
    """Return the pattern as a function that tests a number in the guide's 12 digits.

    In the pattern, a number may be in any usual spelling: `55 1234 5678`, `+52 55 1234 5678`.
    """
    if pattern.exact is not None:
        return frozenset({pattern.exact, twelve_digits(pattern.exact)}).__contains__
    if pattern.prefix is not None:
        digits = _digits(pattern.prefix)
        starts = (digits,) if digits.startswith(_COUNTRY) else (digits, _COUNTRY + digits)
        return lambda value: value.startswith(starts)
    return pattern.test(search)


def pattern(value: str | Pattern) -> Pattern:
    """Return the pattern. A plain string becomes an `exact` one."""
    return Pattern(exact=value) if isinstance(value, str) else value


def twelve_digits(number: str) -> str:
    """Return a number without punctuation, with `52` before it if it has 10 digits."""
    digits = _digits(number)
    return _COUNTRY + digits if len(digits) == _NATIONAL_DIGITS else digits


def full_number(number: str) -> str:
    """Return a number in the guide's 12 digits.

    Raises:
        ValueError: if it has neither 12 digits nor 10.
    """
    digits = twelve_digits(number)
    if len(digits) == len(_COUNTRY) + _NATIONAL_DIGITS and digits.isascii() and digits.isdecimal():
        return digits
    raise ValueError(f"{number!r} is not a number: it must have 12 digits, or 10 without 52")


def _digits(number: str) -> str:
    return number.translate({ord(mark): None for mark in " +-().\t"})
