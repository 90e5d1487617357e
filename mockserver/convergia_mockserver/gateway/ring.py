"""The latest of a numbered sequence, bounded in number and in bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class Ring(Generic[T]):
    """Items numbered 0, 1, 2, … as they come; the oldest make room for the newest.

    Appending, looking one up by its number and dropping the oldest cost the same whatever is held.
    Not thread-safe: its owner locks.

    Args:
        capacity: how many items are held at most.
        budget: how many bytes they weigh at most, as given to `append`; at least one item stays.
    """

    __slots__ = (
        "_base", "_bytes", "_items", "_oldest", "_weights", "budget", "capacity", "next_number",
    )  # fmt: skip

    def __init__(self, capacity: int, budget: int) -> None:
        if capacity < 1:
            raise ValueError(f"a ring holds at least one item, not {capacity}")
        self.capacity: int = capacity
        self.budget: int = budget
        self._items: list[T | None] = []
        self._weights: list[int] = []
        self.next_number: int = 0
        self.clear()

    def clear(self, start: int = 0) -> None:
        """Forget all items and count from `start` on."""
        self._items.clear()
        self._weights.clear()
        self._base = self._oldest = self.next_number = start
        self._bytes = 0

    @property
    def dropped(self) -> int:
        """How many items made room for newer ones."""
        return self._oldest

    def __len__(self) -> int:
        return self.next_number - self._oldest

    def append(self, item: T, weight: int = 0) -> int:
        """Add an item that weighs so many bytes; gives its number."""
        number = self.next_number
        if number - self._oldest == self.capacity:
            self._drop()
        if len(self._items) < self.capacity:
            self._items.append(item)
            self._weights.append(weight)
        else:
            slot = self._slot(number)
            self._items[slot] = item
            self._weights[slot] = weight
        self._bytes += weight
        self.next_number = number + 1
        while self._bytes > self.budget and self._oldest < number:
            self._drop()
        return number

    def get(self, number: int) -> T | None:
        """Return the item of that number; None when it was never there, dropped or deleted."""
        if self._oldest <= number < self.next_number:
            return self._items[self._slot(number)]
        return None

    def delete(self, number: int) -> None:
        """Forget one item; the others keep their numbers."""
        if self._oldest <= number < self.next_number:
            self._forget(self._slot(number))

    def items(self, start: int = 0) -> list[T | None]:
        """Return the items from a number on, oldest first, None where one was deleted.

        It copies references alone, so that a search through all of them needs no lock.
        """
        first = self._slot(max(start, self._oldest))
        count = self.next_number - max(start, self._oldest)
        if count <= 0:
            return []
        found = self._items[first : first + count]
        return found + self._items[: count - len(found)]

    def oldest_first(self) -> Iterator[T]:
        """Yield the items held, in the order they came."""
        for number in range(self._oldest, self.next_number):
            item = self._items[self._slot(number)]
            if item is not None:
                yield item

    def _slot(self, number: int) -> int:
        return (number - self._base) % self.capacity

    def _drop(self) -> None:
        self._forget(self._slot(self._oldest))
        self._oldest += 1

    def _forget(self, slot: int) -> None:
        self._items[slot] = None
        self._bytes -= self._weights[slot]
        self._weights[slot] = 0
