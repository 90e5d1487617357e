"""How a value is matched, in scripts and in searches: whole, by its beginning, a part, a regex."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
import regex

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_REGEX = 1000
# For one value, and for all values of a search or of a request together.
_REGEX_SECONDS = 0.1
_SEARCH_SECONDS = 0.5
_COUNTRY = "52"
_NATIONAL_DIGITS = 10


class PatternTimeError(ValueError):
    """A regular expression took too long, over a value or over all of a search."""


class SearchTime:
    """What regular expressions may take over all the values of one search.

    Without it a search over many messages could take the time for one value, many times over, and
    hold the space's lock as long.
    """

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin another search."""
        self._left = _SEARCH_SECONDS

    def run(self, search: Callable[..., object], value: str) -> bool:
        """Whether a compiled expression's `search` finds something in a value.

        Raises:
            TimeoutError: this value, or the search in all, takes too long.
        """
        if self._left <= 0:
            raise TimeoutError
        started = time.perf_counter()
        try:
            return search(value, timeout=min(_REGEX_SECONDS, self._left)) is not None
        finally:
            self._left -= time.perf_counter() - started


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
            try:
                regex.compile(self.regex)
            except (regex.error, RecursionError, OverflowError) as error:
                raise ValueError(f"regex: {error}") from error

    def __str__(self) -> str:
        kind, value = next(
            (kind, value)
            for kind, value in msgspec.structs.asdict(self).items()
            if value is not None
        )
        return repr(value) if kind == "exact" else f"{kind} {value!r}"

    def test(self, search: SearchTime | None = None) -> Callable[[str], bool]:
        """The pattern as a function.

        It raises `PatternTimeError` where a regular expression takes too long: some would take
        longer than anybody waits, and the whole server with them.

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
        time_left = search or SearchTime()

        def found(value: str) -> bool:
            try:
                return time_left.run(find, value)
            except TimeoutError:
                raise PatternTimeError(
                    f"regex: {self.regex!r} takes over {_REGEX_SECONDS} s for one value, or over"
                    f" {_SEARCH_SECONDS} s for all; make it simpler"
                ) from None

        return found


def number_test(pattern: Pattern, search: SearchTime | None = None) -> Callable[[str], bool]:
    """The same for a number: `55 1234 5678` and `+52 55…` mean the guide's 12 digits too."""
    if pattern.exact is not None:
        return frozenset({pattern.exact, twelve_digits(pattern.exact)}).__contains__
    if pattern.prefix is not None:
        digits = _digits(pattern.prefix)
        starts = (digits,) if digits.startswith(_COUNTRY) else (digits, _COUNTRY + digits)
        return lambda value: value.startswith(starts)
    return pattern.test(search)


def pattern(value: str | Pattern) -> Pattern:
    """A plain string is the whole value."""
    return Pattern(exact=value) if isinstance(value, str) else value


def twelve_digits(number: str) -> str:
    """A national number as the guide writes it; any other as it is, without blanks and marks."""
    digits = _digits(number)
    return _COUNTRY + digits if len(digits) == _NATIONAL_DIGITS else digits


def _digits(number: str) -> str:
    return number.translate({ord(mark): None for mark in " +-().\t"})
