"""The slowest send and the memory during each attack: `python -m benchmarks.attacks`.

The server, the attack and the sends run in separate processes. The sends follow each other on one
connection for a few seconds. The first send is not counted, because it waits until the server has
started. The first row is without an attack, and shows the noise of the machine.

The exit code is 1 if a send took longer than 50 ms, the server held more than 256 MiB, or it
stopped more than 2 s after SIGTERM. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from . import peers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MESSAGES = 100_000
_SECONDS = 5.0
# The limits of an attack's cost: the slowest send, the server's memory, and the time of its stop.
_MOST_MILLISECONDS, _MOST_MIB, _MOST_STOP = 50.0, 256.0, 2.0


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack, which is a row of the table.

    Attributes:
        name: a description of the attack.
        run: runs the attack on a base URL. It returns at the end, and may return open connections.
        full: True if the space holds 100,000 messages.
        seen: the cost before the server had limits.
    """

    name: str
    run: Callable[[str], object]
    full: bool
    seen: str


def _left(base_url: str) -> None:
    peers.close(peers.waiters(base_url, 300))


def _streams_left(base_url: str) -> None:
    peers.close(peers.event_streams(base_url, 1000))


def _unmatched(base_url: str) -> None:
    peers.slow_scripts(base_url, 41)
    for _ in range(3):
        peers.searches(base_url, 1, "/requests/unmatched")


def _forty_searches(base_url: str) -> None:
    for _ in range(3):
        peers.searches(base_url, 40)


ATTACKS = (
    Attack("nothing", lambda _: None, False, ""),
    Attack("3,115 heads with 62 KB of tiny headers", lambda url: peers.tiny_headers(url, 3115),
           False, "2.6 GB"),
    Attack("2,566 sends with 1 MB of extra", lambda url: peers.large_references(url, 2566),
           False, "2.5 GB"),
    Attack("100 waiters", lambda url: peers.waiters(url, 100), True, "10 s"),
    Attack("500 waiters", lambda url: peers.waiters(url, 500), True, "32 s"),
    Attack("300 waiters that left", _left, True, "2 s"),
    Attack("1,000 event streams", lambda url: peers.event_streams(url, 1000), False, "112 ms"),
    Attack("1,000 event streams that left", _streams_left, False, "68 ms"),
    Attack("10 regex searches at once", lambda url: peers.searches(url, 10), True, "5 s"),
    Attack("40 regex searches at once, 3 times", _forty_searches, True, "20 s"),
    Attack("/requests/unmatched, 41 slow patterns", _unmatched, False, "1.9 s"),
    Attack("patterns that are large", peers.large_patterns, False, "19 GB"),
    Attack("500 dribbled heads", lambda url: peers.Dribblers(url, 500), False, "held for ever"),
    Attack("500 bodies of 1 MB that stop", lambda url: peers.half_bodies(url, 500),
           False, "1 MB each, for ever"),
    Attack("5,000 connections that never speak", lambda url: peers.held(url, [b""] * 5000),
           False, "held for ever"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of an attack.

    Attributes:
        slowest: the time of the slowest send, in milliseconds.
        median: the median time of all sends, in milliseconds.
        memory: the largest memory of the server, in MiB.
    """

    slowest: float
    median: float
    memory: float

    def is_bounded(self) -> bool:
        """Return True if the slowest send and the memory are within the limits."""
        return self.slowest <= _MOST_MILLISECONDS and self.memory <= _MOST_MIB


def main() -> int:
    """Run the attacks and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="sends beside each attack")
    parser.add_argument("--only", default="", help="a part of the attacks' names")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))
    print("| what | seen | slowest send | median | most memory |")
    print("| --- | --- | --- | --- | --- |")
    above: list[str] = []
    for attack in ATTACKS:
        if options.only in attack.name:
            cost = _cost(attack, options.seconds)
            print(
                f"| {attack.name} | {attack.seen} | {cost.slowest:.0f} ms | {cost.median:.1f} ms"
                f" | {cost.memory:.0f} MiB |",
                flush=True,
            )
            if not cost.is_bounded():
                above.append(attack.name)
    if options.only in "SIGTERM":
        stop = _stop_seconds()
        print(f"\nSIGTERM with 50 half-sent control bodies: {stop:.1f} s (seen: 10.3 s)")
        if stop > _MOST_STOP:
            above.append("SIGTERM")
    if above:
        print(f"FAILED, above the bounds: {'; '.join(above)}")
    return 1 if above else 0


def _cost(attack: Attack, seconds: float) -> Cost:
    with _server() as (process, base_url):
        if attack.full:
            peers.fill(base_url, _MESSAGES)
        done, stop = multiprocessing.Event(), multiprocessing.Event()
        peer = multiprocessing.Process(target=_attack, args=(attack.name, base_url, done, stop))
        peer.start()
        times = _sends(base_url, seconds, done.is_set)[1:]
        stop.set()
        memory = _memory(process.pid)
        peer.join()
    times.sort()
    return Cost(times[-1] * 1000, times[len(times) // 2] * 1000, memory)


def _attack(
    name: str, base_url: str, done: multiprocessing.synchronize.Event,
    stop: multiprocessing.synchronize.Event,
) -> None:  # fmt: skip
    attack = next(each for each in ATTACKS if each.name == name)
    kept = attack.run(base_url)
    done.set()
    stop.wait()
    del kept


def _sends(base_url: str, seconds: float, done: Callable[[], bool]) -> list[float]:
    """Send until the attack is over and a while longer. Return the time of each send."""
    parts = urlsplit(base_url)
    request = f"GET /?{urlencode(peers.SEND)} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    times: list[float] = []
    end = None
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while end is None or time.monotonic() < end:
            started = time.perf_counter()
            connection.sendall(request)
            if b"100|" not in connection.recv(65536):
                raise RuntimeError("a send was not accepted")
            times.append(time.perf_counter() - started)
            if end is None and done():
                end = time.monotonic() + seconds
            time.sleep(0.001)
    return times


@contextmanager
def _server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("convergia")), "mockserver", "--port", "0", "--json"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        if process.stdout is None:
            raise RuntimeError("the server's output is not piped")
        yield process, json.loads(process.stdout.readline())["base_url"]
    finally:
        process.kill()
        process.communicate()


def _memory(pid: int) -> float:
    """Return the largest memory that a process has held, in MiB (Linux)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) / 1024 if found else float("nan")


def _stop_seconds() -> float:
    with _server() as (process, base_url):
        connections = peers.half_control_bodies(base_url, 50)
        time.sleep(0.5)
        started = time.monotonic()
        os.kill(process.pid, signal.SIGTERM)
        process.wait(60)
        peers.close(connections)
        return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
