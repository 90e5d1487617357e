"""`convergia bulk report`: a page with charts, or every row as CSV or JSON Lines."""

from __future__ import annotations

import csv
import io
import sys
import unicodedata
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from convergia_sms.cli._failures import UsageFailure
from convergia_sms.cli._language import translated

from ._outbox import account_option, known_batch, open_outbox, outbox_option
from ._progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from convergia_sms.outbox import Entry, Outbox

    from ._progress import Progress

_COLUMNS = (
    "id", "key", "batch", "number", "text", "extra", "state", "code", "message_id", "segments",
    "attempts", "detail", "created", "accepted", "changed",
)  # fmt: skip
# Columns of the last decision about the message, if there is one.
_DECISION = {"decision": "event", "decided_by": "by", "reason": "reason", "decided": "at"}
_HEADER = (*_COLUMNS, *_DECISION)
_PAGE = 1000
# Characters that begin a formula in a spreadsheet, also in wide, small and raised forms
# (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = frozenset("=+-@|%\u2212")
# Characters that a spreadsheet skips before a formula, besides those in Unicode's separator,
# control, format and mark categories.
_QUOTES = frozenset("\"'\u115f\u1160\u2800\u3164\uffa0")
# Characters that some spreadsheets treat as the end of a row, besides a line feed in quotes.
_ROW_ENDS = dict.fromkeys(map(ord, "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\n")


@click.command()
@click.argument("batch", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(("html", "csv", "jsonl")),
    default="html",
    show_default=True,
    help="A page with charts, or every row.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="The file to write. Standard output by default.",
)  # fmt: skip
@outbox_option
@account_option
def report(
    *, batch: str | None, form: str, output: Path | None, url: str, account: str | None
) -> None:
    """Report on a BATCH, or on all: a self-contained page, or every row as CSV or JSON Lines."""
    with open_outbox(url, account) as outbox, _sink(output) as sink:
        from convergia_sms.outbox import Filter

        known_batch(outbox, batch)
        where = Filter(batch=batch)
        with progress("Reporting", sum(outbox.counts(where).values())) as bar:
            entries = _counted(outbox.messages(where), bar)
            if form == "html":
                from ._report_page import page

                decisions = outbox.decisions(where)
                sink.write(page(entries, decisions, batch or translated("everything")).encode())
                return
            write = _csv if form == "csv" else _json_lines
            for chunk in write(_rows(outbox, entries)):
                sink.write(chunk)


@contextmanager
def _sink(output: Path | None) -> Iterator[BinaryIO]:
    """Open the report's file, which appears only when it is complete, or standard output if None.

    A symbolic link stays a link. A device or a named pipe is written to as it is.
    """
    if output is None:
        yield sys.stdout.buffer
        return
    target = output.resolve()
    is_replaced = target.is_file() or not target.exists()
    written = target.with_name(target.name + ".part") if is_replaced else target
    try:
        with written.open("wb") as file:
            yield file
        if is_replaced:
            written.replace(target)
    except OSError as error:
        raise UsageFailure(
            f"--output: {output}: {error.strerror or error}", "name another file"
        ) from None
    finally:
        if is_replaced:
            written.unlink(missing_ok=True)


def _counted(entries: Iterator[Entry], bar: Progress) -> Iterator[Entry]:
    for done, entry in enumerate(entries, 1):
        yield entry
        if done % _PAGE == 0:
            bar.at(done)


def _rows(outbox: Outbox, entries: Iterator[Entry]) -> Iterator[list[object]]:
    """Yield the cells of each message, with those of the last decision about it."""
    while page := list(islice(entries, _PAGE)):
        decided = outbox.last_decisions([entry.id for entry in page])
        for entry in page:
            decision = decided.get(entry.id)
            values = [getattr(entry, column) for column in _COLUMNS]
            values += [decision and getattr(decision, name) for name in _DECISION.values()]
            yield [each.isoformat() if hasattr(each, "isoformat") else each for each in values]


def _csv(rows: Iterator[list[object]]) -> Iterator[bytes]:
    line = io.StringIO()
    writer = csv.writer(line)
    # Excel recognises UTF-8 only by this byte order mark.
    yield "\ufeff".encode()
    writer.writerow(_HEADER)
    for row in rows:
        writer.writerow([_defused(cell) for cell in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
    yield line.getvalue().encode()


def _defused(cell: object) -> object:
    """Return a cell that no spreadsheet treats as a formula, or as more than one row."""
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\r\n", "\n").translate(_ROW_ENDS)
    first = next((each for each in cell if not _is_passed_over(each)), "")
    sign = unicodedata.normalize("NFKC", first)
    return "'" + cell if sign in _FORMULA or cell.startswith(("\t", "\n")) else cell


def _is_passed_over(character: str) -> bool:
    return character in _QUOTES or unicodedata.category(character)[0] in "ZCM"


def _json_lines(rows: Iterator[list[object]]) -> Iterator[bytes]:
    for row in rows:
        yield msgspec.json.encode(dict(zip(_HEADER, row, strict=True))) + b"\n"
