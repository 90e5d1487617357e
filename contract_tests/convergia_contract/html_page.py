"""A run as one HTML page that can be sent on: verdict, causes with evidence, what was asked."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from convergia_sms.cli._html_page import html_page

from .table import cells, shown, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .outcome import FoundDeviation, Outcome


def page(outcome: Outcome) -> str:
    """Return the page."""
    kind = "good" if outcome.kept else "bad"
    return html_page(
        f"Contract of {outcome.gateway}",
        f'<p class="{kind}"><strong>{escape(verdict(outcome))}</strong></p>'
        + "".join(map(_deviation, outcome.deviations))
        + _list("Known, and gone", outcome.gone)
        + "<h2>What was asked</h2>"
        + _asked(outcome)
        + _list("Not asked", [f"{n}: {why}" for why, n in outcome.not_asked().items()])
        + "<h2>What was held to what</h2>"
        + _rows((escape(name), escape(text)) for name, text in outcome.provenance.items()),
    )


def _deviation(one: FoundDeviation) -> str:
    where = f" ({', '.join(one.where)})" if one.where else ""
    count = f"{len(one.tests)} question{'' if len(one.tests) == 1 else 's'}"
    known = f"<p>Known: {escape(one.known)}</p>" if one.known else ""
    evidence = one.evidence
    asked = f"<p>Asked:</p><pre>{escape(evidence.curl)}</pre>" if evidence.curl else ""
    answered = (
        f"<p>Answered, HTTP {escape(evidence.http_status)}:</p><pre>{escape(evidence.reply)}</pre>"
        if evidence.http_status
        else ""
    )
    tests = "".join(f"<li>{escape(test)}</li>" for test in one.tests)
    return (
        f"<h2>{escape(one.title)}</h2><p>{count}{escape(where)};"
        f" cause <code>{escape(one.cause)}</code></p>{known}{asked}{answered}"
        f"<p>The test says:</p><pre>{escape(evidence.reason)}</pre>"
        f"<p>Hint: {escape(one.cure)}</p>"
        f"<details><summary>The tests</summary><ul>{tests}</ul></details>"
    )


def _asked(outcome: Outcome) -> str:
    return _rows(
        (
            escape(" ".join(filter(None, (area, way, transport)))),
            escape(shown(counted)),
        )
        for (area, way, transport), counted in cells(outcome.findings).items()
    )


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{lines}</table>"


def _list(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>{escape(title)}</h2><ul>{items}</ul>" if items else ""
