"""`convergia bulk send`: send a message for each row of a file."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convergia_sms._counts import counted
from convergia_sms._models import MASKED_TEXT
from convergia_sms.cli._failures import UsageFailure
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._language import translated
from convergia_sms.cli._live import confirm_live, refuse_forbidden, yes_option
from convergia_sms.cli._log_lines import log_options
from convergia_sms.cli._options import Gateway, gateway_options
from convergia_sms.cli._output import notify

from ._age import age
from ._limits import limit_options, limits_of
from ._outbox import (
    account_shown,
    open_outbox,
    outbox_exists,
    outbox_option,
    sending_account_option,
)
from ._stopping import stop_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from convergia_sms.outbox import Draft, Enqueued, Outbox

    from ._plan import Plan
    from .sources import Hidden, Row, Source

_LONGEST_NAME = 150
_PRIORITIES = ("low", "normal", "high")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--number", metavar="COLUMN", help="The column of the number. Found by its name by default."
)
@click.option(
    "--text", metavar="COLUMN", help="The column of the text. Found by its name by default."
)
@click.option("--template", metavar="TEXT", help="The text, with {column} in it.")
@click.option("--extra", metavar="COLUMN", help="The column of your own reference.")
@click.option(
    "--key", metavar="COLUMN", help="The column that identifies a row. The line number by default."
)
@click.option(
    "--batch",
    metavar="NAME",
    help="A name for all rows. Made of the file's name and content by default.",
)
@click.option(
    "--priority",
    type=click.Choice(_PRIORITIES),
    default="normal",
    show_default=True,
    help="Which messages the workers send first.",
)
@click.option("--sheet", metavar="NAME", help="The sheet of a workbook, if several have cells.")
@click.option(
    "--hidden",
    type=click.Choice(("refuse", "skip", "send")),
    default="refuse",
    show_default=True,
    help="What to do with rows that Excel does not show.",
)
@click.option(
    "--encoding",
    default="utf-8-sig",
    metavar="NAME",
    help="The encoding of the file. UTF-8 by default.",
)
@click.option(
    "--transliterate", is_flag=True, help="Send á as a, … as ..., as `convergia send` does."
)
@click.option("--sensitive", is_flag=True, help="Never show the texts, for example one-time codes.")
@click.option("--strict", is_flag=True, help="Reject texts that the gateway would damage.")
@click.option(
    "--problems",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write all rows that cannot be sent to a CSV file, with line and reason.",
)
@click.option(
    "--repeats",
    "on_repeats",
    type=click.Choice(("refuse", "skip", "send")),
    default="refuse",
    show_default=True,
    help="What to do with rows that would text somebody twice, in the file or the outbox.",
)
@click.option(
    "--repeats-by",
    type=click.Choice(("text", "number")),
    default="text",
    show_default=True,
    help="What counts as a repeat: the same number and text, or the same number.",
)
@click.option(
    "--since",
    callback=age,
    metavar="AGE",
    default="7d",
    show_default=True,
    help="How far back messages in the outbox count for repeats: 7d, 12h.",
)
@click.option("--dry-run", is_flag=True, help="Check every row and report, but send nothing.")
@click.option("--enqueue-only", is_flag=True, help="Only enqueue. Workers send the messages.")
@yes_option
@limit_options
@outbox_option
@sending_account_option
@gateway_options
@log_options
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
    sensitive: bool,
    strict: bool,
    problems: Path | None,
    on_repeats: str,
    repeats_by: str,
    since: timedelta,
    dry_run: bool,
    enqueue_only: bool,
    yes: bool,
    rate: float | None,
    concurrency: int,
    window: str | None,
    zone: str,
    url: str,
    account: str | None,
) -> None:
    """Send a message for each row of FILE: .csv, .xlsx or .jsonl, with a header.

    From an Excel workbook, the command sends what a person sees on the screen. A cell whose
    appearance is not certain is refused.

    Every row is checked before the first message is sent. If a row cannot be sent, its line is
    reported and nothing is sent. Rows that would text somebody twice are refused until you decide
    (--repeats). Numbers that opted out get nothing. Then all rows go into the outbox at once, and
    from there to the gateway. If the command is stopped, killed or run again with the same file, it
    continues where it was: no row is sent twice.

    Exits with 0 if every message was accepted, 1 if some were not sent, 2 if rows are bad, and 3 if
    the outcome of some is unknown (`convergia bulk reconcile`).
    """
    from ._check import Checker, key_of
    from ._columns import columns_of
    from ._plan import Plan, compare, look, report_problems
    from ._repeats import open_repeats
    from .sources import Source, SourceError

    settings = gateway.settings(credentials=not dry_run)
    limits = limits_of(rate, concurrency, window, zone)
    _refuse_limits(window, rate, enqueue_only=enqueue_only)
    source = Source(file, encoding, sheet, hidden)
    with stop_signals() as signals, open_repeats() as repeats, ExitStack() as stack:
        try:
            columns = columns_of(
                source.header(), settings.profile.binding.synonyms,
                number=number, text=text, template=template, extra=extra, key=key,
            )  # fmt: skip
            checker = Checker(
                columns, settings.profile, settings.transport, transliterate, strict,
                None if settings.redirect_to else settings.allowed_numbers,
            )  # fmt: skip
            for note in source.notes(columns.used):
                notify(note)
            # File systems allow longer names and more characters than databases do.
            name = file.name.encode(errors="replace").decode()[:_LONGEST_NAME]
            digest = source.digest()
            own_batch = batch = batch or f"{name}-{digest}"
            findings = look(
                source, checker, problems, lambda row: repeats.add(row, key_of(row, own_batch))
            )
        except SourceError as error:
            raise UsageFailure(str(error), error.cure) from None
        report_problems(findings)
        outbox = None
        user = account or settings.username or None
        if not findings.bad and findings.rows and (not dry_run or outbox_exists(url)):
            outbox = stack.enter_context(open_outbox(url, user))
        report = compare(repeats, outbox, since, repeats_by)
        plan = Plan(
            findings, report, report.repeated(repeats_by), on_repeats == "skip",
            settings.base_url, account_shown(user),
            None if enqueue_only else limits.window, datetime.now(UTC),
        )  # fmt: skip
        _report(plan, dry_run=dry_run, sensitive=sensitive)
        if outbox is not None and plan.window is not None:
            _report_workers(outbox)
        plan.check(on_repeats, dry_run=dry_run)
        if dry_run or outbox is None:
            return
        from convergia_sms.outbox import Filter, Priority

        from ._sending import print_counts, send_batch

        where = Filter(batch=batch)
        if not plan.messages:
            print_counts(outbox, where, batch=batch, plan=plan.document())
            return
        if not enqueue_only:
            confirm_live(
                settings,
                account=account_shown(user),
                messages=plan.messages,
                segments=plan.segments,
                yes=yes,
            )
            refuse_forbidden(settings)
        if plan.skipped:
            repeats.drop()
        rank = Priority[priority.upper()]
        _enqueue(
            outbox,
            source,
            lambda rows, tick: checker.drafts(
                rows, own_batch, rank, repeats.dropped(), tick, sensitive=sensitive
            ),
            findings.rows,
            own_batch,
            digest,
        )
        if enqueue_only:
            print_counts(outbox, where, batch=batch, plan=plan.document())
            return
        send_batch(outbox, settings, limits, where, signals, plan=plan.document())


def _report(plan: Plan, *, dry_run: bool, sensitive: bool) -> None:
    if dry_run and json_wanted():
        print_json(plan.document())
    elif dry_run:
        for each in plan.findings.samples:
            text = MASKED_TEXT if sensitive else each.text
            click.echo(f"{translated(f'line {each.line}')}: {each.number}: {text}")
        click.echo(
            translated(
                counted(
                    plan.messages,
                    f"1 message, {plan.segments:,} SMS",
                    f"{plan.messages:,} messages, {plan.segments:,} SMS",
                )
            )
        )
    elif sys.stderr.isatty():
        notify(
            counted(
                plan.messages,
                f"1 message, {plan.segments:,} SMS, by {plan.base_url} as {plan.account}",
                f"{plan.messages:,} messages, {plan.segments:,} SMS, by {plan.base_url}"
                f" as {plan.account}",
            )
        )
    plan.report()


def _refuse_limits(window: str | None, rate: float | None, *, enqueue_only: bool) -> None:
    """Reject options for limits that have no effect in this command.

    Raises:
        UsageFailure: a limit is given.
    """
    for option, given in (("--window", window), ("--rate", rate)):
        if enqueue_only and given is not None:
            raise UsageFailure(
                f"{option} has no effect with --enqueue-only: workers send the messages",
                f"give {option} to `convergia worker`",
            )


def _report_workers(outbox: Outbox) -> None:
    """Report other workers that send these messages too, without this command's window."""
    workers = len(outbox.workers())
    if workers:
        notify(
            f"Warning: other workers of the account ({workers:,}) send these messages too, each in"
            " its own window.",
            colour="yellow",
        )


