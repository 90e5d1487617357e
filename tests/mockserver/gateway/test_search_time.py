"""Tests that the time of regular expressions is bounded, for a value and for a whole search."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest
from convergia_mockserver.gateway import JournalQuery, MessageQuery, Pattern, World, search_time
from convergia_mockserver.gateway.calls import Call
from convergia_mockserver.gateway.journal import Exchange, StoredEntry
from convergia_mockserver.gateway.search_time import PatternTimeError

from tests.mockserver.gateway.calls import send

EACH_TAKES = 0.09  # seconds by the test's own clock: allowed for one value


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the clock by one on which every value takes `EACH_TAKES` seconds."""
    ticks = count()
    clock = SimpleNamespace(thread_time=lambda: next(ticks) * EACH_TAKES, monotonic=lambda: 0.0)
    monkeypatch.setattr(search_time, "time", clock)


ANYTHING, NOTHING = Pattern(regex="."), Pattern(regex="nothing such")


@pytest.mark.usefixtures("slow_clock")
def test_a_search_over_few_messages_finishes_in_time() -> None:
    space = World().space()
    for _ in range(5):
        send(space)
    assert space.inbox.find(MessageQuery(text=ANYTHING))[1] == 5


@pytest.mark.usefixtures("slow_clock")
def test_a_search_over_many_messages_is_given_up_as_a_whole() -> None:
    for search in (
        lambda space: space.inbox.find(MessageQuery(text=ANYTHING)),
        lambda space: list(space.inbox.scan(MessageQuery(text=ANYTHING))),
    ):
        space = World().space()
        for _ in range(20):
            send(space)
        with pytest.raises(PatternTimeError, match=r"over 0.5 s for all"):
            search(space)


@pytest.mark.usefixtures("slow_clock")
def test_many_searches_share_one_budget_also_across_spaces() -> None:
    world = World()
    for name in ("a", "b"):
        for _ in range(20):
            send(world.space(name))
    with pytest.raises(PatternTimeError):
        world.space("a").inbox.find(MessageQuery(text=ANYTHING))
    with pytest.raises(PatternTimeError, match="other searches"):
        world.space("b").inbox.find(MessageQuery(text=ANYTHING))


@pytest.mark.usefixtures("slow_clock")
def test_the_fields_of_a_search_share_its_time() -> None:
    space = World().space()
    for _ in range(5):
        send(space)
    with pytest.raises(PatternTimeError):
        space.inbox.find(MessageQuery(text=ANYTHING, number=ANYTHING))


@pytest.mark.usefixtures("slow_clock")
def test_a_search_of_the_journal_is_given_up_as_a_whole() -> None:
    call = Call("http", "send", {"message": "hola"}, "", ())
    exchange = Exchange("GET", b"/", "h", "http", "127.0.0.1", b"", b"", 200, b"", b"")
    entry = StoredEntry(1, 0.0, "http", exchange, call, None)
    test = JournalQuery(text=ANYTHING).test()
    with pytest.raises(PatternTimeError):
        [test(entry) for _ in range(20)]


@pytest.mark.usefixtures("slow_clock")
def test_the_scripts_share_the_time_of_a_request_and_a_plain_one_answers_after_it() -> None:
    space = World().space()
    for _ in range(20):
        space.script(code=109, text=NOTHING)
    space.script(code=110, text=ANYTHING, times=0)
    space.script(code=254, times=0)
    assert send(space).code == 254
    # The next request has time of its own.
    space.scripts.clear()
    space.script(code=110, text=ANYTHING)
    assert send(space).code == 110
