"""The messages a space holds, bounded, by the numbers in their ids."""

from __future__ import annotations

from sys import getsizeof
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.ring import Ring

from .delivery import DeliveryPlan
from .resends import RecentSends
from .stored import StoredMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convergia_mockserver.gateway.calls import Call, Resend
    from convergia_mockserver.gateway.faults import FaultKind

    from .storage import MessageStorage

# Python refuses to read a number of many thousand digits.
_MAX_ID_DIGITS = 20
# What a message weighs beside its texts, more or less.
_MESSAGE_WEIGHT = 400


class MessageStore:
    """Accepted messages by id, and what was sent lately. Not thread-safe: its space locks.

    Args:
        first_id: the first message's id; the next ones count up.
        capacity: how many are kept; the oldest make room.
        budget: what they weigh at most, in bytes.
        storage: where they are kept besides memory, if anywhere. Then those that made room are
            found there.
    """

    def __init__(
        self, first_id: int, capacity: int, budget: int, storage: MessageStorage | None
    ) -> None:
        self._first_id = first_id
        self._storage = storage
        self._messages: Ring[StoredMessage] = Ring(capacity, budget)
        self._recent = RecentSends()
        self._accepted_before = self._dropped_before = 0
        # What makes who follows the messages look again at those seen already.
        self.changes: int = 0
        self.generation: int = 0

    @property
    def accepted(self) -> int:
        """How many messages were accepted since the ids last began again."""
        return self._messages.next_number

    @property
    def dropped(self) -> int:
        """How many old messages made room for new ones since then."""
        return self._messages.dropped

    @property
    def accepted_in_all(self) -> int:
        """How many messages were ever accepted; to clear or restore takes nothing off."""
        return self._accepted_before + self._messages.next_number

    @property
    def dropped_in_all(self) -> int:
        """How many old messages ever made room for new ones."""
        return self._dropped_before + self._messages.dropped

    @property
    def latest(self) -> StoredMessage | None:
        """The message accepted last, unless it was deleted."""
        return self._messages.get(self._messages.next_number - 1)

    def accept(
        self, call: Call, now: float, plan: DeliveryPlan, state: int | None
    ) -> StoredMessage:
        """Take a message."""
        arguments = call.arguments
        stored = StoredMessage(
            id=str(self._first_id + self._messages.next_number),
            account=arguments.get("username", ""),
            number=arguments.get("number", ""),
            text=arguments.get("message", ""),
            extra=arguments.get("extra", ""),
            face=call.face,
            address=call.address,
            created=now,
            plan=plan,
            state_set=state,
        )
        if self._storage is not None:
            # First: what cannot be kept is not accepted.
            self._storage.put_message(self._messages.next_number, stored)
        self._append(stored)
        return stored

    def remember(
        self, stored: StoredMessage, now: float, lost_by: FaultKind | None
    ) -> Resend | None:
        """Remember a send; see `RecentSends.remember`."""
        return self._recent.remember(stored, now, lost_by)

    def find(self, message_id: str) -> StoredMessage | None:
        """Return a message by its id."""
        number = self._number(message_id)
        if number is None:
            return None
        stored = self._messages.get(number)
        if stored is None and self._storage is not None and 0 <= number < self._messages.dropped:
            stored = self._storage.message(number)
        return stored if stored is not None and stored.id == message_id else None

    def delete(self, message_id: str) -> bool:
        """Forget a message; return True if it was there."""
        number = self._number(message_id)
        if number is None or self.find(message_id) is None:
            return False
        if self._storage is not None:
            self._storage.delete_message(number)
        self._messages.delete(number)
        self.changes += 1
        return True

    def changed(self, stored: StoredMessage) -> None:
        """Keep a message's new state or polls."""
        number = self._number(stored.id)
        if number is not None and self._storage is not None:
            self._storage.change_message(number, stored)

    def held(self, start: int = 0) -> list[StoredMessage | None]:
        """Return the messages from a number on, oldest first, None where one was deleted."""
        return self._messages.items(start)

    def get(self, number: int) -> StoredMessage | None:
        """Return the message of a number, if memory holds it."""
        return self._messages.get(number)

    def oldest_first(self) -> Iterator[StoredMessage]:
        """Yield the messages held, in the order they came."""
        return self._messages.oldest_first()

    def number_of(self, message_id: str) -> int:
        """Return how many messages were accepted before this one; all of them if it is no id."""
        number = self._number(message_id)
        return self._messages.next_number if number is None else number

    def numbered(
        self, accepted: int, messages: Sequence[StoredMessage]
    ) -> list[tuple[int, StoredMessage]]:
        """Return messages, oldest first, with their numbers.

        Args:
            accepted: how many were accepted, these and those that are not there any more.
            messages: as a snapshot has them.

        Raises:
            ValueError: they are not numbered as this store numbers them, or not in order.
        """
        numbers = [self._number(stored.id) for stored in messages]
        expected = sorted({number for number in numbers if number is not None and number >= 0})
        if numbers != expected or (expected and expected[-1] >= accepted) or accepted < 0:
            raise ValueError(
                f"messages: their ids do not count up from {self._first_id}, or not to {accepted}"
            )
        return list(zip(expected, messages, strict=True))

    def become(self, accepted: int, messages: Iterable[StoredMessage]) -> None:
        """Hold these messages instead, oldest first, which are kept already."""
        accepted_in_all, dropped_in_all = self.accepted_in_all, self.dropped_in_all
        self.load(accepted, messages)
        self._accepted_before = accepted_in_all - self._messages.next_number
        self._dropped_before = dropped_in_all - self._messages.dropped

    def load(self, accepted: int, messages: Iterable[StoredMessage]) -> None:
        """Hold these messages, oldest first, which are kept already."""
        held = {int(stored.id) - self._first_id: stored for stored in messages}
        oldest = max(min(held, default=accepted), accepted - self._messages.capacity)
        self._recent.clear()
        self.generation += 1
        self._messages.clear(oldest)
        gap = StoredMessage("", "", "", "", "", "", "", 0.0, DeliveryPlan())
        for number in range(oldest, accepted):
            stored = held.get(number)
            if stored is None:
                self._messages.append(gap)
                self._messages.delete(number)
            else:
                self._append(stored)
                self._recent.remember(stored, stored.created, None)

    def clear(self) -> None:
        """Forget all messages, and count from the first id again."""
        if self._storage is not None:
            self._storage.replace_messages((), 0)
        self.become(0, ())

    def _append(self, stored: StoredMessage) -> None:
        weight = sum(map(getsizeof, (stored.account, stored.number, stored.text, stored.extra)))
        self._messages.append(stored, _MESSAGE_WEIGHT + weight)

    def _number(self, message_id: str) -> int | None:
        if not message_id.isdecimal() or len(message_id) > _MAX_ID_DIGITS:
            return None
        return int(message_id) - self._first_id
