"""The report of a run as a single HTML page: verdict, causes with evidence, and all requests."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, get_args

from convergia_sms._counts import counted
from convergia_sms.cli._html_page import html_page
from convergia_sms.cli._language import language, translated

from .outcome import Verdict
from .table import cells, place, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .outcome import FoundDeviation, Outcome

# The headings of the verdicts.
_HEADINGS = ("Passed", "Failed", "Skipped", "Not asked")


def page(outcome: Outcome) -> str:
    """Return the page."""
    kind = "good" if outcome.kept else "bad"
    return html_page(
        translated(f"Contract of {outcome.gateway}"),
        f'<p class="{kind}"><strong>{escape(verdict(outcome))}</strong></p>'
        + "".join(map(_deviation, outcome.deviations))
        + _list("Known, and gone", map(translated, outcome.gone))
        + f"<h2>{_text('What was asked')}</h2>"
        + _asked(outcome)
        + _list(
            "Not asked",
            (f"{count}: {translated(why)}" for why, count in outcome.not_asked().items()),
        )
        + f"<h2>{_text('What was compared')}</h2>"
        + _rows((escape(name), escape(text)) for name, text in outcome.provenance.items()),
        language(),
    )


def _text(english: str) -> str:
    return escape(translated(english))


def _deviation(one: FoundDeviation) -> str:
    where = f" ({', '.join(map(place, one.where))})" if one.where else ""
    questions = len(one.tests)
    count = _text(counted(questions, "1 question", f"{questions} questions"))
    known = f"<p>{_text('Known:')} {escape(one.known)}</p>" if one.known else ""
    evidence = one.evidence
    asked = f"<p>{_text('Asked:')}</p><pre>{escape(evidence.curl)}</pre>" if evidence.curl else ""
    answered = (
        f"<p>{_text(f'Answered, HTTP {evidence.http_status}:')}</p>"
        f"<pre>{escape(evidence.reply)}</pre>"
        if evidence.http_status
        else ""
    )
    tests = "".join(f"<li>{escape(test)}</li>" for test in one.tests)
    return (
        f"<h2>{_text(one.title)}</h2><p>{count}{escape(where)};"
        f" {_text('cause')} <code>{escape(one.cause)}</code></p>{known}{asked}{answered}"
        f"<p>{_text('The test says:')}</p><pre>{escape(evidence.reason)}</pre>"
        f"<p>{_text('Hint:')} {_text(one.cure)}</p>"
        f"<details><summary>{_text('The tests')}</summary><ul>{tests}</ul></details>"
    )


def _asked(outcome: Outcome) -> str:
    headings = "".join(f"<th>{_text(heading)}</th>" for heading in ("", *_HEADINGS))
    return _rows(
        (
            (
                escape(" ".join(filter(None, (*map(translated, cell[:2]), cell[2])))),
                *(str(verdicts[each] or "") for each in get_args(Verdict)),
            )
            for cell, verdicts in cells(outcome.findings).items()
        ),
        f"<tr>{headings}</tr>",
    )


def _rows(rows: Iterable[tuple[str, ...]], head: str = "") -> str:
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{head}{lines}</table>"


def _list(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>{_text(title)}</h2><ul>{items}</ul>" if items else ""
