"""The states and events of a message, and the transitions between them, as data.

Stores and workers only move messages along these arrows. No other module defines any.

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

`confirm`, `requeue`, `give_up` and `cancel` are decisions: a person makes them, and the outbox
records who and why. Only a decision leads out of `unknown`.
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
    """The state of a message, exactly one at any time."""

    QUEUED = "queued"
    """It waits for a worker. It has not been sent, or the gateway rejected it for now."""
    SENDING = "sending"
    """A worker has claimed it: from before the first byte is sent until the outcome is recorded."""
    ACCEPTED = "accepted"
    """The gateway accepted it."""
    REJECTED = "rejected"
    """The gateway rejected it, with a code that a retry does not change, or too often."""
    NOT_SENT = "not_sent"
    """It did not reach the gateway, and the retries are used up or pointless."""
    UNKNOWN = "unknown"
    """It may have been sent. Only a decision moves it on."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """The gateway accepted it and reports that it was not delivered."""
    EXPIRED = "expired"
    """Its `expires` passed before it was sent."""
    CANCELLED = "cancelled"
    """It was cancelled or given up by a decision, or its number opted out."""


class Event(enum.StrEnum):
    """An event in the life of a message."""

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
    """The transitions of one event: from each of `sources` to `target`."""

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
        # Only a message that certainly did not reach the gateway is put back without a decision.
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
        # Not to `not_sent`: nobody knows whether it was sent.
        Event.GIVE_UP: _from(State.UNKNOWN, to=State.CANCELLED),
    }
)

DECISIONS = frozenset({Event.CANCEL, Event.CONFIRM, Event.REQUEUE, Event.GIVE_UP})
"""The events that are decisions of a person. All others happen without one."""

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
"""The states in which nothing more happens to a message without a decision. `accepted` is not one,
because its status may be queried. `unknown` is not one, because it needs a decision."""


class TransitionError(ValueError):
    """Raised for an event that cannot happen to a message in its state.

    Attributes:
        state: the message's state.
        event: the event.
    """

    def __init__(self, state: State, event: Event) -> None:
        sources = ", ".join(sorted(TRANSITIONS[event].sources))
        super().__init__(f"{event}: the message is {state}, but must be {sources}")
        self.state = state
        self.event = event


def move(state: State, event: Event) -> State:
    """Return the state that `event` leads to from `state`.

    Raises:
        TransitionError: `event` cannot happen in `state`.
    """
    transition = TRANSITIONS[event]
    if state not in transition.sources:
        raise TransitionError(state, event)
    return transition.target
