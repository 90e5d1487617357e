"""Benchmark of our client, stock zeep, suds and the bare HTTP libraries.

Run `python -m benchmarks.client`.

All contestants run against one canned server in its own process, each in a new process. The bare
libraries post the same bytes and do not read the reply, so they show the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

NUMBER, TEXT = "525512345678", "Su pedido va en camino"
ARGUMENTS = {
    "username": "demo",
    "password": "demo",
    "number": NUMBER,
    "message": TEXT,
    "extra": "",
}
# Ours run with telemetry=False, as without the `otel` extra.
SYNC = ("convergia soap", "convergia http", "zeep", "suds", "urllib3 soap", "urllib3 http")
ASYNC = ("convergia soap", "convergia http", "zeep", "aiohttp soap", "aiohttp http")


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of a contestant: sends per second, and CPU microseconds per send."""

    name: str
    kind: str
    in_flight: int
    per_second: float
    cpu_us: float


def wsdl_for(port: int, folder: str) -> str:
    """Return the cached WSDL with the canned server's address, for contestants that use it."""
    from convergia_wsdl import load_profile

    text = load_profile().wsdl_bytes().decode("iso-8859-1")
    path = Path(folder) / f"{port}.wsdl"
    path.write_text(text.replace("127.0.0.1:8181", f"127.0.0.1:{port}"), "iso-8859-1")
    return str(path)


def _request(port: int, transport: str) -> tuple[str, str, dict[str, str], bytes]:
    """Return method, URL, headers and body from our codec, for the bare libraries."""
    from convergia_sms._codecs.http_get import HttpCodec
    from convergia_sms._codecs.soap import SoapCodec
    from convergia_sms._codecs.wire import Credentials
    from convergia_wsdl import load_guide, load_profile

    codec = (SoapCodec if transport == "soap" else HttpCodec)(load_guide(), load_profile())
    request = codec.send(Credentials("demo", "demo"), NUMBER, TEXT, None)
    url = f"http://127.0.0.1:{port}{request.target}"
    return request.method, url, dict(request.headers), request.body


def sync_send(name: str, port: int, folder: str) -> Callable[[], object]:
    """Return a function that sends once in the contestant's usual way."""
    base_url = f"http://127.0.0.1:{port}"
    library, _, transport = name.partition(" ")
    if library == "convergia":
        from convergia_sms import Client

        client = Client(
            "demo",
            "demo",
            base_url=base_url,
            transport=transport,  # type: ignore[arg-type]
            telemetry=False,
        )
        return lambda: client.send(NUMBER, TEXT)
    if library == "zeep":
        import zeep

        stock: Any = zeep.Client
        service = stock(wsdl_for(port, folder)).service
        return lambda: service.enviar_mensaje(**ARGUMENTS)
    if library == "suds":
        from suds.client import Client as Suds

        methods = Suds("file://" + wsdl_for(port, folder), cache=None).service
        return lambda: methods.enviar_mensaje(*ARGUMENTS.values())
    import urllib3

    method, url, headers, body = _request(port, transport)
    pool = urllib3.PoolManager(maxsize=64, retries=False)
    return lambda: pool.request(method, url, headers=headers, body=body or None).data


async def async_send(name: str, port: int, folder: str) -> Callable[[], Awaitable[object]]:
    """Return the same for asyncio."""
    base_url = f"http://127.0.0.1:{port}"
    library, _, transport = name.partition(" ")
    if library == "convergia":
        from convergia_sms import AsyncClient

        client = AsyncClient(
            "demo",
            "demo",
            base_url=base_url,
            transport=transport,  # type: ignore[arg-type]
            telemetry=False,
        )
        return lambda: client.send(NUMBER, TEXT)
    if library == "zeep":
        import httpx
        import zeep
        from zeep.transports import AsyncTransport

        untyped: Any = zeep.AsyncClient
        transport_of: Any = AsyncTransport
        stock = untyped(
            wsdl_for(port, folder),
            transport=transport_of(client=httpx.AsyncClient(), wsdl_client=httpx.Client()),
        )
        return lambda: stock.service.enviar_mensaje(**ARGUMENTS)
    import aiohttp

    method, url, headers, body = _request(port, transport)
    session = aiohttp.ClientSession()

    async def bare() -> bytes:
        async with session.request(method, url, headers=headers, data=body or None) as reply:
            return await reply.read()

    return bare


def measure_sync(send: Callable[[], object], in_flight: int, seconds: float) -> tuple[int, float]:
    """Return the number of sends and their time, with `in_flight` threads."""

    def work(_: int) -> int:
        done = 0
        while time.perf_counter() < end:
            send()
            done += 1
        return done

    send()
    started = time.perf_counter()
    end = started + seconds
    with ThreadPoolExecutor(in_flight) as pool:
        done = sum(pool.map(work, range(in_flight)))
    return done, time.perf_counter() - started


async def measure_async(
    send: Callable[[], Awaitable[object]], in_flight: int, seconds: float
) -> tuple[int, float]:
    """Return the number of sends and their time, with `in_flight` tasks."""

    async def work() -> int:
        done = 0
        while time.perf_counter() < end:
            await send()
            done += 1
        return done

    await send()
    started = time.perf_counter()
    end = started + seconds
    done = sum(await asyncio.gather(*(work() for _ in range(in_flight))))
    return done, time.perf_counter() - started


