"""The HTML report: one self-contained page with totals, and charts over time and by code."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from convergia_wsdl import load_guide

from convergia_sms._counts import counted
from convergia_sms.cli._html_page import html_page
from convergia_sms.cli._language import language, translated, translated_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convergia_sms.outbox import Decision, Entry

_BARS = 60
_DECISIONS = 50
_STEPS = (1, 5, 15, 60, 300, 900, 3600, 21_600, 86_400, 604_800)
_WIDTH, _HEIGHT = 720, 160


class _TimeBars:
    """Numbers of accepted messages over time, in at most 60 bars. Bars widen as time passes."""

    def __init__(self) -> None:
        self.step = 0
        self.counts: Counter[int] = Counter()

    def add(self, second: int) -> None:
        """Count one message, accepted at this second since 1970."""
        step = _STEPS[self.step]
        self.counts[second // step] += 1
        while len(self.counts) > _BARS and self.step + 1 < len(_STEPS):
            before, self.step = _STEPS[self.step], self.step + 1
            wider = Counter[int]()
            for bar, count in self.counts.items():
                wider[bar * before // _STEPS[self.step]] += count
            self.counts = wider


def page(entries: Iterable[Entry], decisions: Iterable[Decision], title: str) -> str:
    """Return the HTML page. Reads the entries and the decisions once."""
    states: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    accepted = _TimeBars()
    segments = total = 0
    for entry in entries:
        total += 1
        states[entry.state.value] += 1
        if entry.code is not None:
            codes[entry.code] += 1
        if entry.accepted is not None:
            accepted.add(int(entry.accepted.timestamp()))
            segments += entry.segments or 0
    guide = load_guide().send
    by_code = {f"{code} {guide.text(code) or ''}": n for code, n in sorted(codes.items())}
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    summary = counted(
        total,
        f"1 message, {segments:,} SMS accepted. Written {made}.",
        f"{total:,} messages, {segments:,} SMS accepted. Written {made}.",
    )
    return html_page(
        title,
        f"<p>{_text(summary)}</p>"
        f"<h2>{_text('By state')}</h2>{_table(_named(states), total)}"
        f"<h2>{_text('Accepted over time')}</h2>{_chart(accepted)}"
        f"<h2>{_text('By code')}</h2>{_table(by_code, total)}"
        f"<h2>{_text('Decided by hand')}</h2>{_table(_decided(decisions), total)}",
        language(),
    )


def _text(english: str) -> str:
    return escape(translated(english))


def _named(counts: Mapping[str, int]) -> dict[str, int]:
    return {translated_word(state): count for state, count in counts.items()}


def _decided(decisions: Iterable[Decision]) -> dict[str, int]:
    """Return the number of messages for each decision, the 50 most frequent ones."""
    taken = Counter(f"{each.event}, {each.by}: {each.reason}" for each in decisions)
    return dict(taken.most_common(_DECISIONS))


def _table(counts: Mapping[str, int], total: int) -> str:
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{count:,}</td>'
        f'<td><meter min="0" max="{total}" value="{count}">{count}</meter></td></tr>'
        for name, count in counts.items()
    )
    return f"<table>{rows}</table>" if rows else f"<p>{_text('None.')}</p>"


def _chart(accepted: _TimeBars) -> str:
    if not accepted.counts:
        return f"<p>{_text('None.')}</p>"
    step = _STEPS[accepted.step]
    first, last = min(accepted.counts), max(accepted.counts)
    highest = max(accepted.counts.values())
    width = _WIDTH / max(last - first + 1, 1)
    label = counted(
        step,
        f"Messages accepted, 1 second a bar, at most {highest:,}",
        f"Messages accepted, {step} seconds a bar, at most {highest:,}",
    )
    bars = "".join(
        f'<rect x="{(bar - first) * width:.1f}" y="{_HEIGHT - count / highest * _HEIGHT:.1f}"'
        f' width="{max(width - 1, 0.5):.1f}" height="{count / highest * _HEIGHT:.1f}">'
        f"<title>{_instant(bar * step)}: {count:,}</title></rect>"
        for bar, count in sorted(accepted.counts.items())
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 20}" role="img" aria-label="'
        f'{_text(label)}">{bars}'
        f'<text x="4" y="{_HEIGHT + 15}">{_instant(first * step)}</text>'
        f'<text x="{_WIDTH - 4}" y="{_HEIGHT + 15}" text-anchor="end">'
        f"{_instant((last + 1) * step)}</text></svg>"
        f"<p>{_text(f'{step:,} s a bar; the highest is {highest:,}.')}</p>"
    )


def _instant(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")
