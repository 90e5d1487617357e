"""Messages that survive a crash until their outcome is known.

`Outbox` keeps them, in SQLite or PostgreSQL; `Worker` sends them, `Sender` one of them by its id;
`Poller` follows them to their end, and `WebhookSender` tells the application. It needs the `outbox`
extra, and for PostgreSQL the `postgres` extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _extra  # noqa: F401 # says what is missing, before anything else does
from ._accounts import AccountNameError
from ._migrate import NewerSchemaError
from ._outbox import Outbox
from ._outcomes import Claimed, Outcome
from ._policy import CircuitBreaker, RetryPolicy, SendingWindow
from ._poller import Poller, PollSchedule, StatusGateway
from ._polling import Change
from ._query import Filter
from ._records import Decision, Draft, Enqueued, Entry, KeyConflictError, OptOut, Priority
from ._sender import Sender, SendGateway
from ._states import DECISIONS, TRANSITIONS, Event, State, Transition, TransitionError
from ._waiting import Waiting
from ._worker import Worker

if TYPE_CHECKING:
    from ._webhook import WebhookSender, sign_webhook, verify_webhook

__all__ = [
    "DECISIONS",
    "TRANSITIONS",
    "AccountNameError",
    "Change",
    "CircuitBreaker",
    "Claimed",
    "Decision",
    "Draft",
    "Enqueued",
    "Entry",
    "Event",
    "Filter",
    "KeyConflictError",
    "NewerSchemaError",
    "OptOut",
    "Outbox",
    "Outcome",
    "PollSchedule",
    "Poller",
    "Priority",
    "RetryPolicy",
    "SendGateway",
    "Sender",
    "SendingWindow",
    "State",
    "StatusGateway",
    "Transition",
    "TransitionError",
    "Waiting",
    "WebhookSender",
    "Worker",
    "sign_webhook",
    "verify_webhook",
]

_WEBHOOK = frozenset({"WebhookSender", "sign_webhook", "verify_webhook"})


def __getattr__(name: str) -> object:
    # Webhooks bring the HTTP stack along: whoever only enqueues does not wait for it.
    if name not in _WEBHOOK:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import _webhook

    value: object = getattr(_webhook, name)
    globals()[name] = value
    return value
