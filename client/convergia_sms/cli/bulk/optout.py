"""`convergia bulk optout`: numbers of people who want no more messages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from convergia_sms._counts import counted
from convergia_sms.cli._failures import UsageFailure
from convergia_sms.cli._help import HelpGroup
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._language import translated
from convergia_sms.cli._output import notify
from convergia_sms.cli._table import print_table

from ._outbox import account_option, by_option, decider, open_outbox, outbox_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convergia_sms.outbox import Outbox

    from .sources import Source

_REASON = "asked to get no more messages"

_reason_option = click.option(
    "--reason",
    metavar="TEXT",
    default=_REASON,
    show_default=True,
    help="The reason, kept with the number.",
)


@click.group(cls=HelpGroup)
def optout() -> None:
    """Manage the numbers of people who want no more messages.

    This outbox sends nothing to them. It cancels their messages instead. Each account has its own
    list. The list of `default`, the account that is used if none is given, applies to every
    account.
    """


@optout.command()
@click.argument("numbers", nargs=-1, required=True)
@_reason_option
@by_option
@outbox_option
@account_option
@json_option
def add(
    *, numbers: tuple[str, ...], reason: str, by: str | None, url: str, account: str | None
) -> None:
    """Add NUMBERS, and cancel their queued messages."""
    with open_outbox(url, account) as outbox:
        _add(outbox, numbers, reason, by)


@optout.command()
@click.argument("numbers", nargs=-1, required=True)
@outbox_option
@account_option
@json_option
def remove(*, numbers: tuple[str, ...], url: str, account: str | None) -> None:
    """Remove NUMBERS, so that messages to them are sent again."""
    with open_outbox(url, account) as outbox:
        try:
            gone = outbox.opt_in(numbers)
        except ValueError as error:
            raise UsageFailure(str(error)) from None
    if json_wanted():
        print_json({"removed": gone})
    else:
        click.echo(translated(counted(gone, "1 number removed.", f"{gone:,} numbers removed.")))


@optout.command(name="list")
@outbox_option
@account_option
@json_option
def list_(*, url: str, account: str | None) -> None:
    """List the numbers, with the person who added them, the time and the reason."""
    columns = ("Number", "Since", "By", "Reason")
    with open_outbox(url, account) as outbox:
        rows = (
            (each.number, each.at.isoformat(), each.by, each.reason) for each in outbox.opt_outs()
        )
        if not json_wanted():
            print_table(columns, rows)
            return
        for row in rows:
            document = dict(zip((name.lower() for name in columns), row, strict=True))
            print_json(document, line=True)


@optout.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--number", metavar="COLUMN", help="The column of the number. Found by its name by default."
)
@click.option(
    "--encoding",
    default="utf-8-sig",
    metavar="NAME",
    help="The encoding of the file. UTF-8 by default.",
)
@click.option("--sheet", metavar="NAME", help="The sheet of a workbook, if several have cells.")
@_reason_option
@by_option
@outbox_option
@account_option
@json_option
def import_(
    *,
    file: Path,
    number: str | None,
    encoding: str,
    sheet: str | None,
    reason: str,
    by: str | None,
    url: str,
    account: str | None,
) -> None:
    """Add the numbers of FILE: .csv, .xlsx or .jsonl, with a header.

    It adds all of them, or none. Rows that a filter hides are included.
    """
    from convergia_wsdl import load_profile

    from ._columns import number_column
    from .sources import Source, SourceError

    source = Source(file, encoding, sheet, "send")
    try:
        column = number_column(source.header(), load_profile().binding.synonyms, number)
        # Check all numbers first, so that an invalid one leaves nothing half done.
        for _ in _numbers(source, column):
            pass
        with open_outbox(url, account) as outbox:
            _add(outbox, _numbers(source, column), reason, by)
    except SourceError as error:
        raise UsageFailure(f"{error}; nothing was added", error.cure) from None


def _numbers(source: Source, column: str) -> Iterator[str]:
    """Yield the numbers.

    Raises:
        SourceError: a row has no valid number. The error names its line.
    """
    from convergia_sms._numbers import normalize

    from .sources import SourceError

    with source.rows() as rows:
        for row in rows:
            if row.problem:
                raise SourceError(f"line {row.line}: {row.problem}", "correct that line")
            try:
                number = normalize(row.cell(column) or "")
            except ValueError as error:
                raise SourceError(f"line {row.line}: {error}", "correct that line") from None
            yield number


def _add(outbox: Outbox, numbers: Iterable[str], reason: str, by: str | None) -> None:
    from convergia_sms.outbox._accounts import DEFAULT_ACCOUNT

    try:
        new = outbox.opt_out(numbers, by=decider(by), reason=reason)
    except ValueError as error:
        raise UsageFailure(str(error)) from None
    if outbox.account == DEFAULT_ACCOUNT:
        notify("No account is named, so this counts for every account.")
    if json_wanted():
        print_json({"added": new})
    else:
        click.echo(translated(counted(new, "1 number added.", f"{new:,} numbers added.")))
