"""One isolated world: its accounts, its messages, its clock.

Thread-safe: every public method takes the space's lock, so the server's loop, a test's thread and
a WSGI server's workers may all call at once. What is handed out is a copy.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from .accounts import DEMO, Account, account_states
from .calls import Answer
from .clock import Clock
from .delivery import DeliveryPlan
from .faults import FaultKind
from .messages import Message, StoredMessage, view
from .ring import Ring
from .rules import ACCEPTED, knows

if TYPE_CHECKING:
    from .calls import Call
    from .rules import Rules

# Below the codes, and the gateway never took the message.
_NOT_TAKEN = frozenset({FaultKind.RESET_BEFORE_READING, FaultKind.HTTP_500, FaultKind.HTTP_503})

_MAX_ERRORS = 100
# Python refuses to read a number of many thousand digits.
_MAX_ID_DIGITS = 20


class SpaceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a fresh space starts with.

    Attributes:
        accounts: who may send.
        delivery: the plan of a message for which nobody made another.
        max_messages: messages kept; the oldest make room.
        max_message_bytes: what they weigh at most, together.
    """

    accounts: tuple[Account, ...] = (DEMO,)
    delivery: DeliveryPlan = DeliveryPlan(after=1.0)
    max_messages: int = 100_000
    max_message_bytes: int = 128 * 1024 * 1024


class Space:
    """An isolated world inside one mock server.

    Args:
        name: as in `/s/NAME/`.
        rules: the codes by their causes.
        first_id: the first message's id; the next ones count up.
        settings: what it starts with.
    """

    def __init__(self, name: str, rules: Rules, first_id: int, settings: SpaceSettings) -> None:
        self.name = name
        self.settings = settings
        self.clock = Clock(on_change=self._wake)
        self._rules = rules
        self._first_id = first_id
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._accounts = account_states(settings.accounts)
        self._errors: deque[Exception] = deque(maxlen=_MAX_ERRORS)
        self._messages: Ring[StoredMessage] = Ring(
            settings.max_messages, settings.max_message_bytes
        )

    def answer(self, call: Call) -> Answer:
        """Answer a call by the rules, and remember what it changed."""
        with self._lock:
            answer = self._send(call) if call.operation == "send" else self._status(call)
            self._changed.notify_all()
        return answer

    @property
    def errors(self) -> list[Exception]:
        """What went wrong inside the server while it answered for this space."""
        with self._lock:
            return list(self._errors)

    def failed(self, error: Exception) -> None:
        """Remember that the server itself failed to answer."""
        with self._lock:
            self._errors.append(error)
            self._changed.notify_all()

    def has_account(self, name: str) -> bool:
        """Whether there is an account of that name."""
        return name in self._accounts

    @property
    def messages(self) -> list[Message]:
        """The accepted messages, in the order they came."""
        with self._lock:
            now = self.clock.now()
            return [view(stored, now) for stored in self._messages.oldest_first()]

    def _send(self, call: Call) -> Answer:
        arguments = call.arguments
        now = self.clock.now()
        account = self._accounts.get(arguments.get("username", ""))
        number = arguments.get("number", "")
        reserved = self._rules.reserved.get(number)
        code = self._rules.send(call, account, reserved, now)
        if code != ACCEPTED:
            return Answer(code)
        fault = None if reserved is None else reserved.fault
        if fault is not None and fault.kind in _NOT_TAKEN:
            return Answer(code, fault=fault)
        latest = self._messages.get(self._messages.next_number - 1)
        if fault is not None and fault.kind is FaultKind.DUPLICATE_ID and latest is not None:
            return Answer(code, latest.id, fault)
        stored = StoredMessage(
            id=str(self._first_id + self._messages.next_number),
            account=arguments.get("username", ""),
            number=number,
            text=arguments.get("message", ""),
            extra=arguments.get("extra", ""),
            face=call.face,
            address=call.address,
            created=now,
            plan=self.settings.delivery,
            state_set=None if reserved is None else reserved.state,
        )
        self._messages.append(stored, len(stored.text) + len(stored.extra))
        if account is not None:
            account.count(now)
        return Answer(code, stored.id, fault)

    def _status(self, call: Call) -> Answer:
        stored = self._find(call.arguments.get("messageid", ""))
        account = self._accounts.get(call.arguments.get("username", ""))
        if stored is not None and knows(account, call.arguments):
            stored.polls += 1
        state = 0 if stored is None else stored.state(self.clock.now())
        return Answer(self._rules.status(call, account, stored, state))

    def _find(self, message_id: str) -> StoredMessage | None:
        if not message_id.isdecimal() or len(message_id) > _MAX_ID_DIGITS:
            return None
        stored = self._messages.get(int(message_id) - self._first_id)
        return stored if stored is not None and stored.id == message_id else None

    def _wake(self) -> None:
        with self._lock:
            self._changed.notify_all()
