"""The recording proxy, which passes a session on to a gateway and records it."""

from __future__ import annotations

import http.client
import logging
import socket
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from convergia_mockserver.faces.factory import create_faces
from convergia_mockserver.faces.paths import script
from convergia_mockserver.faces.wire import RawRequest, Reply

from .asking import HOP_BY_HOP, ask
from .entries import (
    RecordedExchange,
    SessionStart,
    kind_of_call,
    kind_of_request,
    recorded_arguments,
)
from .redaction import Redaction
from .replay import with_address
from .request_bodies import UnframedBodyError, read_body

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_wsdl import Guide, Profile


_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.05  # the longest time until the proxy stops


@dataclass(frozen=True, slots=True)
class RecordingSession:
    """The settings of a recording.

    Attributes:
        gateway: the base URL of the gateway.
        output: the file, to which exchanges are appended.
        password: the account's password, which is never written.
        numbers: True to redact numbers.
        texts: True to redact texts and extras.
        timeout: the timeout of each step of a request, in seconds.
    """

    gateway: str
    output: Path
    password: str = field(repr=False)
    numbers: bool = False
    texts: bool = False
    timeout: float = 60.0


class RecordingProxy:
    """The proxy, which runs in threads of its own. Use it as a context manager.

    Args:
        session: the settings of the recording.
        guide: the facts.
        profile: the profile, which determines how requests are read.
        host: the address to listen at.
        port: the port to listen at. 0 for any free port.

    Raises:
        OSError: if the file cannot be written, or the port is in use, or the address is not this
            machine's.
    """

    def __init__(
        self,
        session: RecordingSession,
        guide: Guide,
        profile: Profile,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.session = session
        self._faces = create_faces(guide, profile)
        self._webservice = guide.webservice.path
        self._redaction = Redaction(session.password, numbers=session.numbers, texts=session.texts)
        self._lock = threading.Lock()
        self._start = SessionStart(
            datetime.now(UTC).isoformat(timespec="seconds"),
            session.gateway,
            profile.digest(),
            profile.wsdl_digest(),
        )
        self._started = False
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ][0]
        self._file: IO[bytes] = session.output.open("ab")
        proxy = self

        class Server(ThreadingHTTPServer):
            # The library's default is IPv4 only.
            address_family = family
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
                """Log that a client disconnected, but nothing that it sent."""
                if isinstance(error := sys.exception(), ConnectionError):
                    _log.warning("a client disconnected: %s", type(error).__name__)
                else:
                    super().handle_error(request, client_address)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                proxy.pass_on(self)

            do_POST = do_HEAD = do_PUT = do_GET  # noqa: N815 - the library's names
            do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Log nothing, because request lines hold passwords."""

        try:
            self._server = Server((host, port), Handler)
        except OSError:
            self._file.close()
            raise
        shown = f"[{host}]" if ":" in host else host
        self.base_url: str = f"http://{shown}:{self._server.server_port}"
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        if self._thread is not None:
            self._thread.join()
        self.close()

    def serve(self) -> None:
        """Serve in the calling thread until it is interrupted."""
        self._server.serve_forever()

    def close(self) -> None:
        """Stop listening and close the file."""
        self._server.server_close()
        self._file.close()

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        """Pass a request on to the gateway, once, and record its reply."""
        if not handler.path.startswith("/"):
            target = _target_within(handler.path, self.session.gateway)
            if target is None:
                # A request for another server may hold that server's secrets.
                handler.close_connection = True
                handler.send_error(403, "This recorder only passes requests on to its own gateway")
                return
            handler.path = target
        try:
            body = read_body(handler)
        except UnframedBodyError as error:
            handler.close_connection = True
            handler.send_error(error.status)
            return
        try:
            reply = self._ask(handler, body)
        except (OSError, http.client.HTTPException) as error:
            # The request may have been carried out, so the sender must not get a reply. Log only
            # the type, because the exception may quote the request.
            _log.warning("no reply from the gateway: %s", type(error).__name__)
            handler.close_connection = True
            return
        self._write(handler, body, reply)
        host = handler.headers.get("Host") or urlsplit(self.base_url).netloc
        shown = with_address(reply.body, f"http://{host}{handler.path.partition('?')[0]}")
        handler.send_response_only(reply.status)
        for name, value in reply.headers:
            handler.send_header(name.decode("latin-1"), value.decode("latin-1"))
        handler.send_header("Content-Length", str(len(shown)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(shown)

    def _ask(self, handler: BaseHTTPRequestHandler, body: bytes) -> Reply:
        headers = {
            name: value
            for name, value in handler.headers.items()
            if name.lower() not in HOP_BY_HOP | {"host", "accept-encoding"}
        }
        session = self.session
        return ask(
            session.gateway, handler.command, handler.path, headers, body, timeout=session.timeout
        )

    def _write(self, handler: BaseHTTPRequestHandler, body: bytes, reply: Reply) -> None:
        raw_path, _, query = handler.path.partition("?")
        path = script(unquote(raw_path))
        face = self._faces.get(path)
        if face is None:
            return  # not one of the guide's paths
        request = RawRequest(
            method=handler.command,
            path=path,
            query=query.encode("latin-1"),
            headers=tuple(
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in handler.headers.items()
            ),
            body=body,
        )
        read = face.read(request)
        password = self.session.password
        if isinstance(read, Reply):
            asked, arguments = kind_of_request(request), {}
            if body and request.path == self._webservice:
                _log.warning(
                    "%s: the profile's WSDL lacks this operation: its arguments are not recorded; "
                    "`convergia probe` writes a profile with the gateway's own WSDL, for --profile",
                    asked,
                )
        else:
            asked = kind_of_call(read)
            arguments = recorded_arguments(
                read, password, numbers=self.session.numbers, texts=self.session.texts
            )
            self._redaction.learn(read)
        entry = RecordedExchange(
            asked,
            reply.status,
            tuple(
                (name.decode("latin-1"), self._redaction.apply(value).decode("latin-1"))
                for name, value in reply.headers
                if name.lower() != b"set-cookie"
            ),
            self._redaction.apply(reply.body),
            arguments,
        )
        with self._lock:
            if not self._started:
                self._file.write(msgspec.json.encode(self._start) + b"\n")
                self._started = True
            self._file.write(msgspec.json.encode(entry) + b"\n")
            self._file.flush()


def _target_within(url: str, gateway: str) -> str | None:
    """Return path and query of an absolute URL, relative to the gateway's base URL.

    None if the URL does not belong to the gateway.
    """
    try:
        asked, base = urlsplit(url), urlsplit(gateway)
        same = _origin(asked) == _origin(base)
    except ValueError:
        return None
    if not same or not asked.path.startswith(base.path + "/"):
        return None
    return asked._replace(scheme="", netloc="", path=asked.path[len(base.path) :]).geturl()


def _origin(url: SplitResult) -> tuple[str, str | None, int]:
    return url.scheme, url.hostname, url.port or (443 if url.scheme == "https" else 80)
