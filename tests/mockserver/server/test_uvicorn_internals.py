"""Tests of internals of uvicorn, httptools and starlette on which the mock server relies.

None of it is their public interface. A version that changes it must fail here, by name, before it
fails on a socket. The ceilings in pyproject.toml are raised when these tests pass.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import httptools
import pytest
import uvicorn
from convergia_mockserver.server.protocol import GatewayProtocol
from convergia_mockserver.server.uvicorn_server import GatewayServer
from starlette.routing import Mount
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

if TYPE_CHECKING:
    from collections.abc import Iterator

OVERRIDDEN = (
    *("__init__", "data_received", "on_message_begin", "on_headers_complete", "on_body"),
    *("on_message_complete", "send_400_response", "_unset_keepalive_if_required"),
    *("on_response_complete", "timeout_keep_alive_handler", "connection_lost"),
)
# Read or set by our protocol, and made by uvicorn's `__init__` or `connection_made`.
ATTRIBUTES = (
    *("app", "client", "cycle", "flow", "headers", "loop", "parser", "pipeline", "scheme"),
    *("server", "server_state", "timeout_keep_alive", "timeout_keep_alive_task", "transport"),
    *("expect_100_continue", "scope", "url"),
)


class Transport(asyncio.Transport):
    """A transport that discards everything."""

    def write(self, data: Any) -> None: ...
    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...


@pytest.fixture
def connection() -> Iterator[HttpToolsProtocol]:
    loop = asyncio.new_event_loop()
    config = uvicorn.Config(_app, ws="none", lifespan="off")
    config.load()
    protocol = HttpToolsProtocol(config, ServerState(), {}, loop)
    protocol.connection_made(Transport())
    yield protocol
    loop.close()


async def _app(_scope: Any, _receive: Any, _send: Any) -> None: ...


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_uvicorns_protocol_has_each_method_that_ours_overrides(name: str) -> None:
    theirs = inspect.signature(vars(HttpToolsProtocol)[name])
    ours = inspect.signature(vars(GatewayProtocol)[name])
    assert list(theirs.parameters) == list(ours.parameters)


def test_uvicorns_protocol_has_each_attribute_that_ours_uses(
    connection: HttpToolsProtocol,
) -> None:
    connection.on_message_begin()
    assert [name for name in ATTRIBUTES if not hasattr(connection, name)] == []


def test_uvicorn_starts_pipelined_requests_by_cycle_and_app() -> None:
    parameters = inspect.signature(HttpToolsProtocol._start_asgi_task).parameters
    assert list(parameters) == ["self", "cycle", "app"]
    assert "response_complete" in inspect.getsource(RequestResponseCycle.__init__)


def test_uvicorns_status_lines_end_with_crlf() -> None:
    assert STATUS_LINE[200] == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("name", ["serve", "startup", "main_loop", "capture_signals"])
def test_uvicorns_server_has_each_method_that_ours_overrides(name: str) -> None:
    theirs = inspect.signature(vars(uvicorn.Server)[name])
    assert list(theirs.parameters) == list(inspect.signature(vars(GatewayServer)[name]).parameters)


def test_uvicorns_server_stops_by_flags_and_ticks() -> None:
    server = uvicorn.Server(uvicorn.Config(_app))
    assert (server.should_exit, server.force_exit) == (False, False)
    assert inspect.iscoroutinefunction(server.on_tick)
    assert server.config.get_loop_factory() is not None


def test_the_parser_reports_keep_alive_and_upgrade() -> None:
    class Seen:
        def __init__(self) -> None:
            self.headers: list[tuple[bytes, bytes]] = []
            self.flags: list[tuple[bool, bool]] = []

        def on_header(self, name: bytes, value: bytes) -> None:
            self.headers.append((name, value))

        def on_message_complete(self) -> None:
            self.flags.append((parser.should_keep_alive(), parser.should_upgrade()))

    seen = Seen()
    parser = httptools.HttpRequestParser(seen)
    parser.feed_data(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    parser.feed_data(b"GET /x HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert seen.headers == [(b"Host", b"a"), (b"Connection", b"close")]
    assert (parser.get_method(), parser.get_http_version()) == (b"GET", "1.1")
    assert seen.flags == [(True, False), (False, False)]


def test_an_exception_in_a_callback_ends_the_parsing() -> None:
    class Refusing:
        def on_headers_complete(self) -> None:
            raise ValueError

    with pytest.raises(httptools.HttpParserError):
        httptools.HttpRequestParser(Refusing()).feed_data(b"GET / HTTP/1.1\r\n\r\n")


async def test_starlette_passes_what_the_server_put_into_the_scope() -> None:
    seen: dict[str, object] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    scope = {
        "type": "http",
        "path": "/__admin/x",
        "root_path": "/__admin",
        "method": "GET",
        "headers": [],
        "convergia.space": "ci",
    }
    await Mount("", app)(scope, None, None)  # type: ignore[arg-type]
    assert (seen["convergia.space"], seen["root_path"]) == ("ci", "/__admin")
