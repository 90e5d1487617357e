"""`convergia bulk status`: the number of messages in each state."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from convergia_sms._counts import counted
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._output import notify
from convergia_sms.cli._table import print_table

from ._outbox import account_option, known_batch, open_outbox, outbox_option

if TYPE_CHECKING:
    from convergia_sms.outbox import LiveWorker, Outbox


@click.command()
@click.argument("batch", required=False)
@click.option("--batches", is_flag=True, help="Show each batch separately.")
@outbox_option
@account_option
@json_option
def status(*, batch: str | None, batches: bool, url: str, account: str | None) -> None:
    """Count the messages of a BATCH, or all messages, by state."""
    with open_outbox(url, account) as outbox:
        from convergia_sms.outbox import Filter

        from ._sending import print_counts

        if batches:
            _print_batches(outbox, batch)
            return
        known_batch(outbox, batch)
        later = outbox.due_later(batch)
        more: dict[str, object] = {}
        if later:
            more["due_later"] = {"messages": later.messages, "seconds": later.seconds}
        elsewhere = {zone: n for zone, n in outbox.due_by_zone(batch).items() if zone}
        if elsewhere:
            more["due_by_zone"] = elsewhere
        alive = outbox.workers()
        more["workers"] = [_worker_document(each) for each in alive]
        counts = print_counts(outbox, Filter(batch=batch), batch=batch, **more)
        if json_wanted():
            return
        if later:
            notify(f"Waiting: {later}.")
        for zone, count in sorted(elsewhere.items()):
            _report_zone(zone, count)
        _report_workers(alive, queued=counts.get("queued", 0))


def _worker_document(worker: LiveWorker) -> dict[str, object]:
    waiting = worker.waiting
    return {
        "place": worker.place,
        "started": worker.started.isoformat(),
        "waiting": waiting
        and {
            "reason": waiting.reason,
            "seconds": waiting.seconds,
            "messages": waiting.messages,
            "zone": waiting.zone or None,
        },
    }


def _report_workers(alive: list[LiveWorker], *, queued: int) -> None:
    """Report what workers wait for, each reason once, or that no worker is running."""
    waits = {each.waiting.kind: each.waiting for each in alive if each.waiting}
    for waiting in waits.values():
        # Messages due later are reported separately, for the batch.
        if waiting.reason != "due":
            notify(f"A worker waits: {waiting}.")
    if queued and not alive:
        notify(
            "No worker is running for these messages.\n"
            "Hint: start one with `convergia worker`, or `convergia bulk resume`."
        )


def _report_zone(zone: str, count: int) -> None:
    """Report how many queued messages a window may delay, and the local time of their numbers."""
    from convergia_sms.outbox._zones import time_zone

    there = datetime.now(time_zone(zone.partition(" ")[0]))
    name = zone.replace(" ", ", ")
    notify(
        counted(
            count,
            f"1 of the queued messages goes to {name}, where it is {there:%H:%M}.",
            f"{count:,} of the queued messages go to {name}, where it is {there:%H:%M}.",
        )
    )


def _print_batches(outbox: Outbox, batch: str | None) -> None:
    counts = {
        name: {state.value: count for state, count in states.items() if count}
        for name, states in outbox.batches().items()
        if batch in (None, name)
    }
    if json_wanted():
        for name, states in counts.items():
            print_json({"batch": name, "total": sum(states.values()), "states": states}, line=True)
        return
    rows = ((name or "", *each) for name, states in counts.items() for each in states.items())
    print_table(("Batch", "State", "Messages"), rows, worded=(1,))
