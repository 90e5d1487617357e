"""The ASGI app, which answers the gateway's paths itself and mounts other apps on first use."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from convergia_mockserver.faces.paths import split_space
from convergia_mockserver.faces.wire import RawRequest
from convergia_mockserver.gateway.world import DEFAULT_SPACE, SpaceNameError, check_name

from .body_budget import BodyBudget
from .connection_faults import break_connection, disconnected, pause
from .connection_limits import ConnectionLimits
from .host_guard import HostGuard
from .mounts import Mounts
from .proxies import Proxies
from .refusals import is_shortage, plain, shortage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.types import Message, Receive, Scope, Send

    from convergia_mockserver.faces.wire import Reply

    from .access import Denial
    from .dispatch import Dispatcher, Outcome
    from .mounts import Mount

# The key in the scope under which the protocol stores the connection, for faults.
TRANSPORT = "convergia.transport"
# The key in the scope under which mounted apps find the space in the URL, or "default".
SPACE = "convergia.space"
# The key under which they find an asyncio.Event that is set when the server stops, so that endless
# streams can end.
CLOSING = "convergia.closing"
_ASK_FOR_TOKEN = (b"www-authenticate", b'Bearer realm="convergia mock server"')


class MockServerApp:
    """The ASGI app of a server, which runs on one event loop.

    Attributes:
        dispatcher: the dispatcher, which answers the gateway's paths.
        max_body: the largest size of a request's body, in bytes. A larger one gets 413.
        limits: the limits of connections.
        bodies: the memory that incomplete bodies may take together.
        closing: an event that is set when the server stops, which ends delays, silences and slow
            replies.

    Args:
        dispatcher: as above.
        mounts: the apps that are served besides the gateway.
        max_body: as above.
        limits: as above.
        allowed_hosts: the host names that requests to mounted apps may use.
        proxies: the trusted reverse proxies before the server.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        mounts: Sequence[Mount] = (),
        *,
        max_body: int,
        limits: ConnectionLimits | None = None,
        allowed_hosts: Iterable[str] = (),
        proxies: Proxies | None = None,
    ) -> None:
        self.dispatcher = dispatcher
        self.max_body = max_body
        self.limits: ConnectionLimits = limits or ConnectionLimits()
        self.bodies: BodyBudget = BodyBudget()
        self._mounts = Mounts(dispatcher, mounts)
        self.proxies: Proxies = proxies or Proxies()
        self._guard = HostGuard(allowed_hosts)
        self.closing: asyncio.Event = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            raise RuntimeError(f"this server supports only HTTP, not {scope['type']}")
        origin = self.proxies.origin(
            _peer(scope), scope["scheme"], cast("list[tuple[bytes, bytes]]", scope["headers"])
        )
        # The port of a proxy's client is unknown.
        scope = {**scope, "client": (origin.address, 0), "scheme": origin.scheme}
        prefix, space, path = split_space(cast("str", scope["path"]))
        if path not in self.dispatcher.faces:
            scope = {**scope, SPACE: space or DEFAULT_SPACE, CLOSING: self.closing}
            await self._elsewhere(scope, receive, send, (origin.prefix, prefix), path)
            return
        try:
            body = await read_body(receive, self.max_body)
        except ConnectionError:
            return
        if body is None:
            await send_reply(plain(413, f"the body must have at most {self.max_body} bytes"), send)
            return
        request = raw_request(scope, origin.prefix + prefix, path, body)
        outcome = await self.dispatcher.pass_on(request, space)
        if outcome is None:
            outcome = self.dispatcher.handle(request, space)
        await finish(outcome, scope, receive, send, self.closing)

    async def _elsewhere(
        self, scope: Scope, receive: Receive, send: Send, above: tuple[str, str], path: str
    ) -> None:  # fmt: skip
        public, prefix = above
        mount = self._mounts.find(path)
        if mount is None:
            await send_reply(plain(404, "nothing here; the gateway is at / and below"), send)
            return
        headers = cast("list[tuple[bytes, bytes]]", scope["headers"])
        objection = self._guard.objection(headers)
        if objection is not None:
            await send_reply(mount.refuse(403, objection), send)
            return
        try:
            check_name(cast("str", scope[SPACE]))
        except SpaceNameError as error:
            await send_reply(mount.refuse(404, str(error)), send)
            return
        denial = self._denial(mount, scope, path, headers)
        if denial is not None:
            reply = mount.refuse(denial.status, denial.text)
            if denial.status == 401:  # noqa: PLR2004
                reply = replace(reply, headers=(*reply.headers, _ASK_FOR_TOKEN))
            await send_reply(reply, send)
            return
        root = public + prefix + mount.prefix
        # ASGI: a path includes the root path.
        scope = {**scope, "root_path": root, "path": public + cast("str", scope["path"])}
        try:
            app = await self._mounts.app(mount)
        except OSError as error:
            if not is_shortage(error):
                raise
            await send_reply(mount.refuse(503, shortage(error)), send)
            return
        try:
            await app(scope, receive, send)
        except RuntimeError:
            transport = cast("asyncio.Transport | None", scope.get(TRANSPORT))
            if transport is None or not transport.is_closing():
                raise
            # The client disconnected, or broke the protocol, before its reply was written.

    def _denial(
        self, mount: Mount, scope: Scope, path: str, headers: list[tuple[bytes, bytes]]
    ) -> Denial | None:
        access = self.dispatcher.access
        if access is None or not mount.asks:
            return None
        # A path that is mounted elsewhere (/metrics) has the same name in the admin API.
        below = path.removeprefix("/__admin")
        return access.denial(
            cast("str", scope["method"]), below, cast("str", scope[SPACE]), headers
        )


