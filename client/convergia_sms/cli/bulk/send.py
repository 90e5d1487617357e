"""`convergia bulk send` and `convergia bulk resume`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convergia_sms.cli._failures import CommandFailure, UsageFailure
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._options import Gateway, gateway_options

from ._limits import limit_options, limits_of
from ._outbox import (
    known_batch,
    open_outbox,
    outbox_option,
    refuse_other_account,
    sending_account_option,
)

if TYPE_CHECKING:
    from ._check import Checker, Findings
    from .sources import Hidden, Source

_LONGEST_NAME = 150
_PRIORITIES = ("low", "normal", "high")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--number", metavar="COLUMN", help="The column of the number; found by its name.")
@click.option("--text", metavar="COLUMN", help="The column of the text; found by its name.")
@click.option("--template", metavar="TEXT", help="The text, with {column} in it.")
@click.option("--extra", metavar="COLUMN", help="The column of your own reference.")
@click.option("--key", metavar="COLUMN", help="What makes a row the same one; else its line.")
@click.option(
    "--batch", metavar="NAME", help="A name for it all; else the file's, and its content."
)
@click.option("--priority", type=click.Choice(_PRIORITIES), default="normal", show_default=True)
@click.option("--sheet", metavar="NAME", help="Of a workbook; needed if several have cells.")
@click.option(
    "--hidden",
    type=click.Choice(("refuse", "skip", "send")),
    default="refuse",
    show_default=True,
    help="What becomes of rows that Excel does not show.",
)
@click.option("--encoding", default="utf-8-sig", metavar="NAME", help="Of the file, if not UTF-8.")
@click.option(
    "--transliterate", is_flag=True, help="Send á as a, … as ..., where it would be lost."
)
@click.option("--strict", is_flag=True, help="Refuse texts that the gateway would damage.")
@click.option(
    "--problems",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write down every row that cannot be sent: line and reason, as CSV.",
)
@click.option("--dry-run", is_flag=True, help="Look at every row and tell; send nothing.")
@click.option("--enqueue-only", is_flag=True, help="Leave the sending to workers elsewhere.")
@limit_options
@outbox_option
@sending_account_option
@gateway_options
@json_option
def send(
    gateway: Gateway,
    *,
    file: Path,
    number: str | None,
    text: str | None,
    template: str | None,
    extra: str | None,
    key: str | None,
    batch: str | None,
    priority: str,
    sheet: str | None,
    hidden: Hidden,
    encoding: str,
    transliterate: bool,
    strict: bool,
    problems: Path | None,
    dry_run: bool,
    enqueue_only: bool,
    rate: float | None,
    concurrency: int,
    window: str | None,
    url: str,
    account: str | None,
) -> None:
    """Send a message for each row of FILE: .csv, .xlsx or .jsonl, with a header.

    Of an Excel workbook, what a person sees on the screen is sent; a cell whose view is not certain
    is refused.

    Every row is looked at before the first message is sent: one that cannot be is told with its
    line, and nothing is sent. Then all rows go into the outbox at once, and from there to the
    gateway. Stopped, killed or called again with the same file, it goes on where it was: no row is
    sent twice.

    Exits with 0 once every message was accepted, 1 if some were not sent, 2 if rows are bad, 3 if
    some may have been sent and nobody can tell (`convergia bulk reconcile`).
    """
    from ._check import Checker
    from ._columns import columns_of
    from .sources import Source, SourceError

    settings = gateway.settings(credentials=not dry_run)
    source = Source(file, encoding, sheet, hidden)
    try:
        columns = columns_of(
            source.header(), settings.profile.binding.synonyms,
            number=number, text=text, template=template, extra=extra, key=key,
        )  # fmt: skip
        checker = Checker(
            columns, settings.profile, settings.transport, transliterate, strict
        )  # fmt: skip
        for note in source.notes(columns.used):
            click.echo(note, err=True)
        findings = _look(source, checker, problems)
    except SourceError as error:
        raise UsageFailure(str(error), error.cure) from None
    except LookupError:
        raise UsageFailure(f"no such encoding: {encoding!r}", "try cp1252 or utf-8") from None
    _tell(findings, dry_run=dry_run)
    if dry_run:
        return
    limits = limits_of(rate, concurrency, window)
    # File systems know longer names, and characters, than databases keep.
    name = file.name.encode(errors="replace").decode()[:_LONGEST_NAME]
    batch = batch or f"{name}-{source.digest()}"
    with open_outbox(url, account or settings.username) as outbox:
        from convergia_sms.outbox import Filter, KeyConflictError, Priority

        from ._progress import progress
        from ._sending import print_counts, send_batch

        try:
            with (
                progress("Enqueueing", findings.rows) as bar,
                source.rows() as rows,
                outbox.database.writing() as connection,
            ):
                drafts = checker.drafts(rows, batch, Priority[priority.upper()], bar.advance)
                done = outbox.enqueue_many(drafts, connection=connection)
        except SourceError as error:
            raise UsageFailure(f"{error}; nothing was sent", error.cure) from None
        except KeyConflictError as error:
            raise UsageFailure(
                f"key {error.key!r} was used before, for another message; nothing was sent",
                "give this sending a --batch of its own, or mend the key",
            ) from None
        except ValueError as error:
            # The rows were looked at: it is the batch's name.
            raise UsageFailure(f"{error}; nothing was sent", "say another --batch") from None
        if done.existing:
            click.echo(f"{done.existing:,} rows were in the outbox already.", err=True)
        where = Filter(batch=batch)
        if enqueue_only:
            print_counts(outbox, where, batch=batch)
            return
        send_batch(outbox, settings, limits, where)


@click.command()
@click.argument("batch", required=False)
@limit_options
@outbox_option
@sending_account_option
@gateway_options
@json_option
def resume(
    gateway: Gateway,
    *,
    batch: str | None,
    rate: float | None,
    concurrency: int,
    window: str | None,
    url: str,
    account: str | None,
) -> None:
    """Go on sending a BATCH that was stopped, or all there is.

    What was in flight when a machine died is unknown: it is not sent again by itself; see
    `convergia bulk reconcile`.
    """
    settings = gateway.settings()
    limits = limits_of(rate, concurrency, window)
    with open_outbox(url, account or settings.username) as outbox:
        from convergia_sms.outbox import Filter

        from ._sending import send_batch

        known_batch(outbox, batch)
        outbox.recover()
        send_batch(outbox, settings, limits, Filter(batch=batch))
        refuse_other_account(outbox)


def _look(source: Source, checker: Checker, problems: Path | None) -> Findings:
    from ._progress import progress

    with progress("Checking", None) as bar, source.rows() as rows:
        if problems is None:
            return checker.findings(rows, bar.advance)
        if problems.exists() and problems.samefile(source.path):
            raise UsageFailure("--problems: that is the file itself", "name another")
        try:
            with problems.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(("line", "reason"))
                return checker.findings(
                    rows, bar.advance, lambda found: writer.writerow((found.line, found.reason))
                )
        except OSError as error:
            raise UsageFailure(f"{problems}: {error.strerror or error}") from None


def _tell(findings: Findings, *, dry_run: bool) -> None:
    """Tell what looking found.

    Raises:
        UsageFailure: some rows are bad.
    """
    for problem in findings.problems:
        click.echo(f"line {problem.line}: {problem.reason}", err=True)
    if findings.bad > len(findings.problems):
        click.echo(
            f"… and {findings.bad - len(findings.problems):,} more (--problems FILE lists all)",
            err=True,
        )
    if dry_run and json_wanted():
        print_json(
            {
                "rows": findings.rows,
                "bad": findings.bad,
                "segments": findings.segments,
                "damaged": findings.damaged,
                "problems": [
                    {"line": each.line, "reason": each.reason} for each in findings.problems
                ],
            }
        )
    elif dry_run:
        for each in findings.samples:
            click.echo(f"line {each.line}: {each.number}: {each.text}")
        click.echo(f"{findings.good:,} messages, {findings.segments:,} SMS")
    if findings.damaged:
        click.secho(
            f"Warning: the gateway will put question marks into {findings.damaged:,} texts;"
            " --transliterate puts stand-ins there.",
            fg="yellow",
            err=True,
        )
    if findings.bad:
        raise UsageFailure(
            f"{findings.bad:,} of {findings.rows:,} rows cannot be sent; nothing was sent",
            "mend those lines, and call it again",
            told=dry_run,
        )
    if not findings.rows:
        raise CommandFailure("the file has no rows", "give rows below the header")
