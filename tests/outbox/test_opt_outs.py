"""Tests that people who opted out get no message, however it was enqueued."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import Draft, Filter, Outbox, Sender, State
from convergia_sms.outbox._rate import Rate

from tests.outbox.scripted import ScriptedGateway
from tests.outbox.test_claims import leased

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.outbox.conftest import Clock

NUMBER, OTHER = "5512345678", "8112345678"


def gone(outbox: Outbox, *numbers: str) -> int:
    return outbox.opt_out(numbers, by="ana", reason="asked by SMS")


def test_opting_out_cancels_queued_messages_and_records_who_decided(outbox: Outbox) -> None:
    mine, other = outbox.enqueue(NUMBER, "hola"), outbox.enqueue(OTHER, "hola")
    assert gone(outbox, "+52 55 1234 5678") == 1
    assert outbox.get(mine).state is State.CANCELLED
    assert outbox.get(other).state is State.QUEUED
    assert outbox.last_decisions([mine])[mine].reason == "asked by SMS"


def test_a_message_enqueued_after_an_opt_out_is_cancelled(outbox: Outbox) -> None:
    gone(outbox, NUMBER)
    mine, other = outbox.enqueue(NUMBER, "hola"), outbox.enqueue(OTHER, "hola")
    found, _ = leased(outbox).turn([], 10)
    assert [claimed.id for claimed in found] == [other]
    entry = outbox.get(mine)
    assert (entry.state, entry.detail, entry.attempts) == (
        State.CANCELLED, "the number opted out", 0,
    )  # fmt: skip


def test_opted_out_messages_at_the_head_of_the_queue_delay_no_others(outbox: Outbox) -> None:
    gone(outbox, NUMBER)
    outbox.enqueue_many(Draft(NUMBER, "hola") for _ in range(30))
    mine = outbox.enqueue(OTHER, "hola")
    found, wait = leased(outbox).turn([], 2, rate=Rate(outbox.account, 100, 2))
    assert ([claimed.id for claimed in found], wait) == ([mine], 0)
    assert outbox.counts()[State.CANCELLED] == 30


def test_a_batchs_worker_also_honours_an_opt_out(outbox: Outbox) -> None:
    gone(outbox, NUMBER)
    outbox.enqueue(NUMBER, "hola", batch="b")
    lease = leased(outbox)
    assert lease.turn([], 10)[0] == []
    assert outbox.counts(Filter(batch="b"))[State.CANCELLED] == 1


async def test_sending_a_message_by_its_id_also_honours_an_opt_out(outbox: Outbox) -> None:
    gone(outbox, NUMBER)
    id_ = outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway()
    async with Sender(outbox, gateway) as sender:
        assert (await sender.send(id_)).state is State.CANCELLED
    assert gateway.texts == []


def test_opting_in_again_lets_messages_through(outbox: Outbox) -> None:
    gone(outbox, NUMBER)
    assert outbox.opt_in([NUMBER, OTHER]) == 1
    outbox.enqueue(NUMBER, "hola")
    assert len(leased(outbox).turn([], 10)[0]) == 1


def test_another_accounts_people_are_not_affected(store_url: str, clock: Clock) -> None:
    with (
        Outbox(store_url, account="a", clock=clock) as one,
        Outbox(store_url, account="b", clock=clock) as other,
    ):
        gone(one, NUMBER)
        other.enqueue(NUMBER, "hola")
        assert list(other.opt_outs()) == []
        assert len(leased(other).turn([], 10)[0]) == 1


def test_an_opt_out_under_the_default_account_applies_to_all_accounts(
    store_url: str, clock: Clock
) -> None:
    with (
        Outbox(store_url, account="default", clock=clock) as unnamed,
        Outbox(store_url, account="demo", clock=clock) as named,
    ):
        queued = named.enqueue(NUMBER, "hola")
        gone(unnamed, NUMBER)
        assert named.get(queued).state is State.CANCELLED
        later = named.enqueue(NUMBER, "hola")
        assert leased(named).turn([], 10)[0] == []
        assert named.get(later).detail == "the number opted out"
        gone(named, NUMBER)
        assert [each.number for each in named.opt_outs()] == ["525512345678"]
        assert named.opt_in([NUMBER]) == 1
        assert list(unnamed.opt_outs()) == []
        named.enqueue(NUMBER, "hola")
        assert len(leased(named).turn([], 10)[0]) == 1


def test_a_single_number_is_not_a_list_of_numbers(outbox: Outbox) -> None:
    with pytest.raises(TypeError, match="a collection, such as \\['5512345678'\\]"):
        outbox.opt_out(NUMBER, by="ana", reason="BAJA")
    with pytest.raises(TypeError, match="not a str"):
        outbox.opt_in(NUMBER)


def test_numbers_are_listed_in_their_order_and_counted_once(
    outbox: Outbox, numbers: Iterator[str]
) -> None:
    some = [next(numbers) for _ in range(2500)]
    assert gone(outbox, *reversed(some)) == 2500
    assert gone(outbox, *some) == 0
    assert [each.number for each in outbox.opt_outs()] == [f"52{number}" for number in some]


@pytest.mark.parametrize(
    ("number", "by", "reason"), [("55", "ana", "x"), (NUMBER, " ", "x"), (NUMBER, "ana", "")]
)
def test_an_opt_out_needs_a_number_somebody_and_a_reason(
    outbox: Outbox, number: str, by: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=r"Mexican number|by"):
        outbox.opt_out([number], by=by, reason=reason)


def test_an_outbox_of_the_version_before_gets_the_table(store_url: str) -> None:
    from alembic import command
    from convergia_sms.outbox._migrate import config

    with Outbox(store_url) as outbox, outbox.database.engine.begin() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0001")
    with Outbox(store_url) as outbox:
        assert list(outbox.opt_outs()) == []
