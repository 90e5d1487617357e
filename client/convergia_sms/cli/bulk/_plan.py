"""The plan of a sending, reported before anything is sent."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convergia_sms._counts import counted
from convergia_sms.cli._failures import CommandFailure, UsageFailure
from convergia_sms.cli._language import translated_word
from convergia_sms.cli._output import notify
from convergia_sms.outbox._zones import AUTO

from ._progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from pathlib import Path

    from convergia_sms.outbox import Outbox, SendingWindow

    from ._check import Checked, Checker, Findings, Problem
    from ._repeats import RepeatReport, Repeats
    from ._tally import Tally
    from .sources import Source

__all__ = ["Plan", "compare", "look", "report_problems"]

_REPLACEMENTS = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a sending.

    Attributes:
        findings: the result of checking all rows.
        repeats: rows that would text somebody twice, and numbers that opted out.
        repeated: the number of rows that count as a repeat of another.
        skipped: True if the repeated rows are left out.
        base_url: the base URL of the gateway.
        account: the account of the messages.
        window: the sending window. None if there is none, or if other workers send.
        now: the current time, for the window.
    """

    findings: Findings
    repeats: RepeatReport
    repeated: int
    skipped: bool
    base_url: str
    account: str
    window: SendingWindow | None
    now: datetime

    @property
    def messages(self) -> int:
        """The number of messages to send."""
        left_out = self.repeats.opted_out + (self.repeated if self.skipped else 0)
        return self.findings.good - left_out

    @property
    def tally(self) -> Tally:
        """The costs of the messages to send, and the oddities of their texts."""
        sent = self.repeats.tally.without(self.repeats.opted_out_tally)
        return sent.without(self.repeats.repeated_tally) if self.skipped else sent

    @property
    def segments(self) -> int:
        """The number of SMS parts to send."""
        return self.tally.segments

    def document(self) -> dict[str, object]:
        """Return the plan for `--json`."""
        findings, repeats, tally = self.findings, self.repeats, self.tally
        costly = findings.costly if tally.costlier else None
        return {
            "rows": findings.rows,
            "bad": findings.bad,
            "messages": self.messages,
            "segments": tally.segments,
            "damaged": tally.damaged,
            "costlier": {
                "messages": tally.costlier,
                "segments": tally.spared,
                "line": costly and costly.line,
                "characters": costly and costly.forces_ucs2,
            },
            "transliterated": tally.transliterated,
            "empty": tally.empty,
            "garbled": tally.garbled,
            "repeats": {
                "in_file": repeats.in_file,
                "in_file_number": repeats.in_file_number,
                "sent": repeats.sent,
                "sent_number": repeats.sent_number,
            },
            "opted_out": repeats.opted_out,
            "base_url": self.base_url,
            "account": self.account,
            "window": self._window_document(),
            "problems": [{"line": each.line, "reason": each.reason} for each in findings.problems],
        }

    def _window_document(self) -> list[dict[str, object]] | None:
        if self.window is None:
            return None
        return [
            {
                "zone": self.window.zone_name(zone),
                "rows": rows,
                "opens": opens.isoformat(timespec="minutes") if opens > self.now else None,
            }
            for zone, rows in self._rows_by_zone()
            for opens in [self.window.opens_at(self.now, zone)]
        ]

    def _rows_by_zone(self) -> list[tuple[str | None, int]]:
        """Return the number of rows in each zone, in the order in which the window opens there."""
        window = self.window
        if window is None:
            return []
        zones = self.findings.zones
        if window.zone != AUTO:
            return [(None, zones.total())] if zones else []
        return sorted(
            zones.items(), key=lambda each: (window.opens_at(self.now, each[0]), each[0] or "")
        )

    def check(self, on_repeats: str, *, dry_run: bool) -> None:
        """End the command if not all rows can be sent.

        Raises:
            UsageFailure: rows are bad, or repeat others without a decision about it.
            CommandFailure: there are no rows.
        """
        bad, repeated, rows = self.findings.bad, self.repeated, self.findings.rows
        if bad:
            raise UsageFailure(
                "the only row cannot be sent; nothing was sent"
                if rows == 1
                else counted(
                    bad,
                    f"1 of {rows:,} rows cannot be sent; nothing was sent",
                    f"{bad:,} of {rows:,} rows cannot be sent; nothing was sent",
                ),
                "correct those lines, and run the command again",
                in_json=dry_run,
            )
        if not rows:
            raise CommandFailure("the file has no rows", "give rows below the header")
        if repeated and on_repeats == "refuse":
            raise UsageFailure(
                "the only row would text somebody twice; nothing was sent"
                if rows == 1
                else counted(
                    repeated,
                    f"1 of {rows:,} rows would text somebody twice; nothing was sent",
                    f"{repeated:,} of {rows:,} rows would text somebody twice; nothing was sent",
                ),
                "add --repeats skip to leave them out, or --repeats send to send them",
                in_json=dry_run,
            )

    def report(self) -> None:
        """Report on standard error what a person must know before the messages are sent."""
        findings, repeats, tally = self.findings, self.repeats, self.tally
        if tally.garbled and findings.first_garbled:
            first = findings.first_garbled
            notify(
                counted(
                    tally.garbled,
                    f"Warning: 1 text looks garbled: {first.garbled!r} (line {first.line}). Some"
                    " program read it in the wrong encoding.",
                    f"Warning: {tally.garbled:,} texts look garbled, such as {first.garbled!r}"
                    f" (line {first.line}): some program read them in the wrong encoding.",
                ),
                colour="yellow",
            )
        if tally.empty and findings.first_empty:
            first = findings.first_empty
            notify(
                counted(
                    tally.empty,
                    f"Warning: 1 text lacks a value: {first.empty!r} in line {first.line}.",
                    f"Warning: {tally.empty:,} texts lack a value, such as {first.empty!r} in"
                    f" line {first.line}.",
                ),
                colour="yellow",
            )
        if tally.damaged:
            notify(
                counted(
                    tally.damaged,
                    "Warning: the gateway will put question marks into 1 text; --transliterate"
                    " replaces those characters with similar ones.",
                    f"Warning: the gateway will put question marks into {tally.damaged:,} texts;"
                    " --transliterate replaces those characters with similar ones.",
                ),
                colour="yellow",
            )
        if tally.costlier and findings.costly:
            line, such = findings.costly.line, " ".join(findings.costly.forces_ucs2[:3])
            notify(
                counted(
                    tally.costlier,
                    f"1 message takes {tally.spared:,} more SMS because of characters such as"
                    f" {such} (line {line}). --transliterate prevents this.",
                    f"{tally.costlier:,} messages take {tally.spared:,} more SMS because of"
                    f" characters such as {such} (line {line}). --transliterate prevents this.",
                )
            )
        if tally.transliterated:
            common = findings.replacements.most_common(_REPLACEMENTS)
            changes = ", ".join(
                f"{old} → {new or translated_word('nothing')} ({n:,})" for (old, new), n in common
            )
            notify(
                counted(
                    tally.transliterated,
                    f"Transliterated in 1 text: {changes}.",
                    f"Transliterated in {tally.transliterated:,} texts: {changes}.",
                )
            )
        self._report_window()
        self._report_repeats()
        if repeats.opted_out:
            notify(
                counted(
                    repeats.opted_out,
                    "1 row is for a number that opted out.",
                    f"{repeats.opted_out:,} rows are for numbers that opted out.",
                )
            )
        if findings.good and not self.messages:
            notify("No row is left to send.")

    def _report_window(self) -> None:
        for zone, rows in self._rows_by_zone():
            if self.window is not None and self.window.opens_in(self.now, zone):
                opening, name = self.window.opening(self.now, zone), self.window.zone_name(zone)
                notify(
                    counted(
                        rows,
                        f"1 row waits for the sending window until {opening} in {name}.",
                        f"{rows:,} rows wait for the sending window until {opening} in {name}.",
                    )
                )

    def _report_repeats(self) -> None:
        repeats = self.repeats
        if count := repeats.in_file:
            notify(
                counted(
                    count,
                    "1 row repeats a number and text of the file.",
                    f"{count:,} rows repeat a number and text of the file.",
                )
            )
        if count := repeats.sent:
            notify(
                counted(
                    count,
                    "1 row repeats a number and text that were sent or are queued.",
                    f"{count:,} rows repeat a number and text that were sent or are queued.",
                )
            )
        if count := repeats.in_file_number:
            notify(
                counted(
                    count,
                    "1 row repeats a number of the file with another text.",
                    f"{count:,} rows repeat a number of the file with another text.",
                )
            )
        if count := repeats.sent_number:
            notify(
                counted(
                    count,
                    "1 row is for a number that was sent another text.",
                    f"{count:,} rows are for numbers that were sent another text.",
                )
            )
        for line, earlier in repeats.examples:
            if earlier is None:
                notify(f"line {line} repeats a message in the outbox")
            else:
                notify(f"line {line} repeats line {earlier}")


