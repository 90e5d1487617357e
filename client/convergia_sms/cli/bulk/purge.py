"""`convergia bulk purge`: delete finished messages."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from convergia_sms._counts import counted
from convergia_sms.cli._failures import UsageFailure
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._language import translated
from convergia_sms.cli._output import confirm, notify
from convergia_sms.cli._table import print_table

from ._age import age
from ._outbox import account_option, number_option, open_outbox, outbox_option
from ._progress import progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_sms.outbox import State


@click.command()
@click.argument("batch", required=False)
@click.option(
    "--older-than",
    callback=age,
    metavar="AGE",
    help="Only messages finished at least so long ago: 90d, 12h, 30m, 4w.",
)
@number_option
@click.option("--all", "everything", is_flag=True, help="All finished messages.")
@click.option("--dry-run", is_flag=True, help="Count the messages, but delete nothing.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@outbox_option
@account_option
@json_option
def purge(
    *,
    batch: str | None,
    numbers: tuple[str, ...],
    older_than: timedelta | None,
    everything: bool,
    dry_run: bool,
    yes: bool,
    url: str,
    account: str | None,
) -> None:
    """Delete finished messages for good: by BATCH, number or age.

    Messages that are delivered, failed, rejected, not sent, expired or cancelled are finished, and
    so are accepted ones that are no longer followed. All others are kept. The decisions about a
    message are deleted with it, and its key is free again: a row of the same file, sent again
    afterwards, is a new message.
    """
    if not (batch or numbers or older_than is not None or everything):
        raise UsageFailure(
            "no messages are selected", "name a BATCH, or use --number, --older-than or --all"
        )
    with open_outbox(url, account) as outbox:
        from convergia_sms.outbox import Filter, State

        # Count and delete with the same time limit, because the person confirms what was counted.
        # One more millisecond, because `until` is exclusive.
        until = outbox.now() - (older_than or timedelta(0)) + timedelta(milliseconds=1)
        where = Filter(batch=batch, numbers=numbers or None, until=until)
        try:
            found = outbox.purge(where, dry_run=True)
        except ValueError as error:
            raise UsageFailure(str(error)) from None
        total = sum(found.values())
        kept = {
            state: count - found[state]
            for state, count in outbox.counts(where).items()
            if count > found[state]
        }
        if not dry_run and total:
            _confirm(total, yes=yes)
            with progress("Deleting", total) as bar:
                found = outbox.purge(where, on_progress=bar.at)
        _report(found, kept, dry_run=dry_run)
        if followed := kept.get(State.ACCEPTED):
            notify(
                counted(
                    followed,
                    "1 accepted message is still followed; `convergia worker` follows it to its"
                    " end.",
                    f"{followed:,} accepted messages are still followed;"
                    " `convergia worker` follows them to their end.",
                )
            )


def _confirm(total: int, *, yes: bool) -> None:
    """Ask for confirmation, unless `yes`.

    Raises:
        UsageFailure: the answer is no, or standard input is not a terminal.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageFailure(
            counted(
                total,
                "not confirmed: 1 message would be deleted; nothing was deleted",
                f"not confirmed: {total:,} messages would be deleted; nothing was deleted",
            ),
            "add --yes to confirm",
        )
    question = counted(total, "Delete 1 message for good?", f"Delete {total:,} messages for good?")
    if not confirm(question):
        raise UsageFailure("not confirmed: nothing was deleted", "add --dry-run to count only")


def _report(deleted: Mapping[State, int], kept: Mapping[State, int], *, dry_run: bool) -> None:
    gone = {state.value: count for state, count in deleted.items() if count}
    stay = {state.value: count for state, count in kept.items()}
    if json_wanted():
        print_json({"dry_run": dry_run, "deleted": gone, "kept": stay})
        return
    what = "to be deleted" if dry_run else "deleted"
    rows = [(what, *each) for each in gone.items()] + [("kept", *each) for each in stay.items()]
    if rows:
        print_table(("", "State", "Messages"), rows, worded=(0, 1))
    else:
        click.echo(translated("0 messages"))
