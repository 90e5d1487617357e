"""The demo for programs, as tab-separated lines or one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from convergia_sms.cli._language import translated

from .events import TRANSPORTS, Answered, Followed, Sent, Started

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .events import Event, Seen


def print_lines(events: Iterable[Event]) -> Iterator[Event]:
    """Print each event at once as a tab-separated line, and yield it."""
    right = total = 0
    for event in events:
        click.echo("\t".join(_line(event)))
        if isinstance(event, Answered):
            total += len(event.seen)
            right += sum(seen.as_the_guide_says for seen in event.seen.values())
        yield event
    click.echo(translated(f"{right} of {total} answers as the guide says"))


def document(events: Iterable[Event]) -> dict[str, object]:
    """Return all events as one JSON document."""
    told = list(events)
    return {
        "gateway": next((event.base_url for event in told if isinstance(event, Started)), ""),
        "as_the_guide_says": all(getattr(event, "as_the_guide_says", True) for event in told),
        "sent": [
            {
                "number": event.receipt.number,
                "text": event.text,
                "transport": event.receipt.transport,
                "message_id": event.receipt.message_id,
                "segments": event.receipt.segments,
            }
            for event in told
            if isinstance(event, Sent)
        ],
        "followed": [
            {
                "message_id": event.receipt.message_id,
                "sent_over": event.receipt.transport,
                "asked_over": event.asked_over,
                "states": [event.before.code, event.after.code],
            }
            for event in told
            if isinstance(event, Followed)
        ],
        "codes": [
            {
                "api": event.api,
                "code": event.code.code,
                "text": event.code.text,
                **{transport: _seen(seen) for transport, seen in event.seen.items()},
            }
            for event in told
            if isinstance(event, Answered)
        ],
    }


def _seen(seen: Seen) -> dict[str, object]:
    return {
        "code": seen.code,
        "python": seen.python,
        "as_the_guide_says": seen.as_the_guide_says,
    }


def _line(event: Event) -> list[str]:
    match event:
        case Started(base_url):
            return ["gateway", base_url]
        case Sent(_, text, receipt):
            return ["sent", receipt.transport, receipt.number, receipt.message_id, text]
        case Followed(receipt, asked_over, before, after):
            return [
                "followed",
                asked_over,
                receipt.message_id,
                f"{before.code} {before.text}",
                f"{after.code} {after.text}",
            ]
        case Answered(api, code, seen):
            answers = [
                f"{transport} {seen[transport].code} {seen[transport].python}"
                + ("" if seen[transport].as_the_guide_says else " WRONG")
                for transport in TRANSPORTS
            ]
            return [api, str(code.code), code.text, *answers]
