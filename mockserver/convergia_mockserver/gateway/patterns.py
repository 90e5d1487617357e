"""How a value is matched, in scripts and in searches: whole, by its beginning, a part, a regex."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import regex

from .regex_size import compiled_size
from .search_time import SearchTime

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_REGEX = 1000
# Nodes of some 400 bytes.
_MAX_COMPILED = 10_000
_COUNTRY = "52"
_NATIONAL_DIGITS = 10


class Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way to match a value. Exactly one of the four is given.

    Attributes:
        exact: the whole value.
        prefix: its beginning.
        contains: a part of it, upper and lower case alike.
        regex: a Python regular expression, found anywhere in it (`^…$` for the whole).

    Raises:
        ValueError: none or several are given, or `regex` is no regular expression.
    """

    exact: str | None = None
    prefix: str | None = None
    contains: str | None = None
    regex: str | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in msgspec.structs.astuple(self)) != 1:
            raise ValueError("a pattern is exactly one of: exact, prefix, contains, regex")
        if self.regex is not None:
            if len(self.regex) > _MAX_REGEX:
                raise ValueError(f"regex: longer than {_MAX_REGEX} characters")
            if self.compiled_size > _MAX_COMPILED:
                raise ValueError(
                    f"regex: its repetitions make it {self.compiled_size:,} nodes large, and more"
                    f" than {_MAX_COMPILED:,} are not compiled; repeat less"
                )
            try:
                regex.compile(self.regex)
            except (regex.error, RecursionError, OverflowError) as error:
                raise ValueError(f"regex: {error}") from error

    @property
    def compiled_size(self) -> int:
        """How large its regular expression is once it is compiled; 0 without one."""
        return 0 if self.regex is None else compiled_size(self.regex)

    def __str__(self) -> str:
        kind, value = next(
            (kind, value)
            for kind, value in msgspec.structs.asdict(self).items()
            if value is not None
        )
        return repr(value) if kind == "exact" else f"{kind} {value!r}"

    def test(self, search: SearchTime | None = None) -> Callable[[str], bool]:
        """Return the pattern as a function.

        The function raises `PatternTimeError` where a regular expression takes too long: some
        would take longer than anybody waits, and the whole server with them.

        Args:
            search: what it shares its time with; by itself when left out.
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
    """Return the same for a number: `55 1234 5678` and `+52 55…` mean the guide's 12 digits too."""
    if pattern.exact is not None:
        return frozenset({pattern.exact, twelve_digits(pattern.exact)}).__contains__
    if pattern.prefix is not None:
        digits = _digits(pattern.prefix)
        starts = (digits,) if digits.startswith(_COUNTRY) else (digits, _COUNTRY + digits)
        return lambda value: value.startswith(starts)
    return pattern.test(search)


def pattern(value: str | Pattern) -> Pattern:
    """Return the pattern; a plain string is the whole value."""
    return Pattern(exact=value) if isinstance(value, str) else value


def twelve_digits(number: str) -> str:
    """Return a national number as the guide writes it; any other as it is, without blanks."""
    digits = _digits(number)
    return _COUNTRY + digits if len(digits) == _NATIONAL_DIGITS else digits


def full_number(number: str) -> str:
    """Return a number as the guide writes it.

    Raises:
        ValueError: it has neither 12 digits nor 10.
    """
    digits = twelve_digits(number)
    if len(digits) == len(_COUNTRY) + _NATIONAL_DIGITS and digits.isascii() and digits.isdecimal():
        return digits
    raise ValueError(f"{number!r} is not a number of 12 digits, or of 10 without 52")


def _digits(number: str) -> str:
    return number.translate({ord(mark): None for mark in " +-().\t"})
