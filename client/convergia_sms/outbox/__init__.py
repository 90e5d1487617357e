"""Messages that survive a crash until their outcome is known.

`Outbox` keeps them, in SQLite or PostgreSQL. Needs the `outbox` extra; PostgreSQL, `postgres`.
"""

from __future__ import annotations

from ._outbox import Outbox
from ._query import Filter
from ._records import Decision, Draft, Enqueued, Entry, KeyConflictError, Priority
from ._states import DECISIONS, TRANSITIONS, Event, State, Transition, TransitionError

__all__ = [
    "DECISIONS",
    "TRANSITIONS",
    "Decision",
    "Draft",
    "Enqueued",
    "Entry",
    "Event",
    "Filter",
    "KeyConflictError",
    "Outbox",
    "Priority",
    "State",
    "Transition",
    "TransitionError",
]
