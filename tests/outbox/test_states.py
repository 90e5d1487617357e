"""Tests of a message's states and transitions."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from convergia_sms.outbox import DECISIONS, TRANSITIONS, Event, State, TransitionError
from convergia_sms.outbox._states import move
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule


class Life(RuleBasedStateMachine):
    """A message that gets any events in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.path: list[tuple[State, Event, State]] = []
        self.state = State.QUEUED

    @rule(event=st.sampled_from(Event))
    def happens(self, event: Event) -> None:
        before = self.state
        with suppress(TransitionError):
            self.state = move(before, event)
            self.path.append((before, event, self.state))

    @precondition(lambda self: self.state is State.UNKNOWN)
    @rule(event=st.sampled_from(sorted(set(Event) - DECISIONS)))
    def nothing_but_a_decision_leads_out_of_unknown(self, event: Event) -> None:
        with pytest.raises(TransitionError):
            move(self.state, event)

    @invariant()
    def state_is_one_of_the_ten(self) -> None:
        assert self.state in State

    @invariant()
    def a_second_sending_follows_only_a_certain_failure_or_a_decision(self) -> None:
        sendings = [index for index, step in enumerate(self.path) if step[1] is Event.CLAIM]
        for first, second in pairwise(sendings):
            between = {event for _, event, _ in self.path[first + 1 : second]}
            assert between & {Event.RELEASE, Event.REQUEUE}
            assert Event.LOSE not in between or Event.REQUEUE in between

    @invariant()
    def what_the_gateway_took_is_never_queued_again(self) -> None:
        took = False
        for _, event, state in self.path:
            took = took or event in {Event.ACCEPT, Event.CONFIRM}
            assert not (took and state in {State.QUEUED, State.SENDING})


TestLife = Life.TestCase


@pytest.mark.parametrize("event", Event)
def test_each_event_has_its_arrows(event: Event) -> None:
    transition = TRANSITIONS[event]
    assert transition.sources
    for state in State:
        if state in transition.sources:
            assert move(state, event) is transition.target
        else:
            with pytest.raises(TransitionError, match=str(state)):
                move(state, event)


def test_every_state_can_be_reached() -> None:
    reached = {State.QUEUED}
    while True:
        further = reached | {t.target for t in TRANSITIONS.values() if t.sources & reached}
        if further == reached:
            break
        reached = further
    assert reached == set(State)


@pytest.mark.parametrize(
    "state", [State.DELIVERED, State.FAILED, State.EXPIRED, State.CANCELLED], ids=str
)
def test_a_final_state_has_no_further_transition(state: State) -> None:
    assert not [event for event, t in TRANSITIONS.items() if state in t.sources]
