"""`convergia bulk reconcile` and `convergia bulk cancel`: decisions about messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from convergia_sms._counts import counted
from convergia_sms.cli._failures import UsageFailure
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._language import translated
from convergia_sms.cli._table import print_table

from ._outbox import (
    account_option,
    by_option,
    decider,
    number_option,
    open_outbox,
    outbox_option,
)

if TYPE_CHECKING:
    from convergia_sms.outbox import Filter, Outbox

_id_option = click.option(
    "--id",
    "ids",
    type=click.IntRange(1, (1 << 63) - 1),
    multiple=True,
    help="One message, by its id in the outbox.",
)
_DECISIONS = ("accepted", "requeue", "give-up")


@click.command()
@click.argument("decision", type=click.Choice(_DECISIONS), required=False)
@_id_option
@click.option("--key", "keys", multiple=True, help="One message, by your key.")
@click.option("--batch", metavar="NAME", help="The messages of a batch.")
@click.option("--all", "everything", is_flag=True, help="All messages.")
@click.option(
    "--message-id", metavar="ID", help="The gateway's id, with `accepted` and one message."
)
@click.option("--reason", metavar="TEXT", help="The reason, recorded with the decision.")
@by_option
@outbox_option
@account_option
@json_option
def reconcile(
    *,
    decision: str | None,
    ids: tuple[int, ...],
    keys: tuple[str, ...],
    batch: str | None,
    everything: bool,
    message_id: str | None,
    reason: str | None,
    by: str | None,
    url: str,
    account: str | None,
) -> None:
    """List the messages that may have been sent, or take a DECISION about them.

    The decisions are: accepted (the portal shows them, so they were sent), requeue (it does not, so
    send them) and give-up (do nothing more). Such a message never moves without a decision.
    """
    with open_outbox(url, account) as outbox:
        from convergia_sms.outbox import Event, Filter, State

        where = Filter(ids=ids or None, keys=keys or None, batch=batch, states=[State.UNKNOWN])
        if decision is None:
            _list(outbox, where)
            return
        if not (ids or keys or batch or everything):
            raise UsageFailure("no messages are selected", "use --id, --key, --batch or --all")
        if not reason:
            raise UsageFailure("the reason is missing", "add --reason TEXT, which is recorded")
        event = {
            "accepted": Event.CONFIRM,
            "requeue": Event.REQUEUE,
            "give-up": Event.GIVE_UP,
        }[decision]
        try:
            moved = outbox.reconcile(
                event, where, by=decider(by), reason=reason, message_id=message_id
            )
        except ValueError as error:
            raise UsageFailure(str(error)) from None
    _report(moved, decision)


@click.command()
@click.argument("batch", required=False)
@_id_option
@click.option("--key", "keys", multiple=True, help="One message, by your key.")
@number_option
@click.option(
    "--reason", metavar="TEXT", required=True, help="The reason, recorded with the decision."
)
@by_option
@outbox_option
@account_option
@json_option
def cancel(
    *,
    batch: str | None,
    ids: tuple[int, ...],
    keys: tuple[str, ...],
    numbers: tuple[str, ...],
    reason: str,
    by: str | None,
    url: str,
    account: str | None,
) -> None:
    """Cancel the queued messages of a BATCH. Messages already sent are not changed."""
    if not (batch or ids or keys or numbers):
        raise UsageFailure(
            "no messages are selected", "name a BATCH, or use --id, --key or --number"
        )
    with open_outbox(url, account) as outbox:
        from convergia_sms.outbox import Filter

        where = Filter(ids=ids or None, keys=keys or None, numbers=numbers or None, batch=batch)
        try:
            moved = outbox.cancel(where, by=decider(by), reason=reason)
        except ValueError as error:
            raise UsageFailure(str(error)) from None
    _report(moved, "cancelled")


def _list(outbox: Outbox, where: Filter) -> None:
    columns = ("Id", "Key", "Batch", "Number", "Since", "Why")
    rows = (
        (each.id, each.key or "", each.batch or "", each.number, each.changed.isoformat(),
         each.detail or "")
        for each in outbox.messages(where)
    )  # fmt: skip
    if json_wanted():
        names = [name.lower() for name in columns]
        for row in rows:
            print_json(dict(zip(names, row, strict=True)), line=True)
        return
    print_table(columns, rows, worded=(5,))


def _report(moved: int, decision: str) -> None:
    if json_wanted():
        print_json({"moved": moved, "decision": decision})
    else:
        click.echo(translated(_told(moved)[decision]))


def _told(moved: int) -> dict[str, str]:
    """Return the text about that many messages, for each decision."""
    return {
        "accepted": counted(moved, "1 message accepted.", f"{moved:,} messages accepted."),
        "requeue": counted(moved, "1 message queued again.", f"{moved:,} messages queued again."),
        "give-up": counted(moved, "1 message given up.", f"{moved:,} messages given up."),
        "cancelled": counted(moved, "1 message cancelled.", f"{moved:,} messages cancelled."),
    }