def _enqueue(  # noqa: PLR0917 - one call only
    outbox: Outbox,
    source: Source,
    drafts_of: Callable[[Iterator[Row], Callable[[], object]], Iterator[Draft]],
    total: int,
    batch: str,
    digest: str,
) -> None:
    """Enqueue all rows, or none.

    Raises:
        UsageFailure: a key belongs to another message, the batch's name is not valid, or the file
            has changed.
    """
    from convergia_sms.outbox import KeyConflictError
    from convergia_sms.outbox._database import unless_deadlocked

    from ._progress import progress
    from .sources import SourceError

    def enqueue() -> Enqueued:
        with (
            progress("Enqueueing", total) as bar,
            source.rows() as rows,
            outbox.database.writing() as connection,
        ):
            done = outbox.enqueue_many(drafts_of(rows, bar.advance), connection=connection)
            # Check within the transaction, so that nothing stays in the outbox.
            if source.digest() != digest:
                raise SourceError("the file changed after it was checked", "run the command again")
            return done

    try:
        done = unless_deadlocked(enqueue)
    except SourceError as error:
        raise UsageFailure(f"{error}; nothing was sent", error.cure) from None
    except KeyConflictError as error:
        line = error.key.removeprefix(f"{batch}:")
        if line != error.key:
            raise UsageFailure(
                f"the batch {batch!r} has another message for line {line}; nothing was sent",
                "correct the file, or give this sending its own --batch",
            ) from None
        raise UsageFailure(
            f"the key {error.key!r} has another message, of this file or an earlier one; nothing"
            " was sent",
            "correct the key, or name another column with --key",
        ) from None
    except ValueError as error:
        # The rows are checked already, so the name of the batch is the cause.
        raise UsageFailure(f"{error}; nothing was sent", "use another --batch") from None
    if done.existing:
        notify(
            counted(
                done.existing,
                "1 row was in the outbox already.",
                f"{done.existing:,} rows were in the outbox already.",
            )
        )
