"""A ring buffer of numbered items, bounded in number and in bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class Ring(Generic[T]):
    """A ring buffer of items numbered 0, 1, 2, …, in which new items replace the oldest.

    Appending, looking up by number and dropping the oldest take constant time. Not thread-safe: the
    owner does the locking.

    Args:
        capacity: the largest number of items.
        budget: the largest sum of the weights given to `append`, in bytes. The newest item is kept
            in any case.
    """

    __slots__ = (
        "_base", "_bytes", "_items", "_oldest", "_weights", "budget", "capacity", "next_number",
    )  # fmt: skip

    def __init__(self, capacity: int, budget: int) -> None:
        if capacity < 1:
            raise ValueError(f"a ring must have room for at least one item, not {capacity}")
        self.capacity: int = capacity
        self.budget: int = budget
        self._items: list[T | None] = []
        self._weights: list[int] = []
        self.next_number: int = 0
        self.clear()

    def clear(self, start: int = 0) -> None:
        """Remove all items. The next one gets the number `start`."""
        self._items.clear()
        self._weights.clear()
        self._base = self._oldest = self.next_number = start
        self._bytes = 0

    @property
    def dropped(self) -> int:
        """The number of items dropped for newer ones."""
        return self._oldest

    def __len__(self) -> int:
        return self.next_number - self._oldest

    def append(self, item: T, weight: int = 0) -> int:
        """Add an item of `weight` bytes and return its number."""
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
        """Return an item by its number. None if it never existed, was dropped or deleted."""
        if self._oldest <= number < self.next_number:
            return self._items[self._slot(number)]
        return None

    def delete(self, number: int) -> None:
        """Delete an item. The others keep their numbers."""
        if self._oldest <= number < self.next_number:
            self._forget(self._slot(number))

    def items(self, start: int = 0) -> list[T | None]:
        """Return the items from number `start` on, oldest first. A deleted item is None.

        The list is a copy, so that a search through it needs no lock.
        """
        first = self._slot(max(start, self._oldest))
        count = self.next_number - max(start, self._oldest)
        if count <= 0:
            return []
        found = self._items[first : first + count]
        return found + self._items[: count - len(found)]

    def oldest_first(self) -> Iterator[T]:
        """Yield the items, oldest first."""
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
