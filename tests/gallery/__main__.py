"""Print the table: `make gallery`, or `CONVERGIA_COLD_START=1 python -m tests.gallery [NAME…]`."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from tests.gallery.cells import STAGES, TRANSPORTS, WORKS, try_gateway
from tests.gallery.gateways import GALLERY


def main(*names: str) -> None:
    table = Table("gateway", "engine", "transport", *STAGES)
    works = {f"{way} {step}": 0 for way in TRANSPORTS for step in STAGES}
    chosen = [one for one in GALLERY if not names or one.name in names]
    for stranger in chosen:
        rows: dict[str, list[str]] = {}
        for transport, stage, cell in try_gateway(stranger):
            rows.setdefault(transport, []).append(cell)
            works[f"{transport} {stage}"] += cell == WORKS
        for way, cells in rows.items():
            table.add_row(stranger.name, stranger.engine, way, *cells)
    console = Console(width=200)
    console.print(table)
    for column, count in works.items():
        console.print(f"{column}: {count} of {len(chosen)}")


main(*sys.argv[1:])
