"""The life of a message, as data: which events lead from which states to which.

Stores and workers only move messages along these arrows; no other module knows one.

                 ┌─ cancel ──► cancelled ◄──────────── give_up ─┐
                 ├─ opt_out ─► cancelled                        │
                 ├─ expire ──► expired                          │
    queued ──────┴─ claim ───► sending ── lose ─────────► unknown
      ▲ ▲                      │ │ │ │                      │ │
      │ └────── release ───────┘ │ │ └─ accept ─► accepted ◄┘ │  confirm
      │                   reject │ │ abandon      │      │    │
      │                          ▼ ▼       deliver▼  fail▼    │
      │                  rejected  not_sent  delivered  failed │
      └────── requeue ───────┴────────┴───────────────────────┘

`confirm`, `requeue`, `give_up` and `cancel` are decisions: somebody takes them, and who and why is
recorded. Nothing but a decision leads out of `unknown`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DECISIONS",
    "FINAL",
    "TRANSITIONS",
    "Event",
    "State",
    "Transition",
    "TransitionError",
    "move",
]


class State(enum.StrEnum):
    """Where a message is; it is in exactly one of these."""

    QUEUED = "queued"
    """Waits for a worker; nothing of it has reached the gateway, or the gateway said no."""
    SENDING = "sending"
    """A worker has it: from before the first byte goes out until its outcome is recorded."""
    ACCEPTED = "accepted"
    """The gateway took it and gave a message id."""
    REJECTED = "rejected"
    """The gateway said no, with a code that does not pass, or too often."""
    NOT_SENT = "not_sent"
    """Nothing reached the gateway, too often."""
    UNKNOWN = "unknown"
    """It may have been sent. Only a decision leads out."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """The gateway took it and reports that it did not arrive."""
    EXPIRED = "expired"
    """Its time ran out before it was sent."""
    CANCELLED = "cancelled"
    """Somebody decided that nothing more is to be done."""


class Event(enum.StrEnum):
    """What can happen to a message."""

    CLAIM = "claim"
    ACCEPT = "accept"
    REJECT = "reject"
    ABANDON = "abandon"
    RELEASE = "release"
    LOSE = "lose"
    EXPIRE = "expire"
    OPT_OUT = "opt_out"
    DELIVER = "deliver"
    FAIL = "fail"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    REQUEUE = "requeue"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Transition:
    """One event's arrows: from each of `sources` to `target`."""

    sources: frozenset[State]
    target: State


def _from(*sources: State, to: State) -> Transition:
    return Transition(frozenset(sources), to)


TRANSITIONS: Mapping[Event, Transition] = MappingProxyType(
    {
        Event.CLAIM: _from(State.QUEUED, to=State.SENDING),
        Event.EXPIRE: _from(State.QUEUED, to=State.EXPIRED),
        # The recipient wants no more messages.
        Event.OPT_OUT: _from(State.QUEUED, to=State.CANCELLED),
        # Only what certainly did not reach the gateway goes back by itself.
        Event.RELEASE: _from(State.SENDING, to=State.QUEUED),
        Event.ACCEPT: _from(State.SENDING, to=State.ACCEPTED),
        Event.REJECT: _from(State.SENDING, to=State.REJECTED),
        Event.ABANDON: _from(State.SENDING, to=State.NOT_SENT),
        Event.LOSE: _from(State.SENDING, to=State.UNKNOWN),
        Event.DELIVER: _from(State.ACCEPTED, to=State.DELIVERED),
        Event.FAIL: _from(State.ACCEPTED, to=State.FAILED),
        Event.CANCEL: _from(State.QUEUED, to=State.CANCELLED),
        Event.CONFIRM: _from(State.UNKNOWN, to=State.ACCEPTED),
        Event.REQUEUE: _from(State.UNKNOWN, State.REJECTED, State.NOT_SENT, to=State.QUEUED),
        # Not `not_sent`: that would claim to know.
        Event.GIVE_UP: _from(State.UNKNOWN, to=State.CANCELLED),
    }
)

DECISIONS = frozenset({Event.CANCEL, Event.CONFIRM, Event.REQUEUE, Event.GIVE_UP})
"""The events that somebody decides; the rest happens by itself."""

FINAL = frozenset(
    {
        State.REJECTED,
        State.NOT_SENT,
        State.DELIVERED,
        State.FAILED,
        State.EXPIRED,
        State.CANCELLED,
    }
)
"""The states in which a message waits for nothing and nobody. `accepted` is not one: the gateway
may be asked about it; `unknown` is not: somebody has to decide."""


class TransitionError(ValueError):
    """An event that cannot happen to a message in this state.

    Attributes:
        state: where the message is.
        event: what was to happen to it.
    """

    def __init__(self, state: State, event: Event) -> None:
        sources = ", ".join(sorted(TRANSITIONS[event].sources))
        super().__init__(f"{event}: the message is {state}; it would have to be {sources}")
        self.state = state
        self.event = event


def move(state: State, event: Event) -> State:
    """Return the state that `event` leads to from `state`.

    Raises:
        TransitionError: there is no such arrow.
    """
    transition = TRANSITIONS[event]
    if state not in transition.sources:
        raise TransitionError(state, event)
    return transition.target
