"""Which code wins, from who was seen to win over whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Contest:
    """One reply: several codes applied, one was answered."""

    applied: frozenset[int]
    answered: int


def order(contests: Iterable[Contest], assumed: Sequence[int]) -> tuple[int, ...] | None:
    """Return the order of `assumed` with the fewest changes that explains every contest.

    A code stays as far to the front as the assumption has it, behind those that beat it.

    Returns:
        None when no order explains them all: two contests contradict each other.
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
