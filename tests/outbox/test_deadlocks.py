"""Tests that two imports of the same keys in another order both succeed."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from convergia_sms.outbox import Draft, Outbox
from convergia_sms.outbox._database import unless_deadlocked

from tests.outbox.scripted import NUMBER, PATIENCE

if TYPE_CHECKING:
    from benchmarks.postgresql import PostgresServer


def draft(key: str) -> Draft:
    return Draft(NUMBER, "hola", key=key)


def test_the_same_keys_backwards_do_not_deadlock(postgresql: PostgresServer) -> None:
    with Outbox(postgresql.create(f"t{uuid.uuid4().hex}")) as outbox:
        for round_ in range(3):
            keys = [f"{round_}-{number}" for number in range(1000)]
            with ThreadPoolExecutor(2) as pool:
                both = [
                    pool.submit(outbox.enqueue_many, map(draft, order))
                    for order in (keys, keys[::-1])
                ]
                assert sum(each.result(PATIENCE).new for each in both) == 1000


def test_an_import_that_postgresql_broke_off_is_done_again(postgresql: PostgresServer) -> None:
    with Outbox(postgresql.create(f"t{uuid.uuid4().hex}")) as outbox:
        barrier = threading.Barrier(2)
        begun: list[str] = []

        def import_(first: str, then: str) -> None:
            def act() -> None:
                with outbox.database.writing() as connection:
                    outbox.enqueue_many([draft(first)], connection=connection)
                    begun.append(first)
                    if begun.count(first) == 1:
                        barrier.wait(PATIENCE)
                    outbox.enqueue_many([draft(then)], connection=connection)

            unless_deadlocked(act)

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(import_, "a", "b"), pool.submit(import_, "b", "a")]
            for each in both:
                each.result(PATIENCE)
        # PostgreSQL may break off the one that begins anew once more, so three is the least.
        assert len(begun) >= 3
        assert [entry.key for entry in outbox.messages()] in (["a", "b"], ["b", "a"])
