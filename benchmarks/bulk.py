"""`convergia bulk`'s figures: the memory that it takes for long files, and how fast it reads them.

    python -m benchmarks.bulk [--rows 1000000] [--rows-xlsx 100000]

Each line is a command as its user runs it, in a process of its own, on SQLite, on a file of ten
thousand rows and on a long one. Memory is the most that the process had (its resident set). Nothing
is sent: `--dry-run` looks at every row, `--enqueue-only` puts them in.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_CONTEXT = multiprocessing.get_context("spawn")
_CONVERGIA = Path(sys.executable).with_name("convergia")
_HEADER = ("celular", "nombre", "monto")
_TEMPLATE = "Hola {nombre}: su saldo es de {monto} pesos."
_SHORT = 10_000


def _rows(count: int) -> Iterator[tuple[str, str, int]]:
    for index in range(count):
        yield f"55{10_000_000 + index:08d}", f"Ana {index}", index % 10_000


def _csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(_HEADER) + "\n")
        file.writelines(f"{number},{name},{sum_}\n" for number, name, sum_ in _rows(count))


def _jsonl(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps(dict(zip(_HEADER, row, strict=True))) + "\n" for row in _rows(count)
        )


def _xlsx(path: Path, count: int) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(_HEADER)
    for row in _rows(count):
        sheet.append(row)
    book.save(path)


_WRITERS: dict[str, Callable[[Path, int], None]] = {"csv": _csv, "jsonl": _jsonl, "xlsx": _xlsx}


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes:
        memory: MB, at the most.
        seconds: by the clock on the wall.
    """

    memory: float
    seconds: float


def _convergia(folder: Path, *arguments: str) -> Cost:
    """Run the command to its end.

    Raises:
        RuntimeError: it failed.
    """
    environment = {
        **os.environ,
        "CONVERGIA_USERNAME": "demo",
        "CONVERGIA_PASSWORD": "demo",
        "CONVERGIA_BASE_URL": "http://127.0.0.1:9",  # nobody: nothing is to be sent
    }
    with (folder / "output").open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(_CONVERGIA), "bulk", *arguments],
            cwd=folder, env=environment, stdout=output, stderr=output,
        )  # fmt: skip
        # Not wait(): only this tells one child's memory.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{arguments}: {(folder / 'output').read_text(encoding='utf-8')}")
    return Cost(used.ru_maxrss / 1024, time.perf_counter() - began)


def _steps(file: str) -> list[tuple[str, Sequence[str]]]:
    send = ("send", file, "--template", _TEMPLATE)
    return [
        (f"send {file} --dry-run", (*send, "--dry-run")),
        (f"send {file} --enqueue-only", (*send, "--batch", "b", "--enqueue-only")),
    ]


_AFTERWARDS: list[tuple[str, Sequence[str]]] = [
    ("status", ("status", "b")),
    ("report (HTML)", ("report", "b", "-o", "report.html")),
    ("report --format csv", ("report", "b", "--format", "csv", "-o", "report.csv")),
    ("report --format jsonl", ("report", "b", "--format", "jsonl", "-o", "report.jsonl")),
    ("cancel", ("cancel", "b", "--reason", "a benchmark")),
    ("purge", ("purge", "b", "--yes")),
]


def _measure(root: Path, kind: str, count: int) -> dict[str, Cost]:
    """Measure what each command costs with a file of so many rows."""
    folder = root / f"{kind}-{count}"
    folder.mkdir()
    file = f"rows.{kind}"
    # By another process: what ours takes, Linux counts as the least that its children took.
    writer = _CONTEXT.Process(target=_WRITERS[kind], args=(folder / file, count))
    writer.start()
    writer.join()
    steps = _steps(file) + (_AFTERWARDS if kind == "csv" else [])
    return {name: _convergia(folder, *arguments) for name, arguments in steps}


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rows-xlsx", type=int, default=100_000)
    options = parser.parse_args()
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version},"
        f" {os.cpu_count()} cores\n"
    )
    print(f"| convergia bulk … | rows | MB | MB at {_SHORT:,} rows | more | rows/s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="bulk-") as name:
        for kind in _WRITERS:
            count = options.rows_xlsx if kind == "xlsx" else options.rows
            short, long = (_measure(Path(name), kind, size) for size in (_SHORT, count))
            for step, cost in long.items():
                more = cost.memory - short[step].memory
                print(
                    f"| {step} | {count:,} | {cost.memory:,.0f} | {short[step].memory:,.0f} |"
                    f" {more:+,.0f} | {count / cost.seconds:,.0f} |",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
