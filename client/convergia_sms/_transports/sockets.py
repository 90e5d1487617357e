"""Sockets with a deadline: connecting, writing and reading never outlast the call."""

from __future__ import annotations

import io
import os
import socket
import ssl
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from convergia_sms._timeouts import Timeout
    from convergia_sms._transports.endpoint import Endpoint, Proxy

_MAX_TUNNEL_REPLY = 16_384


class DeadlineError(TimeoutError):
    """The whole call's time is up."""


class Stream:
    """One exchange's view of a socket: each operation gets what is left of the time.

    Args:
        sock: connected.
        pause: seconds without a byte after which writing and reading give up.
        deadline: on the clock of `time.monotonic`.
    """

    def __init__(self, sock: socket.socket, pause: float, deadline: float) -> None:
        self._sock = sock
        self._pause = pause
        self._deadline = deadline
        self._reader: _Reader | None = None

    @property
    def encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return isinstance(self._sock, ssl.SSLSocket)

    @property
    def drained(self) -> bool:
        """Whether, at its close, the reader held nothing beyond the reply."""
        return self._reader is not None and self._reader.drained

    def send(self, data: memoryview) -> int:
        """Write some of `data`; how much."""
        self._sock.settimeout(_left(self._deadline, self._pause))
        return self._sock.send(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The reading side, as `http.client` asks for it."""
        self._reader = _Reader(_Raw(self._sock, self._pause, self._deadline))
        return self._reader


class _Raw(io.RawIOBase):
    """Reads a socket, asking before each read how much time is left."""

    def __init__(self, sock: socket.socket, pause: float, deadline: float) -> None:
        self._sock = sock
        self._pause = pause
        self._deadline = deadline
        self.finished = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        if self.finished:
            return 0
        self._sock.settimeout(_left(self._deadline, self._pause))
        try:
            return self._sock.recv_into(buffer)
        except TimeoutError:
            late = time.monotonic() >= self._deadline
        raise DeadlineError if late else TimeoutError


class _Reader(io.BufferedReader):
    """Knows, once closed, whether it had read ahead of what was wanted."""

    def __init__(self, raw: _Raw) -> None:
        super().__init__(raw, 16_384)
        self._source = raw
        self.drained = False

    def close(self) -> None:
        if not self.closed:
            self._source.finished = True
            self.drained = not self.peek(1)
        super().close()


def connect(endpoint: Endpoint, timeout: Timeout, deadline: float) -> socket.socket:
    """A connection to the endpoint: name, TCP, the proxy's tunnel and TLS, all in time.

    (A name's look-up is the one step that the operating system does not let be cut short.)

    Raises:
        OSError: there is none; `described` says why in words that hold no secret.
    """
    until = min(deadline, time.monotonic() + timeout.connect)
    way = endpoint.proxy or endpoint
    sock = _tcp(way.host, way.port, until)
    try:
        if endpoint.tls is None:
            return sock
        if endpoint.proxy is not None:
            _open_tunnel(sock, endpoint, endpoint.proxy, until)
        sock.settimeout(_left(until))
        return endpoint.tls.wrap_socket(sock, server_hostname=endpoint.host)
    except BaseException:
        sock.close()
        raise


def _tcp(host: str, port: int, until: float) -> socket.socket:
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        addresses = []
    failure: OSError = socket.gaierror(socket.EAI_NONAME, "no such name")
    for family, kind, protocol, _, address in addresses:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(_left(until))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


def _open_tunnel(sock: socket.socket, endpoint: Endpoint, proxy: Proxy, until: float) -> None:
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    lines = [f"CONNECT {host}:{endpoint.port} HTTP/1.1", f"Host: {host}:{endpoint.port}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    sock.settimeout(_left(until))
    sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
    # Byte by byte at the end: what follows the empty line is TLS and not ours to take.
    reply = bytearray()
    while not reply.endswith(b"\r\n\r\n"):
        sock.settimeout(_left(until))
        byte = sock.recv(1)
        reply += byte
        if not byte or len(reply) > _MAX_TUNNEL_REPLY:
            raise ConnectionError("the proxy opened no tunnel")
    status = reply[:15].decode("latin-1").partition(" ")[2][:3]
    if status != "200":
        raise ConnectionError(f"the proxy opened no tunnel: HTTP {status}")


def is_alive(sock: socket.socket) -> bool:
    """Whether an idle connection is still open and silent, so that a request may go out on it."""
    try:
        sock.setblocking(False)
        # The plain read, under TLS too: it asks whether there is anything, not what.
        socket.socket.recv(sock, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def described(error: Exception) -> str:
    """Why it failed, in words that hold neither URL nor data."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    if isinstance(error, TimeoutError):
        return "no time left" if isinstance(error, DeadlineError) else "timed out"
    if isinstance(error, socket.gaierror):
        return "the host's name cannot be resolved"
    if isinstance(error, OSError):
        # By number: the event loop puts its own words, and the address, into the text.
        if error.errno:
            return os.strerror(error.errno)
        return str(error) if type(error) is ConnectionError else "closed"
    return type(error).__name__


def _left(until: float, at_most: float | None = None) -> float:
    """Seconds until then, at most so many.

    Raises:
        DeadlineError: none.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise DeadlineError
    return left if at_most is None else min(left, at_most)
