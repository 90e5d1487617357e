"""The store of a space's messages, by the numbers in their ids."""

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

# Python does not convert numbers of many thousand digits.
_MAX_ID_DIGITS = 20
# The approximate size of a message without its texts, in bytes.
_MESSAGE_WEIGHT = 400


class MessageStore:
    """The accepted messages by id, and the latest sends.

    Not thread-safe: the space does the locking.

    Args:
        first_id: the id of the first message, from which ids count up.
        capacity: the largest number of messages. The oldest are dropped for new ones.
        budget: the largest size of all messages, in bytes.
        storage: the storage that keeps messages besides memory, if any. It also finds those that
            were dropped.
    """

    def __init__(
        self, first_id: int, capacity: int, budget: int, storage: MessageStorage | None
    ) -> None:
        self._first_id = first_id
        self._storage = storage
        self._messages: Ring[StoredMessage] = Ring(capacity, budget)
        self._recent = RecentSends()
        self._accepted_before = self._dropped_before = 0
        # Counters that make a watch look again at messages it has already seen.
        self.changes: int = 0
        self.generation: int = 0

    @property
    def accepted(self) -> int:
        """The number of messages accepted since ids last started again."""
        return self._messages.next_number

    @property
    def dropped(self) -> int:
        """The number of messages dropped for new ones since then."""
        return self._messages.dropped

    @property
    def accepted_in_all(self) -> int:
        """The number of messages ever accepted. Clearing and restoring do not reduce it."""
        return self._accepted_before + self._messages.next_number

    @property
    def dropped_in_all(self) -> int:
        """The number of messages ever dropped for new ones."""
        return self._dropped_before + self._messages.dropped

    @property
    def latest(self) -> StoredMessage | None:
        """The message accepted last. None if it was deleted."""
        return self._messages.get(self._messages.next_number - 1)

    def accept(
        self, call: Call, now: float, plan: DeliveryPlan, state: int | None
    ) -> StoredMessage:
        """Accept a message, and return it."""
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
            # Write it first. A message that cannot be stored must not be accepted.
            self._storage.put_message(self._messages.next_number, stored)
        self._append(stored)
        return stored

    def remember(
        self, stored: StoredMessage, now: float, lost_by: FaultKind | None
    ) -> Resend | None:
        """Add a send to the latest. See `RecentSends.remember`."""
        return self._recent.remember(stored, now, lost_by)

    def find(self, message_id: str) -> StoredMessage | None:
        """Return a message by its id, or None."""
        number = self._number(message_id)
        if number is None:
            return None
        stored = self._messages.get(number)
        if stored is None and self._storage is not None and 0 <= number < self._messages.dropped:
            stored = self._storage.message(number)
        return stored if stored is not None and stored.id == message_id else None

    def delete(self, message_id: str) -> bool:
        """Delete a message. Return False if it did not exist."""
        number = self._number(message_id)
        if number is None or self.find(message_id) is None:
            return False
        if self._storage is not None:
            self._storage.delete_message(number)
        self._messages.delete(number)
        self.changes += 1
        return True

    def changed(self, stored: StoredMessage) -> None:
        """Store the new state or polls of a message."""
        number = self._number(stored.id)
        if number is not None and self._storage is not None:
            self._storage.change_message(number, stored)

    def held(self, start: int = 0) -> list[StoredMessage | None]:
        """Return the messages from number `start` on, oldest first. A deleted one is None."""
        return self._messages.items(start)

    def get(self, number: int) -> StoredMessage | None:
        """Return a message by its number. None if memory does not hold it."""
        return self._messages.get(number)

    def oldest_first(self) -> Iterator[StoredMessage]:
        """Yield the messages in memory, oldest first."""
        return self._messages.oldest_first()

    def number_of(self, message_id: str) -> int:
        """Return the number of messages accepted before this one. All if the id is invalid."""
        number = self._number(message_id)
        return self._messages.next_number if number is None else number

    def numbered(
        self, accepted: int, messages: Sequence[StoredMessage]
    ) -> list[tuple[int, StoredMessage]]:
        """Return messages, oldest first, with their numbers.

        Args:
            accepted: the number of accepted messages, with those that were deleted.
            messages: the messages of a snapshot.

        Raises:
            ValueError: if their ids do not fit the numbering of this store, or are not in order.
        """
        numbers = [self._number(stored.id) for stored in messages]
        expected = sorted({number for number in numbers if number is not None and number >= 0})
        if numbers != expected or (expected and expected[-1] >= accepted) or accepted < 0:
            raise ValueError(
                f"messages: their ids must count up from {self._first_id}, for at most {accepted}"
                " messages"
            )
        return list(zip(expected, messages, strict=True))

    def become(self, accepted: int, messages: Iterable[StoredMessage]) -> None:
        """Replace the messages in memory, oldest first. They must be in the storage already."""
        accepted_in_all, dropped_in_all = self.accepted_in_all, self.dropped_in_all
        self.load(accepted, messages)
        self._accepted_before = accepted_in_all - self._messages.next_number
        self._dropped_before = dropped_in_all - self._messages.dropped

    def load(self, accepted: int, messages: Iterable[StoredMessage]) -> None:
        """Load messages from the storage, oldest first."""
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
        """Delete all messages. Ids start again from the first."""
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
