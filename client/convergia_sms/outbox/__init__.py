"""Messages that survive a crash until their outcome is known.

`Outbox` keeps them, in SQLite or PostgreSQL; `Worker` sends them, `Sender` one of them by its id.
Needs the `outbox` extra; PostgreSQL, `postgres`.
"""

from __future__ import annotations

from ._outbox import Outbox
from ._outcomes import Claimed, Outcome
from ._policy import CircuitBreaker, RetryPolicy, SendingWindow
from ._query import Filter
from ._records import Decision, Draft, Enqueued, Entry, KeyConflictError, Priority
from ._sender import Gateway, Sender
from ._states import DECISIONS, TRANSITIONS, Event, State, Transition, TransitionError
from ._worker import Worker

__all__ = [
    "DECISIONS",
    "TRANSITIONS",
    "CircuitBreaker",
    "Claimed",
    "Decision",
    "Draft",
    "Enqueued",
    "Entry",
    "Event",
    "Filter",
    "Gateway",
    "KeyConflictError",
    "Outbox",
    "Outcome",
    "Priority",
    "RetryPolicy",
    "Sender",
    "SendingWindow",
    "State",
    "Transition",
    "TransitionError",
    "Worker",
]
