"""Tests of a space: its contents, its limits and its changes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver.gateway import (
    Account,
    AccountError,
    Clock,
    DeliveryPlan,
    Event,
    MessageQuery,
    Pattern,
    SnapshotError,
    Space,
    SpaceLimitError,
    SpaceSettings,
    World,
)
from convergia_mockserver.gateway.storage.snapshots import decode, encode

from tests.mockserver.gateway.calls import send, status

if TYPE_CHECKING:
    from collections.abc import Callable


def space_of(settings: SpaceSettings) -> Space:
    return World(settings=settings).space()


# Delivery plans.


def test_a_plan_for_a_number_has_precedence_over_its_accounts() -> None:
    space = World().space()
    space.plans.put(DeliveryPlan.fails(), account="demo")
    space.plans.put(DeliveryPlan.at_once(), number="55 1234 5678")
    assert status(space, send(space).message_id) == 3
    assert status(space, send(space, number="525500000000").message_id) == 2


def test_a_plan_by_polls_answers_0_for_its_number_of_polls() -> None:
    space = World().space()
    space.plans.put(DeliveryPlan.after_polls(2, outcome=2))
    message_id = send(space).message_id
    assert [status(space, message_id) for _ in range(4)] == [0, 0, 2, 2]


def test_a_query_with_wrong_credentials_does_not_count_as_a_poll() -> None:
    space = World().space()
    space.plans.put(DeliveryPlan.after_polls(1))
    message_id = send(space).message_id
    status(space, message_id, password="wrong")
    assert [status(space, message_id) for _ in range(2)] == [0, 3]


def test_a_stuck_message_stays_pending() -> None:
    space = World().space()
    space.plans.put(DeliveryPlan.stuck())
    message_id = send(space).message_id
    space.clock.advance(timedelta(days=365))
    assert status(space, message_id) == 0


def test_a_state_set_by_a_test_overrides_the_plan() -> None:
    space = World().space()
    message_id = send(space).message_id or ""
    assert space.inbox.set_state(message_id, 2).state == 2
    assert status(space, message_id) == 2
    with pytest.raises(ValueError, match="does not list status code 9"):
        space.inbox.set_state(message_id, 9)
    with pytest.raises(KeyError):
        space.inbox.set_state("1", 2)


# The clock.


def test_a_clock_freezes_advances_and_resumes() -> None:
    now = [1000.0]
    clock = Clock(lambda: now[0])
    clock.freeze()
    now[0] = 1500.0
    assert clock.now() == 1000.0
    clock.advance(10)
    assert (clock.now(), clock.frozen) == (1010.0, True)
    clock.resume()
    now[0] = 1501.0
    assert clock.now() == 1011.0
    clock.set(datetime(2026, 1, 1, tzinfo=UTC))
    assert clock.utc() == datetime(2026, 1, 1, tzinfo=UTC)
    clock.reset()
    assert (clock.now(), clock.offset) == (1501.0, 0.0)


@pytest.mark.parametrize(
    "change",
    [
        lambda clock: clock.freeze(),
        lambda clock: clock.advance(10),
        lambda clock: clock.set(1000.0),
        lambda clock: clock.resume(),
        lambda clock: clock.reset(),
        lambda clock: clock.restore(None, 5.0),
    ],
    ids=["freeze", "advance", "set", "resume", "reset", "restore"],
)
def test_a_change_of_a_clock_holds_the_lock_until_it_is_stored(
    change: Callable[[Clock], None],
) -> None:
    lock = threading.RLock()
    held: list[bool] = []

    def try_lock() -> bool:
        if free := lock.acquire(blocking=False):
            lock.release()
        return free

    def look() -> None:
        with ThreadPoolExecutor(1) as pool:
            held.append(not pool.submit(try_lock).result())

    def source() -> float:
        look()
        return 1000.0

    change(Clock(source, look, lock))
    assert held
    assert all(held)


@pytest.mark.parametrize("by", [-1, float("nan"), float("inf"), 1e15])
def test_a_clock_refuses_times_outside_the_calendar(by: float) -> None:
    with pytest.raises(ValueError, match=r"zero or more|must be a time"):
        Clock().advance(by)


def test_a_clock_refuses_a_datetime_without_a_timezone() -> None:
    with pytest.raises(ValueError, match="timezone"):
        Clock().set(datetime(2026, 1, 1))  # noqa: DTZ001 - the point


# What is kept.


def test_the_oldest_messages_make_room_and_are_counted() -> None:
    space = space_of(SpaceSettings(max_messages=3))
    ids = [send(space, extra=str(n)).message_id for n in range(5)]
    assert [message.id for message in space.messages] == ids[2:]
    assert (space.inbox.accepted, space.inbox.dropped) == (5, 2)
    assert status(space, ids[0]) == 6
    assert status(space, ids[4]) == 0


def test_messages_are_bounded_in_bytes_too() -> None:
    space = space_of(SpaceSettings(max_message_bytes=100_000))
    for _ in range(20):
        send(space, extra="x" * 20_000)
    assert 1 <= len(space.messages) <= 5


def test_find_gives_a_page_and_the_total() -> None:
    space = World().space()
    for n in range(10):
        send(space, message=f"uno {n}" if n % 2 else f"dos {n}")
    page, total = space.inbox.find(
        MessageQuery(text=Pattern(prefix="uno")), newest_first=True, offset=1, limit=2
    )
    assert [message.text for message in page] == ["uno 7", "uno 5"]
    assert total == 5


def test_find_goes_by_time_and_state() -> None:
    space = World().space()
    space.clock.freeze(datetime(2026, 1, 1, tzinfo=UTC))
    send(space, message="old")
    space.clock.advance(60)
    send(space, message="new")
    since = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
    assert [m.text for m in space.inbox.find(MessageQuery(since=since))[0]] == ["new"]
    assert [m.text for m in space.inbox.find(MessageQuery(until=since))[0]] == ["old"]
    assert [m.text for m in space.inbox.find(MessageQuery(state=3))[0]] == ["old"]


def test_a_deleted_message_is_not_found_and_its_id_not_given_again() -> None:
    space = World().space()
    first, second = send(space).message_id or "", send(space).message_id
    assert space.inbox.delete(first)
    assert not space.inbox.delete(first)
    assert status(space, first) == 6
    assert [message.id for message in space.messages] == [second]
    assert send(space).message_id not in (first, second)


def test_a_repeated_send_names_the_message_it_repeats() -> None:
    space = World().space()
    first = send(space)
    assert first.resend is None
    assert send(space, message="other").resend is None
    again = send(space, "soap").resend
    assert again is not None
    assert (again.message_id, again.lost_by) == (first.message_id, None)


# Accounts.


def test_an_account_can_be_created_changed_and_deleted() -> None:
    space = World().space()
    space.accounts.put(Account(name="ana", password="x", allowance=1))
    assert [send(space, username="ana", password="x").code for _ in range(2)] == [100, 204]
    assert space.accounts.change("ana", allowance=5).remaining == 4
    assert send(space, username="ana", password="x").code == 100
    assert space.accounts.delete("ana")
    assert send(space, username="ana", password="x").code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"allowance": -1},
        {"allowance": "many"},
        {"addresses": ("x",)},
        {"prefixes": ("5x",)},
        {"hours": "8-20"},
        {"hours": "08:00-08:00"},
        {"rate": 0},
        {"password": ""},
        {"colour": "red"},
        {"used": -1},
        {"name": "other"},
        {"hours": "08:00-20:00", "timezone": "Nowhere/At_All"},
    ],
)
def test_an_invalid_account_is_refused(change: dict[str, object]) -> None:
    space = World().space()
    before = space.accounts.get("demo")
    with pytest.raises(AccountError):
        space.accounts.change("demo", **change)
    assert space.accounts.get("demo") == before


def test_an_account_with_a_hashed_password_is_authenticated() -> None:
    space = World().space()
    account = Account(name="ana", password="s3cr3t").hashed()
    assert "s3cr3t" not in account.password
    space.accounts.put(account)
    assert send(space, username="ana", password="s3cr3t").code == 100
    assert send(space, username="ana", password=account.password).code == 201


def test_an_accounts_repr_shows_no_password() -> None:
    assert "s3cr3t" not in repr(Account(name="ana", password="s3cr3t"))


# Snapshots.


def test_a_restored_space_is_what_it_was() -> None:
    space = World().space()
    space.accounts.put(Account(name="ana", password="s3cr3t", allowance=3))
    space.plans.put(DeliveryPlan.stuck(), number="525512345678")
    space.script(sequence=[109, 110], account="ana", times=3)
    first, second = send(space).message_id or "", send(space, extra="2").message_id or ""
    send(space, username="ana", password="s3cr3t")
    space.inbox.delete(first)
    space.clock.freeze(datetime(2026, 1, 1, tzinfo=UTC))
    text = encode(space.snapshot())
    assert b"s3cr3t" not in text

    copy = World().space("copy")
    copy.restore(decode(text))
    assert copy.messages == space.messages
    assert copy.plans.all() == space.plans.all()
    assert copy.scripts.states() == space.scripts.states()
    assert copy.clock.now() == space.clock.now()
    assert copy.accounts.all() == space.accounts.all()
    assert send(copy, username="ana", password="s3cr3t").code == 110
    assert send(copy).message_id == str(int(second) + 1)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        encode(World().space().snapshot()).replace(b'"version":1', b'"version":9'),
    ],
)
def test_an_invalid_snapshot_is_refused(text: bytes) -> None:
    with pytest.raises(SnapshotError):
        decode(text)


def test_an_invalid_snapshot_leaves_the_space_unchanged() -> None:
    space = World().space()
    send(space)
    text = encode(space.snapshot()).replace(b'"id":"100000001"', b'"id":"7"')
    before = space.messages
    with pytest.raises(ValueError, match="count up"):
        space.restore(decode(text))
    assert space.messages == before


def test_a_snapshot_that_claims_a_trillion_messages_costs_nothing() -> None:
    space = World().space()
    text = encode(space.snapshot()).replace(b'"accepted":0', b'"accepted":1000000000000')
    space.restore(decode(text))
    assert space.messages == []


def test_a_reset_keeps_only_the_coverage() -> None:
    space = World().space()
    space.script(code=110)
    send(space)
    send(space)
    space.accounts.change("demo", allowance=1)
    space.clock.freeze()
    space.reset()
    assert space.messages == []
    assert space.scripts.states() == []
    assert space.accounts.all()[0].allowance is None
    assert not space.clock.frozen
    assert space.coverage.faces["http"].send == {"100": 1, "110": 1}


# Events.


def test_a_subscriber_gets_events_until_it_unsubscribes() -> None:
    space = World().space()
    heard: list[Event] = []
    leave = space.subscribe(heard.append)
    message_id = send(space).message_id or ""
    space.inbox.set_state(message_id, 2)
    space.clock.freeze()
    space.inbox.delete(message_id)
    space.reset()
    leave()
    send(space)
    kinds = [event.kind for event in heard]
    assert kinds[:4] == ["message", "status", "clock", "deleted"]
    assert kinds[-1] == "reset"
    assert heard[0].id == message_id


# Worlds.


def test_spaces_see_nothing_of_each_other() -> None:
    world = World()
    send(world.space("a"))
    world.space("a").script(code=110)
    assert world.space("b").messages == []
    assert send(world.space("b")).code == 100


def test_a_space_that_is_idle_makes_room() -> None:
    now = [0.0]
    world = World(max_spaces=2, idle_seconds=10, monotonic=lambda: now[0])
    world.space("a")
    with pytest.raises(SpaceLimitError, match="2 spaces"):
        world.space("b")
    now[0] = 9
    send(world.space("a"))
    now[0] = 18
    with pytest.raises(SpaceLimitError):
        world.space("b")
    now[0] = 19
    world.space("b")
    assert world.names == ["b", "default"]


def test_the_coverage_of_a_deleted_space_stays_counted() -> None:
    world = World()
    send(world.space("a"))
    assert world.delete("a")
    assert world.coverage.faces["http"].send == {"100": 1}
