"""Tests of scripts, which answer the next requests that match."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from convergia_mockserver.gateway import (
    Criteria,
    FaultKind,
    Pattern,
    Script,
    ScriptAnswer,
    ScriptError,
    World,
)
from convergia_mockserver.gateway.criteria import Subject
from convergia_mockserver.gateway.scripts import script

from tests.mockserver.gateway.calls import send, status

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_next_n_get_the_code_and_the_one_after_them_its_own() -> None:
    space = World().space()
    space.script(code=110, times=2)
    assert [send(space).code for _ in range(3)] == [110, 110, 100]


def test_a_sequence_is_given_one_after_the_other() -> None:
    space = World().space()
    space.script(sequence=[109, FaultKind.HTTP_503, ScriptAnswer(code=254, delay=0.5), 100])
    answers = [send(space) for _ in range(5)]
    assert [answer.code for answer in answers] == [109, 100, 254, 100, 100]
    assert [answer.fault and answer.fault.kind for answer in answers[:2]] == [None, "http-503"]
    assert answers[2].delay == 0.5


def test_a_sequence_repeats_if_times_is_larger_than_its_length() -> None:
    space = World().space()
    space.script(sequence=[109, 110], times=5)
    assert [send(space).code for _ in range(6)] == [109, 110, 109, 110, 109, 100]


def test_a_script_without_a_limit_never_ends() -> None:
    space = World().space()
    state = space.script(code=200, times=0)
    assert state.remaining is None
    assert {send(space).code for _ in range(20)} == {200}


def test_scripts_are_first_in_first_out() -> None:
    space = World().space()
    space.script(code=109)
    space.script(code=110)
    assert [send(space).code for _ in range(3)] == [109, 110, 100]


@pytest.mark.parametrize(
    ("match", "matching", "other"),
    [
        (Criteria(number="525512345678"), {}, {"number": "525500000000"}),
        (Criteria(number="55 1234 5678"), {}, {"number": "525500000000"}),
        (Criteria(number=Pattern(prefix="5255")), {}, {"number": "528100000000"}),
        (Criteria(number=Pattern(prefix="55")), {}, {"number": "528100000000"}),
        (Criteria(number=Pattern(regex="678$")), {}, {"number": "526785500000"}),
        (Criteria(account="demo"), {}, {"username": "other"}),
        (Criteria(text="hola"), {}, {"message": "hola!"}),
        (Criteria(text=Pattern(contains="PEDIDO")), {"message": "su pedido va"}, {}),
        (Criteria(text=Pattern(regex="^ho")), {}, {"message": "oh, hola"}),
        (Criteria(extra=Pattern(prefix="p-")), {"extra": "p-1"}, {"extra": "q-1"}),
    ],
)
def test_only_requests_that_match_are_answered(
    match: Criteria, matching: dict[str, str], other: dict[str, str]
) -> None:
    space = World().space()
    space.scripts.add(Script((ScriptAnswer(code=254),), match))
    assert send(space, **other).code != 254
    assert send(space, **matching).code == 254


def test_a_script_may_be_for_one_face() -> None:
    space = World().space()
    space.script(code=254, face="soap")
    assert [send(space, "http").code, send(space, "soap").code] == [100, 254]


def test_status_codes_answer_only_status_queries() -> None:
    space = World().space()
    space.script(sequence=[0, 0, 2])
    message_id = send(space).message_id
    assert [status(space, message_id) for _ in range(3)] == [0, 0, 2]


def test_a_status_query_matches_by_the_message_it_asks_for() -> None:
    space = World().space()
    space.script(code=6, number="525500000000")
    first, second = send(space).message_id, send(space, number="525500000000").message_id
    assert [status(space, first), status(space, second)] == [0, 6]


def test_a_scripted_100_is_an_accepted_message_whatever_the_rules_say() -> None:
    space = World().space()
    space.script(code=100)
    assert send(space, username="nobody").message_id is not None
    assert [message.account for message in space.messages] == ["nobody"]


def test_exactly_n_are_answered_under_64_concurrent_calls() -> None:
    space = World().space()
    space.script(code=110, times=37)
    with ThreadPoolExecutor(64) as pool:
        codes = Counter(pool.map(lambda _: send(space).code, range(640)))
    assert codes == {110: 37, 100: 603}


def test_a_probability_selects_the_same_requests_for_the_same_seed() -> None:
    def run(seed: int) -> list[int | None]:
        space = World().space()
        space.script(code=110, times=0, probability=0.3, seed=seed)
        return [send(space).code for _ in range(200)]

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert 30 <= run(7).count(110) <= 90


def test_a_script_shows_its_used_and_remaining_answers() -> None:
    space = World().space()
    added = space.script(code=110, times=3)
    send(space)
    state = space.scripts.get(added.id)
    assert state is not None
    assert (state.used, state.remaining) == (1, 2)


def test_a_removed_script_answers_no_more() -> None:
    space = World().space()
    added = space.script(code=110)
    assert space.scripts.remove(added.id)
    assert send(space).code == 100


def test_the_nearest_miss_says_what_kept_a_script_from_answering() -> None:
    space = World().space()
    space.script(code=109, account="other")
    near = space.script(code=110, number="525500000000", text="hola")
    send(space)
    miss = space.scripts.nearest()(Subject("http", "send", "demo", "525512345678", "hola"))
    assert miss is not None
    assert miss.script == near.id
    assert miss.reasons == ("number: '525512345678' is not '525500000000'",)


@pytest.mark.parametrize(
    "wrong",
    [
        script,
        lambda: script(code=100, times=-1),
        lambda: script(code=100, probability=1.5),
        lambda: script(fault="no-such-fault"),
        lambda: script(code=100, delay=-1),
        lambda: script(sequence=[3, 100]),
        lambda: Script(()),
    ],
)
def test_an_invalid_script_is_refused(wrong: Callable[[], Script]) -> None:
    with pytest.raises(ScriptError):
        World().space().scripts.add(wrong())


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"sequence": [{"code": 3}]}, r"\.answers\[0\]\.code"),
        ({"code": "100"}, r"\.answers\[0\]\.code"),
        ({"code": 100, "delay": "1"}, r"\.answers\[0\]\.delay"),
        ({"code": 100, "number": 5512345678}, r"\.match\.number"),
        ({"code": 100, "text": object()}, "object"),
    ],
)
def test_a_value_of_another_type_is_refused_and_named(wrong: Any, named: str) -> None:
    with pytest.raises(ScriptError, match=named):
        World().space().script(**wrong)


@pytest.mark.parametrize("wrong", [{}, {"exact": "a", "prefix": "b"}, {"regex": "("}])
def test_an_invalid_pattern_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"exactly one|regex"):
        Pattern(**wrong)


def test_the_page_on_faults_lists_them_all() -> None:
    page = (Path(__file__).parents[3] / "docs" / "faults.md").read_text(encoding="utf-8")
    for number, reserved in World().reserved.items():
        if reserved.fault is not None:
            kind = reserved.fault.kind
            rows = [line for line in page.splitlines() if f"`{number}` | `{kind}`" in line]
            assert len(rows) == 1, f"docs/faults.md lacks {number}, {kind}"
            row = rows[0]
            assert ("yes" in row.rsplit("|", 2)[1]) is kind.takes_message