def contend(kind: str, name: str, in_flight: int, port: int, seconds: float) -> Result:
    """Measure a contestant. It must run in its own process."""
    import tempfile
    import warnings

    warnings.simplefilter("ignore")  # contestants may leave sockets open until the process ends
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sync":
            send = sync_send(name, port, folder)
            before = time.process_time()
            done, took = measure_sync(send, in_flight, seconds)
        else:

            async def run() -> tuple[float, int, float]:
                sending = await async_send(name, port, folder)
                started = time.process_time()
                return (started, *await measure_async(sending, in_flight, seconds))

            before, done, took = asyncio.run(run())
        cpu = time.process_time() - before
    return Result(name, kind, in_flight, done / took, cpu / done * 1e6)


@contextmanager
def canned_server() -> Iterator[int]:
    """Run the server, and yield its port."""
    command = [sys.executable, "-m", "benchmarks.canned_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield int(server.stdout.readline())
        server.stdin.close()
        server.wait(timeout=10)


def in_a_fresh_process(*arguments: object) -> Any:  # noqa: ANN401 # JSON
    """Run this module with arguments, and return the JSON that it prints."""
    command = [sys.executable, "-m", "benchmarks.client", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def first_client() -> float:
    """Return the seconds to import our client and build a SOAP client, with zeep's import."""
    started = time.perf_counter()
    from convergia_sms import Client

    Client("demo", "demo", base_url="http://127.0.0.1:1").close()
    return time.perf_counter() - started


def memory(kind: str, port: int, sends: int) -> list[float]:
    """Return the peak resident MiB after each tenth of `sends` over SOAP, async 64 at once."""
    peaks: list[float] = []

    def note() -> None:
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    async def send_all() -> None:
        send = await async_send("convergia soap", port, "")

        async def work() -> None:
            for _ in range(sends // 640):
                await send()

        for _ in range(10):
            await asyncio.gather(*(work() for _ in range(64)))
            note()

    if kind == "async":
        asyncio.run(send_all())
        return peaks
    send = sync_send("convergia soap", port, "")
    for _ in range(10):
        for _ in range(sends // 10):
            send()
        note()
    return peaks


def ratios(results: list[Result]) -> dict[str, float]:
    """Return the ratios that have targets, by their description."""
    rate = {(each.kind, each.name, each.in_flight): each.per_second for each in results}

    def ratio(kind: str, ours: str, theirs: str, in_flight: int) -> float:
        return rate[kind, ours, in_flight] / rate[kind, theirs, in_flight]

    return {
        "async SOAP / stock zeep, 64 in flight": ratio("async", "convergia soap", "zeep", 64),
        "async SOAP / bare aiohttp, 64 in flight": ratio(
            "async", "convergia soap", "aiohttp soap", 64
        ),
        "sync SOAP / stock zeep, 1 in flight": ratio("sync", "convergia soap", "zeep", 1),
        "sync SOAP / bare urllib3, 1 in flight": ratio("sync", "convergia soap", "urllib3 soap", 1),
        "sync SOAP / bare urllib3, 64 in flight": ratio(
            "sync", "convergia soap", "urllib3 soap", 64
        ),
    }


def report(results: list[Result], first: float, peaks: dict[str, list[float]]) -> str:
    """Return the table to print."""
    lines = [f"{'':24} {'in flight':>9} {'sends/s':>9} {'CPU us/send':>12}"]
    lines += [
        f"{each.kind:6}{each.name:18} {each.in_flight:>9} {each.per_second:>9,.0f}"
        f" {each.cpu_us:>12,.0f}"
        for each in results
    ]
    lines += ["", *(f"{name:42} {value:6.2f} x" for name, value in ratios(results).items())]
    lines += ["", f"first SOAP client, zeep's import included: {first:.2f} s"]
    for kind, measured in peaks.items():
        told = ", ".join(f"{peak:.1f}" for peak in measured)
        lines.append(f"{kind}: peak memory after each tenth of the sends, MiB: {told}")
    lines.append(
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {platform.machine()}, "
        f"{platform.system()}; load {os.getloadavg()[0]:.1f} at the end"
    )
    return "\n".join(lines)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="for each contestant")
    parser.add_argument("--memory", type=int, metavar="SENDS", help="watch memory over SENDS sends")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--first-client", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--memory-at", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        kind, name, in_flight, port = options.one
        print(json.dumps(asdict(contend(kind, name, int(in_flight), int(port), options.seconds))))
        return
    if options.first_client:
        print(json.dumps(first_client()))
        return
    if options.memory_at:
        kind, port = options.memory_at
        print(json.dumps(memory(kind, int(port), options.memory)))
        return
    with canned_server() as port:
        results = [
            Result(
                **in_a_fresh_process("--one", kind, name, count, port, "--seconds", options.seconds)
            )
            for kind, names in (("sync", SYNC), ("async", ASYNC))
            for name in names
            for count in (1, 64)
        ]
        peaks = {
            kind: in_a_fresh_process("--memory-at", kind, port, "--memory", options.memory)
            for kind in ("sync", "async")
            if options.memory
        }
    first = min(in_a_fresh_process("--first-client") for _ in range(5))
    if options.json:
        told = {"first_client_s": first, "memory_mib": peaks, "ratios": ratios(results)}
        print(json.dumps({"results": [asdict(each) for each in results], **told}))
    else:
        print(report(results, first, peaks))


if __name__ == "__main__":
    main()