def look(
    source: Source, checker: Checker, problems: Path | None, good: Callable[[Checked], object]
) -> Findings:
    """Check every row, and write the bad ones to the file `problems`.

    Raises:
        SourceError: the file cannot be read.
        UsageFailure: `problems` cannot be written, or is the source itself.
    """
    with progress("Checking", None) as bar, source.rows() as rows:
        if problems is None:
            return checker.findings(rows, bar.advance, good=good)
        if problems.exists() and problems.samefile(source.path):
            raise UsageFailure("--problems would overwrite the file to send", "name another file")
        # Errors of reading are `SourceError`s, so an OSError is one of writing.
        try:
            with problems.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(("line", "reason"))

                def write(found: Problem) -> None:
                    writer.writerow((found.line, found.reason))

                return checker.findings(rows, bar.advance, write, good)
        except OSError as error:
            raise UsageFailure(
                f"--problems: {problems}: {error.strerror or error}", "name another file"
            ) from None


def report_problems(findings: Findings) -> None:
    """Report the first rows that cannot be sent, on standard error."""
    for problem in findings.problems:
        notify(f"line {problem.line}: {problem.reason}")
    if findings.bad > len(findings.problems):
        notify(
            f"… and {findings.bad - len(findings.problems):,} more (--problems FILE lists all)",
        )


def compare(repeats: Repeats, outbox: Outbox | None, since: timedelta, by: str) -> RepeatReport:
    """Compare the rows with each other and with the outbox's messages.

    Args:
        repeats: the rows.
        outbox: the outbox, or None if it does not exist yet.
        since: how far back messages are compared.
        by: what counts as a repeat, see `REPEATED_BY`.
    """
    if outbox is None:
        return repeats.compare((), (), by)
    from convergia_sms.outbox import Filter, State
    from convergia_sms.outbox._query import stream

    # Messages that may have reached the number, or still will. Not those that certainly did not.
    reached = [State.QUEUED, State.SENDING, State.ACCEPTED, State.UNKNOWN, State.DELIVERED]
    recent = Filter(states=reached, since=outbox.now() - since).condition(outbox.account)
    # Sensitive texts are compared too, and never shown.
    sent = stream(outbox.database, recent, reveal=True)
    return repeats.compare(sent, (each.number for each in outbox.opt_outs()), by)
