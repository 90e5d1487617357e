"""Tests of how much of the gateway's state a single peer can take up."""

from __future__ import annotations

import asyncio
import random
import threading
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import DeliveryPlan, MessageQuery, Pattern, SpaceSettings, World
from convergia_mockserver.gateway import patterns
from convergia_mockserver.gateway.events import EventReader
from convergia_mockserver.gateway.journal.exchanges import Exchange, packed
from convergia_mockserver.gateway.regex_size import compiled_size

from benchmarks.attacks.peers import LARGE_PATTERNS
from tests.exhaustive import sampled
from tests.mockserver.gateway.calls import send, send_call, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver import Space
    from convergia_mockserver.gateway.messages import StoredMessage


@pytest.mark.parametrize("regex", [*LARGE_PATTERNS, "(" * 99 + "a" + "){2}" * 99])
def test_a_pattern_that_would_compile_to_a_large_size_is_refused_before(regex: str) -> None:
    with pytest.raises(ValueError, match=r"nodes, more than"):
        Pattern(regex=regex)


@pytest.mark.parametrize(
    "regex",
    [
        r"^52\d{10}$",
        r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
        r"pedido \d{1,9} de \p{Lu}\w{2,40}",
        r"^.{0,160}$",
        r"a{2,}b{,3}",
        r"[{}]{3}\{999\}",
        r"x{999",
        "(?x) ^ \\d{4} - \\d{2} # a day",
    ],
)
def test_an_ordinary_pattern_is_taken(regex: str) -> None:
    assert Pattern(regex=regex).compiled_size < 2000


@pytest.mark.parametrize(
    ("regex", "size"),
    [("a", 1), ("a{7}", 7), ("(ab){3}", 9), ("((a{2}){3}){4}", 40), ("[abc]{5}", 5)],
)
def test_repetitions_are_counted_as_they_are_nested(regex: str, size: int) -> None:
    assert compiled_size(regex) == size


def test_the_scripts_patterns_are_bounded_together() -> None:
    space = World().space()
    for number in range(11):
        space.script(code=109, text=Pattern(regex=f"{number}x{{9000}}"))
    with pytest.raises(ValueError, match="together are too large"):
        space.script(code=109, text=Pattern(regex="x{9000}"))


def test_headers_weigh_in_the_journal_what_they_hold() -> None:
    space = World(settings=SpaceSettings(max_request_bytes=1_000_000)).space()
    headers = packed((b"a%d" % number, b"") for number in range(8000))
    for _ in range(100):
        space.record(
            "http",
            Exchange("GET", b"/", "h", "http", "127.0.0.1", headers, b"", 200, b"", b""),
            None, None,
        )  # fmt: skip
    assert 1 <= len(space.journal) <= 1_000_000 // len(headers)


def test_the_memory_of_a_remembered_send_does_not_depend_on_its_size() -> None:
    space = World(settings=SpaceSettings(max_message_bytes=1_000_000)).space()
    send(space)
    tracemalloc.start()
    try:
        for number in range(100):
            send(space, extra=f"{number}" + "x" * 500_000)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 5_000_000
    assert send(space, extra="99" + "x" * 500_000).resend is not None


def test_a_send_does_not_wait_for_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    space = world.space()
    send(space)
    searching, sent = threading.Event(), threading.Event()

    def slow(_: Pattern, __: object = None) -> Callable[[str], bool]:
        def test(_: str) -> bool:
            searching.set()
            return sent.wait(60)

        return test

    monkeypatch.setattr(patterns.Pattern, "test", slow)
    wanted = MessageQuery(text=Pattern(contains="o"))
    searches = [
        lambda: space.inbox.find(wanted),
        lambda: list(space.inbox.scan(wanted)),
        lambda: space.inbox.watch(wanted).look(),
    ]
    for search in searches:
        searching.clear()
        sent.clear()
        thread = threading.Thread(target=search, daemon=True)
        thread.start()
        assert searching.wait(60)
        assert space.answer(send_call()).code == 100
        sent.set()
        thread.join(60)


# Watching.


def test_a_watch_looks_at_each_message_once(monkeypatch: pytest.MonkeyPatch) -> None:
    space = World().space()
    looked_at: list[str] = []

    def test(stored: StoredMessage) -> bool:
        looked_at.append(stored.extra)
        return True

    monkeypatch.setattr(MessageQuery, "test", lambda *_: test)
    for number in range(50):
        send(space, extra=str(number))
    watch = space.inbox.watch(MessageQuery(state=0))
    assert watch.look()[0] == 50
    send(space, extra="50")
    assert watch.look()[0] == 51
    space.clock.advance(60)
    assert watch.look()[0] == 0
    assert looked_at == [str(number) for number in range(51)]


QUERIES = [
    MessageQuery(),
    MessageQuery(state=0),
    MessageQuery(state=3),
    MessageQuery(state=2, text="a"),
    MessageQuery(text=Pattern(regex="^a$")),
]


PLANS = [
    DeliveryPlan.stuck(),
    DeliveryPlan(after=5),
    DeliveryPlan.after_polls(1),
    DeliveryPlan.fails(),
]


def something_happens(space: Space, chance: random.Random, ids: list[str]) -> None:
    message = chance.choice(ids)
    things: list[Callable[[], object]] = [
        lambda: space.plans.put(chance.choice(PLANS)),
        lambda: space.inbox.delete(message),
        lambda: space.clock.advance(chance.randrange(8)),
        lambda: status(space, message),
        lambda: space.inbox.get(message) and space.inbox.set_state(message, chance.choice([0, 2])),
        lambda: space.clock.set(space.clock.now() - chance.randrange(8)),
        lambda: space.restore(space.snapshot()),
    ]
    if chance.random() < 0.02:
        chance.choice([space.inbox.clear, space.reset])()
    elif chance.random() < 0.4:
        chance.choice(things)()
    else:
        answer = send(space, message=chance.choice("ab"), extra=str(chance.random()))
        ids.append(answer.message_id or "")


@pytest.mark.parametrize("seed", sampled(range(40), "variants", every=20))
def test_a_watch_always_counts_the_same_as_a_search(seed: int) -> None:
    chance = random.Random(seed)
    space = World(settings=SpaceSettings(max_messages=30)).space()
    space.clock.freeze()
    watches = [(query, space.inbox.watch(query)) for query in QUERIES]
    ids = ["1"]
    for _ in range(150):
        something_happens(space, chance, ids)
        for query, watch in watches:
            if chance.random() < 0.5:
                expected = space.inbox.find(query)
                assert (watch.look()[0], watch.found()) == (expected[1], expected)


# Events.


async def test_a_slow_reader_loses_the_oldest_events_and_learns_of_it() -> None:
    space = World().space()
    events = EventReader(space.feed)
    for _ in range(1500):
        send(space)
    await events.wait(10)
    happened, lost = events.take()
    assert (len(happened), lost) == (1000, True)
    assert happened[-1].id == str(space.messages[-1].id)
    send(space)
    await events.wait(10)
    assert events.take() == ([happened[0].__class__("message", space.messages[-1].id)], False)
    events.close()
    assert space.subscribers == 0


async def test_a_burst_wakes_a_reader_once() -> None:
    space = World().space()
    events = EventReader(space.feed)
    await asyncio.gather(*(asyncio.to_thread(send, space) for _ in range(50)))
    assert await events.wait(10)
    assert len(events.take()[0]) == 50
    assert not await events.wait(0)
    events.close()
