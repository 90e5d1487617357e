"""The relay of requests for listed numbers to a real gateway.

Each request is relayed at most once. If the gateway's reply is lost, the message may have been
sent. The sender then gets a broken connection, as without the mock server in between.
"""

from __future__ import annotations

import asyncio
import http.client
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from convergia_wsdl import is_base_url, live_url_blocked

from convergia_mockserver.gateway.patterns import full_number
from convergia_mockserver.recording.asking import HOP_BY_HOP, NotConnectedError, ask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_mockserver.faces.wire import RawRequest, Reply
    from convergia_mockserver.gateway.calls import Call, Relayed

_THREADS = 32
_STATUSES = range(200, 600)
_MAX_IDS = 10_000
_MAX_IDS_OF_REPLY = 20
# A possible message id in a reply of any dialect.
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{3,63}")
_NOT_PASSED_ON = HOP_BY_HOP | {"host", "accept-encoding", "upgrade", "http2-settings"}
# Characters that are not escaped in a URL. Bytes beyond ASCII are escaped. PHP reads both the same.
_IN_URL = "".join(map(chr, range(0x21, 0x7F)))


class RelayError(ValueError):
    """The settings of a relay are invalid. The message gives the reason."""


class Relay:
    """Relays sends to listed numbers, and status queries for their message ids.

    Args:
        gateway: the base URL of the gateway.
        numbers: the numbers, in any usual Mexican spelling.
        timeout: the timeout of each step of a request, in seconds.

    Raises:
        RelayError: if the URL or a number is invalid, or the URL is forbidden.
    """

    def __init__(self, gateway: str, numbers: Iterable[str], *, timeout: float = 60.0) -> None:
        if not is_base_url(gateway):
            # The URL is not shown, because it may contain a password.
            raise RelayError("The relay's URL must be 'http://host:port', with a path if needed.")
        if (reason := live_url_blocked(gateway)) is not None:
            raise RelayError(f"{reason}. Unset it to relay to the live gateway.")
        try:
            self.numbers: frozenset[str] = frozenset(map(full_number, numbers))
        except ValueError as error:
            raise RelayError(f"The relay's numbers: {error}.") from None
        if not self.numbers:
            raise RelayError("A relay must have at least one number. Name the numbers to relay.")
        self.gateway: str = gateway.rstrip("/")
        self._timeout = timeout
        self._lock = threading.Lock()
        self._ids: dict[str, None] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="convergia-relay")

    def takes(self, call: Call) -> bool:
        """Return True for a send to a listed number, and for a status query of such a send."""
        if call.operation == "send":
            return call.arguments.get("number", "") in self.numbers
        with self._lock:
            return call.operation == "status" and call.arguments.get("messageid") in self._ids

    async def pass_on(self, request: RawRequest, call: Call) -> tuple[Reply | None, Relayed]:
        """Relay a request. Return the gateway's reply, None without one, and the result."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._pass_on, request, call)

    def _pass_on(self, request: RawRequest, call: Call) -> tuple[Reply | None, Relayed]:
        if live_url_blocked(self.gateway) is not None:
            return None, "not-sent"
        try:
            reply = ask(
                self.gateway,
                request.method,
                _target(request),
                _headers(request),
                request.body,
                timeout=self._timeout,
            )
        except NotConnectedError:
            return None, "not-sent"
        except (OSError, http.client.HTTPException, ValueError):
            return None, "unknown"
        if reply.status not in _STATUSES:
            return None, "unknown"
        if call.operation == "send":
            self._learn(reply.body)
        return reply, "answered"

    def _learn(self, body: bytes) -> None:
        """Store possible message ids of a reply, so that their status queries are relayed too."""
        with self._lock:
            for name in _ID.findall(body.decode("latin-1"))[-_MAX_IDS_OF_REPLY:]:
                self._ids[name] = None
            while len(self._ids) > _MAX_IDS:
                del self._ids[next(iter(self._ids))]


def _target(request: RawRequest) -> str:
    path = quote_from_bytes(request.path.encode(), safe="/")
    return f"{path}?{quote_from_bytes(request.query, safe=_IN_URL)}" if request.query else path


def _headers(request: RawRequest) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw, value in request.headers:
        name = raw.decode("latin-1")
        if name.lower() not in _NOT_PASSED_ON:
            before = f"{headers[name]}, " if name in headers else ""
            headers[name] = before + value.decode("latin-1")
    return headers
