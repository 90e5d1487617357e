"""The demo on a terminal: each message, then a table of every code."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from convergia_sms._counts import counted
from convergia_sms.cli._language import translated
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .events import DELIVERY_SECONDS, TRANSPORTS, Answered, Followed, Sent, Started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .events import Event, Seen

_COLOURS = {"soap": "magenta", "http": "cyan"}
_STATES = {0: "yellow", 2: "red", 3: "green"}
# The least number of columns at which the names of classes are not wrapped.
_ROOM_FOR_NAMES = 76


def show(events: Iterator[Event], console: Console | None = None) -> list[Event]:
    """Show each event at once, and return all of them."""
    screen = console or Console(highlight=False)
    told: list[Event] = []
    table: Table | None = None
    with Live(console=screen, refresh_per_second=30) as live:
        heading = None
        for event in events:
            told.append(event)
            if (title := _heading(event)) != heading:
                heading = title
                live.console.print(Text(f"\n{title}", style="bold"))
            if isinstance(event, Answered):
                if table is None:
                    table = _codes(live.console.width)
                    live.update(table)
                _add(table, event, told)
            else:
                live.console.print(_line(event))
    _conclude(told, screen)
    return told


def _heading(event: Event) -> str:
    match event:
        case Started():
            return translated("A mock gateway, on this machine")
        case Sent():
            return translated("Two messages, one over each transport")
        case Followed():
            return translated("Their status, queried over the other transport")
        case Answered():
            return translated("Every code of the guide, triggered over both transports")


def _line(event: Started | Sent | Followed) -> Text:
    match event:
        case Started(base_url):
            return Text.assemble(
                "  ",
                (base_url, "bold green"),
                "   ",
                (
                    translated(
                        "account demo / demo; nothing leaves this machine, and nothing costs money"
                    ),
                    "dim",
                ),
            )
        case Sent(number, text, receipt):
            return Text.assemble(
                "  ",
                _transport(receipt.transport),
                f"  {number:<17}",
                (f"“{text}”", "italic"),
                ("  →  ", "dim"),
                (f"{receipt.code}", "bold green"),
                (f"  id {receipt.message_id}, {_parts(receipt.segments)}", "dim"),
            )
        case Followed(receipt, asked_over, before, after):
            return Text.assemble(
                "  ",
                _transport(asked_over),
                f"  id {receipt.message_id}  ",
                (f"{before.code} {before.text}", _STATES.get(before.code, "bold red")),
                "  ",
                (translated(f"… {DELIVERY_SECONDS} s on the mock's own clock …"), "dim"),
                "  ",
                (f"{after.code} {after.text}", f"bold {_STATES.get(after.code, 'red')}"),
            )


def _parts(count: int) -> str:
    return translated(counted(count, "in 1 part", f"in {count} parts"))


def _transport(name: str) -> tuple[str, str]:
    return f"{name.upper():<4}", f"bold {_COLOURS[name]}"


def _codes(width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("  API", style="dim")
    table.add_column(translated("Code"), justify="right", style="bold")
    table.add_column(translated("The guide's text"))
    for transport in TRANSPORTS:
        table.add_column(transport.upper(), header_style=_COLOURS[transport], justify="right")
    # Names are not wrapped if the terminal is wide enough. The guide's text is wrapped instead.
    whole = width >= _ROOM_FOR_NAMES
    table.add_column(translated("In Python"), style="dim", overflow="fold", no_wrap=whole)
    return table


def _add(table: Table, event: Answered, told: list[Event]) -> None:
    before = [one for one in told[:-1] if isinstance(one, Answered)]
    first = not before or before[-1].api != event.api
    if first and before:
        table.add_section()
    seen = [event.seen[transport] for transport in TRANSPORTS]
    names = list(dict.fromkeys(one.python for one in seen))
    table.add_row(
        f"  {event.api}" if first else "",
        str(event.code.code),
        event.code.text,
        *(_cell(one) for one in seen),
        " / ".join(names),
    )


def _cell(seen: Seen) -> Text:
    shown = "?" if seen.code is None else str(seen.code)
    return Text(
        f"{shown} {'✓' if seen.as_the_guide_says else '✗'}",
        "green" if seen.as_the_guide_says else "bold red",
    )


def _conclude(told: list[Event], screen: Console) -> None:
    answers = [
        seen for event in told if isinstance(event, Answered) for seen in event.seen.values()
    ]
    right = sum(seen.as_the_guide_says for seen in answers)
    screen.print(
        Text(
            f"  {translated(f'{right} of {len(answers)} answers as the guide says')}.",
            "bold green" if right == len(answers) else "bold red",
        )
    )
    command = _command()
    screen.print(
        Text(
            "  "
            + translated(
                f"Next: `{command} mockserver` keeps such a gateway running;"
                f" `{command} contract` tests any gateway like this."
            ),
            "dim",
        )
    )


def _command() -> str:
    """Return what the user types to run `convergia` again from the same folder."""
    called = Path(sys.argv[0])
    if called.stem != "convergia":  # `python -m convergia_sms`, or a test's own program
        return "python -m convergia_sms"
    on_path = shutil.which(called.name)
    if on_path is not None and Path(on_path).resolve() == called.resolve():
        return called.name
    return f"python3 {called}" if called.suffix == ".pyz" else str(called)
