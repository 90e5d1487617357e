"""Time limits of regular expressions and XPath, for one value and for a search."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .searches import SEARCH_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .searches import Searches

# CPU seconds for one value.
_VALUE_SECONDS = 0.1
# CPU seconds for all scripts together that look at one request, since its sender waits for them.
_REQUEST_SECONDS = 0.02


class PatternTimeError(ValueError):
    """A regular expression took too long, for one value or for the whole search."""


class SearchTime:
    """The time that the expressions of one search may take over all its values.

    Args:
        seconds: the CPU seconds for the whole search.
        searches: the time that is shared with other searches, if any.
    """

    __slots__ = ("_left", "_searches", "_seconds")

    def __init__(self, seconds: float = SEARCH_SECONDS, searches: Searches | None = None) -> None:
        self._seconds = seconds
        self._searches = searches
        self.renew()

    @classmethod
    def of_request(cls) -> SearchTime:
        """Return the time for all scripts to look at one request."""
        return cls(_REQUEST_SECONDS)

    def renew(self) -> None:
        """Begin another search with the full time."""
        self._left = self._seconds

    def run(self, search: Callable[..., object], expression: str, value: object) -> bool:
        """Return True if the `search` of a compiled expression finds something in a value.

        The expression is a regular expression or XPath.

        Raises:
            PatternTimeError: if the time is up for this value, for this search or for all searches.
        """
        left = self._left
        if self._searches is not None and left > 0:
            left = min(left, self._searches.left())
            if left <= 0:
                raise PatternTimeError(
                    "other searches have used up the time for regular expressions; try again in a"
                    " few seconds"
                )
        if left <= 0:
            raise self._too_long(expression)
        started = time.thread_time()
        try:
            return search(value, timeout=min(_VALUE_SECONDS, left)) is not None
        except TimeoutError:
            raise self._too_long(expression) from None
        finally:
            spent = time.thread_time() - started
            self._left -= spent
            if self._searches is not None:
                self._searches.spend(spent)

    def _too_long(self, expression: str) -> PatternTimeError:
        return PatternTimeError(
            f"regex: {expression!r} takes over {_VALUE_SECONDS} s for one value, or over"
            f" {self._seconds} s for all; make it simpler"
        )
