"""The mock server compared with others: `python -m benchmarks.mockserver`.

The servers run one after the other, each started as its users do. Ours has the journal and all
features, with and without the request log. `wrk -t1 -c16` loads them with the same SOAP send and
the same GET. This requires wrk, java, node, PHP and `npm install --prefix benchmarks/servers`.
Servers that cannot run are reported and left out.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from convergia_mockserver.faces.factory import create_faces
from convergia_mockserver.faces.wire import RawRequest
from convergia_mockserver.gateway import Call, World
from convergia_mockserver.server.dispatch import Dispatcher
from convergia_wsdl import load_guide, load_profile

from .mock_gateways import (
    CONTESTANTS,
    ENVELOPE,
    HEADERS,
    NUMBER,
    QUERY,
    Contestant,
    mock_server,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = "convergia mockserver --quiet"
CONNECTIONS = 16
_RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")
_DONE = re.compile(r"([0-9]+) requests in")

# The time of a test from its import to the first SOAP reply.
FIXTURE = """
import sys, time
started = time.perf_counter()
from convergia_mockserver.mock_server import MockServer
server = MockServer().start()
space = server.world.fresh("test")
from benchmarks.mock_gateways import soap_reply
measured = time.perf_counter()
import http.client
from benchmarks.mock_gateways import ENVELOPE, HEADERS
imported = time.perf_counter()
connection = http.client.HTTPConnection("127.0.0.1", server.port)
connection.request("POST", f"/s/{space.name}/webservice.php", ENVELOPE.encode(), HEADERS)
assert b">100|" in connection.getresponse().read()
print(time.perf_counter() - imported + measured - started)
connection.close()
server.stop()
"""
FRESH_SPACE = """
import statistics, time
from convergia_mockserver.gateway import World
world, times = World(max_spaces=10_000), []
for _ in range(2000):
    started = time.perf_counter()
    world.fresh("test")
    times.append(time.perf_counter() - started)
print(statistics.median(times))
"""


def load(port: int, seconds: float, *, soap: bool, number: str = NUMBER) -> tuple[float, int]:
    """Return requests per second and the number of requests under wrk's load.

    Raises:
        RuntimeError: if a reply is not 2xx, or wrk fails.
    """
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "send.lua"
        envelope = ENVELOPE.replace(NUMBER, number)
        headers = "".join(f"wrk.headers['{name}'] = '{value}'\n" for name, value in HEADERS.items())
        script.write_text(f"wrk.method = 'POST'\n{headers}wrk.body = [[{envelope}]]\n")
        query = QUERY.replace(NUMBER, number)
        what = ["-s", str(script), f"{base}/webservice.php"] if soap else [base + query]
        done = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", *what],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    rate, count = _RATE.search(done), _DONE.search(done)
    if rate is None or count is None or "Non-2xx" in done:
        raise RuntimeError(f"wrk was not answered as it should be:\n{done}")
    return float(rate[1]), int(count[1])


def cpu_seconds(process: int | None) -> float:
    """Return the CPU time that a process has used. nan if it is unknown."""
    if process is None:
        return math.nan
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(contestant: Contestant, seconds: float, rounds: int) -> dict[str, float | None]:
    """Measure a server, and take the best of the rounds, since other work only slows it down."""
    first, soap, get, cpu = [], [], [], []
    for _ in range(rounds):
        with run(contestant) as running:
            first.append(running.first_reply)
            number = contestant.number
            load(running.port, contestant.warm_up, soap=True, number=number)
            before = cpu_seconds(running.process)
            rate, count = load(running.port, seconds, soap=True, number=number)
            soap.append(rate)
            cpu.append((cpu_seconds(running.process) - before) / count * 1e6)
            if contestant.gets:
                load(running.port, contestant.warm_up / 2, soap=False, number=number)
                get.append(load(running.port, seconds, soap=False, number=number)[0])
    return {
        "soap_per_second": max(soap),
        "soap_cpu_us": None if math.isnan(cpu[0]) else min(cpu),
        "get_per_second": max(get, default=None),
        "first_soap_reply_seconds": statistics.median(first),
    }


def in_process(source: str, runs: int) -> float:
    """Return the median of the values that new interpreters print."""
    times = []
    for _ in range(runs + 1):
        done = subprocess.run(
            [sys.executable, "-c", source], capture_output=True, text=True, check=True
        )
        times.append(float(done.stdout))
    return statistics.median(times[1:])


def parts() -> dict[str, float]:
    """Return the microseconds of a SOAP send and a GET inside the process, by part."""
    guide, profile = load_guide(), load_profile()
    faces = create_faces(guide, profile)
    dispatcher = Dispatcher(World(guide, profile), faces)
    space = dispatcher.world.space()
    headers = tuple((name.lower().encode(), value.encode()) for name, value in HEADERS.items())
    requests = {
        "SOAP": RawRequest("POST", "/webservice.php", b"", headers, ENVELOPE.encode()),
        "GET": RawRequest("GET", "/", QUERY.partition("?")[2].encode(), headers),
    }
    found = {}
    for name, request in requests.items():
        face = faces[request.path]
        call = face.read(request)
        assert isinstance(call, Call)
        answer = space.answer(call)
        steps: dict[str, Callable[[], object]] = {
            "read": partial(face.read, request),
            "answer": partial(space.answer, call),
            "write": partial(face.write, call, answer),
            "all, with the journal": partial(dispatcher.handle, request, None),
        }
        for step, run_step in steps.items():
            times = timeit.repeat(run_step, number=1000, repeat=7)
            found[f"{name}: {step}"] = min(times) * 1000
    return found


def million(seconds: float) -> list[dict[str, float]]:
    """Send over SOAP up to a million accepted messages, and return rates and memory on the way."""
    points, total = [], 0
    with run(Contestant(lambda: mock_server("--max-messages", "1000000"))) as running:
        while total < 1_000_000:
            rate, count = load(running.port, seconds, soap=True)
            total += count
            statm = Path(f"/proc/{running.process}/statm").read_text(encoding="ascii")
            memory = int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
            points.append({"messages": total, "soap_per_second": rate, "resident_mib": memory})
    return points


def machine() -> str:
    """Return a line that describes this machine."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(
            r"^model name\s*: (.*)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE
        )
        model = found[1] if found else model
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]},"
        f" Python {platform.python_version()}"
    )


