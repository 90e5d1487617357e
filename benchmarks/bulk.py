"""The figures of `convergia bulk`: its memory for long files, and its speed of reading them.

    python -m benchmarks.bulk [--rows 1000000] [--rows-xlsx 100000]

Each line is a command as users run it, in its own process and on SQLite, for a file of ten thousand
rows and for a long one. Memory is the largest resident set of the process. Nothing is sent:
`--dry-run` checks every row, and `--enqueue-only` enqueues them.
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
    """The cost of a command.

    Attributes:
        memory: the largest memory in MB.
        seconds: the wall-clock time.
    """

    memory: float
    seconds: float


def _convergia(folder: Path, *arguments: str) -> Cost:
    """Run the command to its end.

    Raises:
        RuntimeError: if it fails.
    """
    environment = {
        **os.environ,
        "CONVERGIA_USERNAME": "demo",
        "CONVERGIA_PASSWORD": "demo",
        "CONVERGIA_BASE_URL": "http://127.0.0.1:9",  # an unused port, since nothing must be sent
    }
    with (folder / "output").open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(_CONVERGIA), "bulk", *arguments],
            cwd=folder, env=environment, stdout=output, stderr=output,
        )  # fmt: skip
        # Only wait4() returns the memory of a single child process.
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
    """Measure the cost of each command with a file of `count` rows."""
    folder = root / f"{kind}-{count}"
    folder.mkdir()
    file = f"rows.{kind}"
    # Use another process, because Linux counts the memory of the parent as the minimum of its
    # children.
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
