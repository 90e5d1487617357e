"""SafeTransport compared with zeep's own transports: `python -m benchmarks.zeep_transports`.

The zeep client, the call and the canned server are the same. Only the transport differs. Each
contestant runs in a new process, all of them in turn, for several rounds. The ratios are medians of
the rounds, because a rate depends on the other load of the machine. "no network" answers from
memory: its cost is zeep's own share, which no transport can save.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import zeep
from convergia_sms.soap import AsyncSafeTransport, HttpHeaders, HttpResponse, SafeTransport
from lxml import etree

from benchmarks.canned_server import ENVELOPE
from benchmarks.client import (
    ARGUMENTS,
    Result,
    canned_server,
    measure_async,
    measure_sync,
    wsdl_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable

STOCK = {"sync": "zeep Transport", "async": "zeep AsyncTransport"}
OURS = {"sync": "SafeTransport", "async": "AsyncSafeTransport"}
ALONE = "no network"
IN_FLIGHT = (1, 64)
_CANNED = HttpResponse(200, HttpHeaders((("Content-Type", "text/xml"),)), ENVELOPE, "ISO-8859-1")


class _Canned:
    """A transport that answers from memory, after it wrote the envelope as every transport does."""

    def __init__(self) -> None:
        self.load = SafeTransport().load

    def post_xml(self, _address: str, envelope: Any, _headers: Any) -> HttpResponse:  # noqa: ANN401 # zeep's
        """Write the envelope and return the canned reply."""
        etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        return _CANNED


class _AsyncCanned(_Canned):
    """The same for zeep's async client."""

    async def post_xml(self, *arguments: Any) -> HttpResponse:  # type: ignore[override] # noqa: ANN401
        """See `_Canned.post_xml`."""
        return super().post_xml(*arguments)


def _service(kind: str, name: str, port: int, folder: str) -> Any:  # noqa: ANN401 # zeep has no types
    """Return a zeep service over the transport `name`."""
    client: Any = zeep.Client if kind == "sync" else zeep.AsyncClient
    wsdl = wsdl_for(port, folder)
    if name == STOCK[kind]:
        return client(wsdl).service
    transports: dict[str, Callable[[], object]] = {
        "SafeTransport": SafeTransport,
        "AsyncSafeTransport": AsyncSafeTransport,
        ALONE: _Canned if kind == "sync" else _AsyncCanned,
    }
    return client(wsdl, transport=transports[name]()).service


def contend(kind: str, name: str, in_flight: int, port: int, seconds: float) -> Result:
    """Measure a contestant. It must run in its own process."""
    warnings.simplefilter("ignore")  # sockets stay open until the process ends
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sync":
            service = _service(kind, name, port, folder)
            before = time.process_time()
            done, took = measure_sync(
                lambda: service.enviar_mensaje(**ARGUMENTS), in_flight, seconds
            )
        else:

            async def run() -> tuple[float, int, float]:
                service = _service(kind, name, port, folder)
                started = time.process_time()
                return (
                    started,
                    *await measure_async(
                        lambda: service.enviar_mensaje(**ARGUMENTS), in_flight, seconds
                    ),
                )

            before, done, took = asyncio.run(run())
        cpu = time.process_time() - before
    return Result(name, kind, in_flight, done / took, cpu / done * 1e6)


def _in_a_fresh_process(*arguments: object) -> Result:
    command = [sys.executable, "-m", "benchmarks.zeep_transports", "--one", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return Result(**json.loads(done.stdout.splitlines()[-1]))


def _median(results: list[Result]) -> Result:
    first = results[0]
    return Result(
        first.name,
        first.kind,
        first.in_flight,
        median(each.per_second for each in results),
        median(each.cpu_us for each in results),
    )


def report(rounds: list[dict[tuple[str, str, int], Result]]) -> str:
    """Return the table to print."""
    lines = [f"{'':26} {'in flight':>9} {'calls/s':>9} {'CPU us/call':>12}"]
    for key in rounds[0]:
        each = _median([one[key] for one in rounds])
        lines.append(
            f"{each.kind:6}{each.name:20} {each.in_flight:>9} {each.per_second:>9,.0f}"
            f" {each.cpu_us:>12,.0f}"
        )
    lines.append("")
    for kind in ("sync", "async"):
        for in_flight in IN_FLIGHT:
            stock, ours, alone = (
                [one[kind, name, in_flight] for one in rounds]
                for name in (STOCK[kind], OURS[kind], ALONE)
            )
            rate = median(a.per_second / b.per_second for a, b in zip(ours, stock, strict=True))
            saved = median(a.cpu_us / b.cpu_us for a, b in zip(stock, ours, strict=True))
            share = median(a.cpu_us / b.cpu_us for a, b in zip(alone, ours, strict=True))
            ceiling = median(a.per_second / b.per_second for a, b in zip(alone, stock, strict=True))
            added = median(
                (a.cpu_us - c.cpu_us) / max(1.0, b.cpu_us - c.cpu_us)
                for a, b, c in zip(stock, ours, alone, strict=True)
            )
            lines += [
                (
                    f"{OURS[kind]} / {STOCK[kind]}, {in_flight} in flight: "
                    f"{rate:.1f} x the calls a second, 1/{saved:.1f} of the CPU"
                ),
                (
                    f"  zeep's own share of that CPU: {share:.0%}; "
                    f"the transports without it: 1/{added:.1f}; "
                    f"a transport that costs nothing: {ceiling:.1f} x"
                ),
            ]
    lines += [
        "",
        f"{len(rounds)} rounds; zeep {zeep.__version__}; load {os.getloadavg()[0]:.1f} at the end",
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {platform.machine()}",
    ]
    return "\n".join(lines)


def write_into(page: Path, table: str) -> None:
    """Replace the table on a page, which is the first text block after this command's name."""
    before, command, after = page.read_text("utf-8").partition(
        "python -m benchmarks.zeep_transports"
    )
    head, fence, rest = after.partition("```text\n")
    _, end, tail = rest.partition("\n```\n")
    if not (command and fence and end):
        raise SystemExit(f"{page}: no block of text for the table")
    page.write_text(before + command + head + fence + table + end + tail, "utf-8")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="for each contestant")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--page", type=Path, help="replace the table on this page, too")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        kind, name, in_flight, port, seconds = options.one
        print(json.dumps(asdict(contend(kind, name, int(in_flight), int(port), float(seconds)))))
        return
    with canned_server() as port:
        rounds = [
            {
                (kind, name, in_flight): _in_a_fresh_process(
                    kind, name, in_flight, port, options.seconds
                )
                for kind in ("sync", "async")
                for name in (STOCK[kind], OURS[kind], ALONE)
                for in_flight in IN_FLIGHT
            }
            for _ in range(options.rounds)
        ]
    table = report(rounds)
    print(table)
    if options.page is not None:
        write_into(options.page, table)


if __name__ == "__main__":
    main()