async def finish(
    outcome: Outcome, scope: Scope, receive: Receive, send: Send, closing: asyncio.Event
) -> None:
    """Send an outcome after its delay, with its fault of the connection."""
    if outcome.delay:
        await pause(closing, outcome.delay)
    if outcome.fault is not None:
        transport = cast("asyncio.Transport", scope[TRANSPORT])
        if await break_connection(outcome.fault, outcome.reply, transport, send, closing):
            await disconnected(receive)
            return
    await send_reply(outcome.reply, send)


def _peer(scope: Scope) -> str:
    client = cast("tuple[str, int] | None", scope["client"])
    return client[0] if client else "127.0.0.1"


def raw_request(scope: Scope, prefix: str, path: str, body: bytes) -> RawRequest:
    """Return a request in the form for the faces."""
    headers = cast("list[tuple[bytes, bytes]]", scope["headers"])
    return RawRequest(
        method=cast("str", scope["method"]),
        path=path,
        query=cast("bytes", scope["query_string"]),
        headers=tuple(headers),
        body=body,
        address=_peer(scope),
        scheme=cast("str", scope["scheme"]),
        host=host_of(headers, cast("tuple[str, int | None] | None", scope["server"])),
        prefix=prefix,
    )


def host_of(headers: Iterable[tuple[bytes, bytes]], server: tuple[str, int | None] | None) -> str:
    """Return the Host header, or without one (HTTP/1.0) the server's address."""
    for name, value in headers:
        if name == b"host":
            return value.decode("latin-1")
    if server is None:
        return ""
    address, port = server
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """Return the whole body. None if it is larger than the limit.

    Raises:
        ConnectionError: if the client disconnects before it has sent the whole body.
    """
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client disconnected")
        part = cast("bytes", message.get("body", b""))
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
        more = bool(message.get("more_body"))
    return b"".join(parts)


async def send_reply(reply: Reply, send: Send) -> None:
    """Send a whole reply."""
    headers = [*reply.headers, (b"content-length", b"%d" % len(reply.body))]
    start: Message = {
        "type": "http.response.start",
        "status": reply.status,
        "headers": headers,
    }
    await send(start)
    await send({"type": "http.response.body", "body": reply.body})