def table(results: dict[str, dict[str, float | None]]) -> str:
    """Return the figures as a Markdown table, with ratios to ours."""
    lines = [
        "| server | SOAP req/s | ours is | CPU us | GET req/s | ours is | first SOAP reply |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, figures in results.items():
        cells = [name]
        for key in ("soap_per_second", "get_per_second"):
            value, ours = figures[key], results.get(OURS, {}).get(key)
            cells.append("-" if value is None else f"{value:,.0f}")
            cells.append("-" if not value or not ours or name == OURS else f"{ours / value:.1f} x")
            if key == "soap_per_second":
                cpu = figures["soap_cpu_us"]
                cells.append("-" if cpu is None else f"{cpu:.0f}")
        cells.append(f"{figures['first_soap_reply_seconds']:.2f} s")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def show_parts(*, as_json: bool) -> None:
    """Print the time of each part of a request."""
    found = parts()
    if as_json:
        print(json.dumps({"machine": machine(), "parts": found}, indent=2))
        return
    print(f"{machine()}\n\n| inside the process | µs |\n| --- | ---: |")
    for name, microseconds in found.items():
        print(f"| {name} | {microseconds:.0f} |")


def show_million(seconds: float, *, as_json: bool) -> None:
    """Print rates and memory up to a million messages."""
    points = million(seconds)
    if as_json:
        print(json.dumps({"machine": machine(), "million": points}, indent=2))
        return
    print(f"{machine()}\n\n| messages | SOAP req/s | resident memory |\n| ---: | ---: | ---: |")
    for each in points:
        print(
            f"| {each['messages']:,.0f} | {each['soap_per_second']:,.0f}"
            f" | {each['resident_mib']:,.0f} MiB |"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mockserver", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of load for each figure")
    parser.add_argument("--rounds", type=int, default=2, help="starts of each server; best counts")
    parser.add_argument("--only", help="servers whose name has this in it")
    parser.add_argument("--million", action="store_true", help="the curve to a million messages")
    parser.add_argument("--parts", action="store_true", help="where a request's time goes")
    parser.add_argument("--json", action="store_true", dest="as_json", help="as JSON")
    options = parser.parse_args()
    if options.parts:
        show_parts(as_json=options.as_json)
    elif options.million:
        show_million(options.seconds, as_json=options.as_json)
    else:
        show_servers(options.seconds, options.rounds, options.only, as_json=options.as_json)


def show_servers(seconds: float, rounds: int, only: str | None, *, as_json: bool) -> None:
    """Print the servers' figures."""
    results: dict[str, dict[str, float | None]] = {}
    for name, contestant in CONTESTANTS.items():
        if only and only.lower() not in name.lower():
            continue
        if (lacking := contestant.lacks()) is not None:
            print(f"left out: {name}: {lacking}", file=sys.stderr)
            continue
        results[name] = measure(contestant, seconds, rounds)
    ours = {
        "fixture_ready_seconds": in_process(FIXTURE, 7),
        "fresh_space_seconds": in_process(FRESH_SPACE, 3),
    }
    if as_json:
        print(json.dumps({"machine": machine(), "servers": results, "ours": ours}, indent=2))
        return
    print(f"{machine()}\n`wrk -t1 -c{CONNECTIONS}`, {time.strftime('%Y-%m-%d')}\n")
    print(table(results))
    print(
        f"\nfixture ready, first SOAP reply included, cold: {ours['fixture_ready_seconds']:.3f} s\n"
        f"fresh space: {ours['fresh_space_seconds'] * 1e6:.0f} µs"
    )


if __name__ == "__main__":
    main()
