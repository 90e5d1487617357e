"""The precedence of codes, inferred from replies to calls with several defects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Contest:
    """A reply to a call for which several codes apply: the answered code wins."""

    applied: frozenset[int]
    answered: int


def order(contests: Iterable[Contest], assumed: Sequence[int]) -> tuple[int, ...] | None:
    """Return the order with the fewest changes to `assumed` that explains all contests.

    A code stays as far in front as in the assumption, behind those that beat it.

    Returns:
        The order. None if two contests contradict each other.
    """
    beaten_by: dict[int, set[int]] = {code: set() for code in assumed}
    for contest in contests:
        for loser in contest.applied - {contest.answered}:
            if loser in beaten_by and contest.answered in beaten_by:
                beaten_by[loser].add(contest.answered)
    ordered: list[int] = []
    left = list(assumed)
    while left:
        ready = next((code for code in left if beaten_by[code] <= set(ordered)), None)
        if ready is None:
            return None
        ordered.append(ready)
        left.remove(ready)
    return tuple(ordered)
