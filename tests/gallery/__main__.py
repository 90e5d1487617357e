"""Print the table: `make gallery`, or `python -m tests.gallery [NAME…]`."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from tests.gallery.cells import STAGES, TRANSPORTS, WORKS, try_gateway
from tests.gallery.gateways import GALLERY


def main(*names: str) -> None:
    table = Table("gateway", "engine", "transport", *STAGES)
    works = {(transport, stage): 0 for transport in TRANSPORTS for stage in STAGES}
    chosen = [one for one in GALLERY if not names or one.name in names]
    for stranger in chosen:
        rows: dict[str, list[str]] = {}
        for transport, stage, cell in try_gateway(stranger):
            rows.setdefault(transport, []).append(cell)
            works[transport, stage] += cell == WORKS
        for transport, cells in rows.items():
            table.add_row(stranger.name, stranger.engine, transport, *cells)
    console = Console(width=200)
    console.print(table)
    for (transport, stage), count in works.items():
        console.print(f"{transport} {stage}: {count} of {len(chosen)}")


main(*sys.argv[1:])
