"""Messages that survive a crash until their outcome is known.

`Outbox` keeps them, in SQLite or PostgreSQL. `Worker` sends them, and `Sender` sends one by its id.
`Poller` asks for their delivery status until it is final, and `WebhookSender` notifies the
application. The package needs the `outbox` extra, and the `postgres` extra for PostgreSQL.

As in `convergia_sms`, a name loads its module on first use, so importing this package does not
import SQLAlchemy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_sms._exports import exported

from . import _extra  # noqa: F401 # raises first if a dependency is missing

if TYPE_CHECKING:
    from ._accounts import AccountNameError
    from ._live_workers import LiveWorker
    from ._migrate import NewerSchemaError
    from ._outbox import Outbox
    from ._outcomes import Claimed, Outcome
    from ._policy import CircuitBreaker, RetryPolicy
    from ._poller import Poller, PollSchedule, StatusGateway
    from ._polling import Change
    from ._query import Filter
    from ._records import Decision, Draft, Enqueued, Entry, KeyConflictError, OptOut, Priority
    from ._sender import Sender, SendGateway
    from ._states import DECISIONS, TRANSITIONS, Event, State, Transition, TransitionError
    from ._waiting import Waiting
    from ._webhook import WebhookSender, sign_webhook, verify_webhook
    from ._window import SendingWindow
    from ._worker import Worker

_MODULES = {
    "_accounts": ("AccountNameError",),
    "_live_workers": ("LiveWorker",),
    "_migrate": ("NewerSchemaError",),
    "_outbox": ("Outbox",),
    "_outcomes": (
        "Claimed",
        "Outcome",
    ),
    "_policy": (
        "CircuitBreaker",
        "RetryPolicy",
    ),
    "_poller": (
        "Poller",
        "PollSchedule",
        "StatusGateway",
    ),
    "_polling": ("Change",),
    "_query": ("Filter",),
    "_records": (
        "Decision",
        "Draft",
        "Enqueued",
        "Entry",
        "KeyConflictError",
        "OptOut",
        "Priority",
    ),
    "_sender": (
        "Sender",
        "SendGateway",
    ),
    "_states": (
        "DECISIONS",
        "TRANSITIONS",
        "Event",
        "State",
        "Transition",
        "TransitionError",
    ),
    "_waiting": ("Waiting",),
    "_webhook": (
        "WebhookSender",
        "sign_webhook",
        "verify_webhook",
    ),
    "_window": ("SendingWindow",),
    "_worker": ("Worker",),
}

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
    "LiveWorker",
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


def __getattr__(name: str) -> object:
    return exported(__name__, _MODULES, name)


def __dir__() -> list[str]:
    return sorted(__all__)
