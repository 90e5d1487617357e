"""The messages a space holds, bounded. Not thread-safe: its space locks."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.calls import Resend
from convergia_mockserver.gateway.ring import Ring

from .delivery import DeliveryPlan
from .stored import StoredMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from convergia_mockserver.gateway.calls import Call
    from convergia_mockserver.gateway.faults import FaultKind
    from convergia_mockserver.gateway.storage.keep import Keep

    from .stored import MessageQuery

# Python refuses to read a number of many thousand digits.
_MAX_ID_DIGITS = 20
_REMEMBERED_SENDS = 10_000
# What a message weighs beside its text and extra, more or less.
_MESSAGE_WEIGHT = 512


class Inbox:
    """Accepted messages by id, and what was sent lately, so that a resend shows.

    Args:
        first_id: the first message's id; the next ones count up.
        capacity: how many are kept; the oldest make room.
        budget: what they weigh at most, in bytes.
        keep: where they are kept besides, if anywhere: then those that made room are found there.
    """

    def __init__(self, first_id: int, capacity: int, budget: int, keep: Keep) -> None:
        self._first_id = first_id
        self._keep = keep
        self._messages: Ring[StoredMessage] = Ring(capacity, budget)
        self._sends: OrderedDict[tuple[str, ...], tuple[str, float, FaultKind | None]] = (
            OrderedDict()
        )

    @property
    def accepted(self) -> int:
        """How many messages were ever accepted."""
        return self._messages.next_number

    @property
    def dropped(self) -> int:
        """How many old messages made room for new ones."""
        return self._messages.dropped

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
        self._keep.put_message(self._append(stored), stored)
        return stored

    def _append(self, stored: StoredMessage) -> int:
        return self._messages.append(stored, _MESSAGE_WEIGHT + len(stored.text) + len(stored.extra))

    def remember(
        self, stored: StoredMessage, now: float, lost_by: FaultKind | None
    ) -> Resend | None:
        """Remember a send; tells the earlier one that it repeats."""
        sends = self._sends
        key = (stored.account, stored.number, stored.text, stored.extra)
        before = sends.pop(key, None)
        sends[key] = (stored.id, now, lost_by)
        if len(sends) > _REMEMBERED_SENDS:
            sends.popitem(last=False)
        if before is None:
            return None
        return Resend(before[0], max(0.0, now - before[1]), before[2])

    def find(self, message_id: str) -> StoredMessage | None:
        """A message by its id."""
        number = self._number(message_id)
        if number is None:
            return None
        stored = self._messages.get(number)
        if stored is None and 0 <= number < self._messages.dropped:
            stored = self._keep.message(number)
        return stored if stored is not None and stored.id == message_id else None

    def delete(self, message_id: str) -> bool:
        """Forget a message; tells whether it was there."""
        number = self._number(message_id)
        if number is None or self.find(message_id) is None:
            return False
        self._messages.delete(number)
        self._keep.delete_message(number)
        return True

    def changed(self, stored: StoredMessage) -> None:
        """A message's state or polls changed."""
        number = self._number(stored.id)
        if number is not None:
            self._keep.change_message(number, stored)

    def oldest_first(self) -> Iterator[StoredMessage]:
        """The messages held, in the order they came."""
        return self._messages.oldest_first()

    def newest_first(self) -> Iterator[StoredMessage]:
        """The messages held, from the newest to the oldest."""
        return self._messages.newest_first()

    def matching(self, query: MessageQuery, now: float) -> tuple[list[StoredMessage], float | None]:
        """The messages that a query means, and when time alone may make one more of them."""
        test: Callable[[StoredMessage], bool] = query.test()
        found: list[StoredMessage] = []
        next_due: float | None = None
        for stored in self._messages.oldest_first():
            if not test(stored):
                continue
            if query.state is None or stored.state(now) == query.state:
                found.append(stored)
            elif (due := stored.due()) is not None and due > now:
                next_due = due if next_due is None else min(next_due, due)
        return found, next_due

    def older(self, before: int, size: int) -> tuple[list[StoredMessage], int | None]:
        """The messages among the `size` accepted before a number, newest first, and where to go on.

        The second is None when there are no older ones.
        """
        start = min(before, self._messages.next_number)
        end = max(start - size, self._messages.dropped)
        found = (self._messages.get(number) for number in range(start - 1, end - 1, -1))
        return [stored for stored in found if stored is not None], end if end < start else None

    def number_of(self, message_id: str) -> int:
        """How many messages were accepted before this one; all of them when it is no id."""
        number = self._number(message_id)
        return self._messages.next_number if number is None else number

    def restore(self, accepted: int, messages: Iterable[StoredMessage]) -> None:
        """Hold these messages, oldest first, of so many that were ever accepted.

        Raises:
            ValueError: they are not numbered as this inbox numbers them, or not in order.
        """
        messages = list(messages)
        numbers = [self._number(stored.id) for stored in messages]
        expected = sorted({number for number in numbers if number is not None and number >= 0})
        if numbers != expected or (expected and expected[-1] >= accepted) or accepted < 0:
            raise ValueError(
                f"the messages' ids do not count up from {self._first_id}, or not to {accepted}"
            )
        self.load(accepted, expected, messages)
        self._keep.replace_messages(zip(expected, messages, strict=True), accepted)

    def load(self, accepted: int, numbers: list[int], messages: list[StoredMessage]) -> None:
        """Hold these messages, of these numbers, as they are kept already."""
        oldest = max(numbers[0] if numbers else accepted, accepted - self._messages.capacity)
        self._sends.clear()
        self._messages.clear(oldest)
        held = dict(zip(numbers, messages, strict=True))
        gap = StoredMessage("", "", "", "", "", "", "", 0.0, DeliveryPlan())
        for number in range(oldest, accepted):
            stored = held.get(number)
            if stored is None:
                self._messages.append(gap)
                self._messages.delete(number)
            else:
                self._append(stored)
                self.remember(stored, stored.created, None)

    def clear(self) -> None:
        """Forget all messages, and count from the first id again."""
        self._keep.replace_messages((), 0)
        self._messages.clear()
        self._sends.clear()

    def _number(self, message_id: str) -> int | None:
        if not message_id.isdecimal() or len(message_id) > _MAX_ID_DIGITS:
            return None
        return int(message_id) - self._first_id
