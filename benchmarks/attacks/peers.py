"""The misbehaving peers. Each takes the base URL and a number, and returns what it saw.

A peer that holds connections returns them. The caller must close them.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import urllib3

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SEND = {"username": "demo", "password": "demo", "number": "525512345678", "message": "hola"}
# Patterns that take the whole time allowed for one value.
SLOW_REGEX = "^(a|aa|aaa)+[xy]$"
LARGE_PATTERNS = (
    "(?:(?:ab){1,999}){1,999}",
    "x{2147483648}",
    "(?x) (?: a b ) # a comment\n {999} {999}",
    "(((((a{99}){99}){99}){99}){99})",
    "[ab]{99999999999999999999}",
)


def _address(base_url: str) -> tuple[str, int]:
    parts = urlsplit(base_url)
    return parts.hostname or "", parts.port or 80


def connect(base_url: str, data: bytes = b"") -> socket.socket:
    """Open a connection and write data."""
    connection = socket.create_connection(_address(base_url), timeout=30)
    if data:
        connection.sendall(data)
    return connection


def held(base_url: str, data: Iterable[bytes]) -> list[socket.socket]:
    """Open a connection for each beginning of a request."""
    return [connect(base_url, each) for each in data]


def post(base_url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> int:
    """Send a message on a new connection, and return the HTTP status."""
    with urllib3.PoolManager() as pool:
        reply = pool.request(
            "POST", base_url, body=urlencode(fields),
            headers={"Content-Type": "application/x-www-form-urlencoded", **headers},
        )  # fmt: skip
        return reply.status


def tiny_headers(base_url: str, requests: int) -> None:
    """Send messages whose heads are full of tiny headers."""
    head = b"".join(b"a%d:\r\n" % number for number in range(9000))[:62_000].rpartition(b"\r\n")[0]
    query = urlencode(SEND).encode()
    with connect(base_url) as connection:
        replies = connection.makefile("rb")
        for _ in range(requests):
            connection.sendall(b"GET /?" + query + b" HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n")
            _skip_reply(replies)


def _skip_reply(replies: object) -> None:
    length = 0
    while (line := replies.readline()) not in (b"\r\n", b""):  # type: ignore[attr-defined]
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    replies.read(length)  # type: ignore[attr-defined]


def large_references(base_url: str, requests: int) -> None:
    """Send messages, each with a megabyte of `extra`."""
    with urllib3.PoolManager() as pool:
        for number in range(requests):
            pool.request_encode_body(
                "POST", base_url, encode_multipart=False,
                fields={**SEND, "extra": f"{number}-" + "x" * 1_000_000},
            )  # fmt: skip


def fill(base_url: str, messages: int) -> None:
    """Put messages into the space by a snapshot."""
    with urllib3.PoolManager() as pool:
        snapshot = pool.request("GET", f"{base_url}/__admin/snapshot").json()
        first, plan = 100_000_001, snapshot["plans"]["default"]
        snapshot["accepted"] = messages
        snapshot["messages"] = [
            {
                "id": str(first + number), "account": "demo", "number": "525512345678",
                "text": "a" * 40, "extra": str(number), "face": "http", "address": "127.0.0.1",
                "created": 1_000_000_000.0, "plan": plan,
            }
            for number in range(messages)
        ]  # fmt: skip
        reply = pool.request("PUT", f"{base_url}/__admin/snapshot", body=json.dumps(snapshot))
        if reply.status != 204:
            raise RuntimeError(reply.data[:500])


def waiters(base_url: str, count: int, text: str = "never") -> list[socket.socket]:
    """Wait for a message that does not come."""
    head = f"GET /__admin/messages/wait?text={text}&timeout=60 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    return held(base_url, [head.encode()] * count)


def event_streams(base_url: str, count: int) -> list[socket.socket]:
    """Subscribe to the events, and read none of them."""
    return held(base_url, [b"GET /__admin/events HTTP/1.1\r\nHost: localhost\r\n\r\n"] * count)


def searches(base_url: str, count: int, path: str = "/messages") -> Counter[int]:
    """Search concurrently with a slow regular expression, and count the HTTP statuses.

    Args:
        base_url: the base URL of the space.
        count: the number of searches.
        path: the path of the admin API.
    """
    query = urlencode({"text": f"regex:{SLOW_REGEX}"} if path == "/messages" else {})
    with urllib3.PoolManager(maxsize=count) as pool, ThreadPoolExecutor(count) as threads:
        url = f"{base_url}/__admin{path}?{query}"
        return Counter(
            threads.map(lambda _: pool.request("GET", url, retries=False).status, range(count))
        )


def slow_scripts(base_url: str, count: int) -> None:
    """Add scripts with slow regular expressions, for another account than `demo`."""
    script = {
        "answers": [{"code": 110}], "times": 0,
        "match": {"account": "other", "text": {"regex": SLOW_REGEX}},
    }  # fmt: skip
    with urllib3.PoolManager() as pool:
        for _ in range(count):
            pool.request("POST", f"{base_url}/__admin/scripts", json=script)


def large_patterns(base_url: str) -> Counter[int]:
    """Search with regular expressions that compile to a large size, and count the HTTP statuses."""
    with urllib3.PoolManager() as pool:
        return Counter(
            pool.request(
                "GET", f"{base_url}/__admin/messages?{urlencode({'text': 'regex:' + pattern})}",
                retries=False,
            ).status
            for pattern in LARGE_PATTERNS
        )  # fmt: skip


def half_bodies(base_url: str, count: int, size: int = 1_000_000) -> list[socket.socket]:
    """Begin bodies and stop half-way."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (2 * size)
    return held(base_url, (head + b"x" * size for _ in range(count)))


def half_control_bodies(base_url: str, count: int) -> list[socket.socket]:
    """Begin bodies for the admin API, and stop half-way."""
    head = b"POST /__admin/scripts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"
    return held(base_url, [head] * count)


class Dribblers:
    """Connections whose heads come byte by byte, in a thread, until they are closed."""

    def __init__(self, base_url: str, count: int, pause: float = 0.5) -> None:
        self._connections = held(base_url, [b"GET / HTTP/1.1\r\nX-Dribbled: "] * count)
        self._stop = threading.Event()
        self._pause = pause
        self._thread = threading.Thread(target=self._dribble, daemon=True)
        self._thread.start()

    def _dribble(self) -> None:
        while not self._stop.wait(self._pause):
            for connection in list(self._connections):
                try:
                    connection.sendall(b"x")
                except OSError:
                    self._connections.remove(connection)

    def close(self) -> None:
        """Close all of them."""
        self._stop.set()
        self._thread.join()
        close(self._connections)


def close(connections: Iterable[socket.socket]) -> None:
    """Close connections."""
    for connection in connections:
        connection.close()
