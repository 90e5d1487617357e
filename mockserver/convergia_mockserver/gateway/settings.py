"""What a fresh space starts with."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - msgspec reads it
from typing import Any

import msgspec

from .accounts import DEMO, Account
from .messages import DeliveryPlan
from .operations import OperationAnswer  # noqa: TC001 - msgspec reads it

MEBIBYTE = 1024 * 1024


class SpaceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Who may send, what becomes of messages, how much is kept.

    Attributes:
        accounts: who may send.
        operations: the WSDL's operations other than send and status, by name: a function that
            raises TypeError for what the operation cannot return.
        answers: what some of those answer, by name.
        delivery: the plan of a message for which nobody made another.
        max_messages: messages kept; the oldest make room.
        max_message_bytes: what they weigh at most, together.
        max_requests: journal entries kept; the oldest make room.
        max_request_bytes: what they weigh at most, together.
    """

    accounts: tuple[Account, ...] = (DEMO,)
    operations: dict[str, Callable[[Any], None]] = {}
    answers: dict[str, OperationAnswer] = {}
    delivery: DeliveryPlan = DeliveryPlan(after=1.0)
    max_messages: int = 100_000
    max_message_bytes: int = 80 * MEBIBYTE
    max_requests: int = 10_000
    max_request_bytes: int = 48 * MEBIBYTE
