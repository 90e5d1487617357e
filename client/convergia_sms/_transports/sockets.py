"""Sockets with a deadline: connecting, writing and reading never take longer than the call."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from convergia_sms._transports.http1 import TunnelError, TunnelReader, tunnel_request
from convergia_sms._transports.limits import LATE_LOOKS

if TYPE_CHECKING:
    from convergia_sms._timeouts import Timeout
    from convergia_sms._transports.endpoint import Endpoint, Proxy

_CHUNK = 65_536


class DeadlineError(TimeoutError):
    """Raised if the time of the whole call is up."""


class Stream:
    """A socket during one exchange, whose operations are limited by the remaining time.

    Args:
        sock: a connected socket.
        pause: seconds without a byte after which reading and writing time out.
        deadline: the deadline, on the clock of `time.monotonic`.
    """

    def __init__(self, sock: socket.socket, pause: float, deadline: float) -> None:
        self._sock = sock
        self._pause = pause
        self._deadline = deadline
        self._late_looks = 0

    @property
    def encrypted(self) -> bool:
        """True if the socket uses TLS."""
        return isinstance(self._sock, ssl.SSLSocket)

    def send(self, data: memoryview) -> int:
        """Write a part of `data`, and return its length."""
        self._sock.settimeout(_left(self._deadline, self._pause))
        return self._sock.send(data)

    def send_at_once(self, data: memoryview) -> int:
        """Write as much as possible without waiting, and return its length, which may be 0."""
        self._sock.settimeout(0)
        try:
            return self._sock.send(data)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return 0

    def receive(self, pause: float | None = None) -> bytes:
        """Return the next bytes, empty at the end.

        Data that has already arrived is read even if the time is up, because the process may have
        been suspended.

        Args:
            pause: seconds, instead of the stream's own.

        Raises:
            DeadlineError: the time of the whole call is up.
            TimeoutError: nothing came within `pause`.
        """
        try:
            self._sock.settimeout(_left(self._deadline, self._pause if pause is None else pause))
            return self._sock.recv(_CHUNK)
        except TimeoutError:
            late = time.monotonic() >= self._deadline
        if self._late_looks < LATE_LOOKS:
            self._late_looks += 1
            self._sock.settimeout(0)
            with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return self._sock.recv(_CHUNK)
        raise DeadlineError if late else TimeoutError


def connect(endpoint: Endpoint, timeout: Timeout, deadline: float) -> socket.socket:
    """Return a connection to the endpoint, after DNS, TCP, the proxy's tunnel and TLS.

    Only the DNS lookup cannot be interrupted when the time is up.

    Raises:
        OSError: the connection failed. `described` returns the reason without secrets.
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
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            # Divide the time, so that a dead address leaves time for the others.
            sock.settimeout(_left(until) / (len(addresses) - tried))
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
    sock.settimeout(_left(until))
    sock.sendall(tunnel_request(endpoint, proxy))
    reader, opened = TunnelReader(), False
    while not opened:
        sock.settimeout(_left(until))
        opened = reader.feed(sock.recv(1))


def refuse_green_sockets() -> None:
    """Raise an error if eventlet has replaced Python's sockets.

    Raises:
        RuntimeError: eventlet's sockets lack features for TLS and deadlines, and would fail during
            a call.
    """
    if socket.socket.__module__.partition(".")[0] == "eventlet":
        raise RuntimeError(
            "eventlet has replaced Python's sockets, and its own lack what TLS needs."
            " Use gevent, threads or AsyncClient, or monkey_patch(socket=False)."
        )


def is_alive(sock: socket.socket) -> bool:
    """Return True if an idle connection is still open and has no unread data."""
    try:
        if sock.gettimeout() != 0:
            sock.setblocking(False)
        # Use the plain socket under TLS too: only whether there is data matters.
        socket.socket.recv(sock, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def discard_unsent(sock: socket.socket) -> None:
    """Make close send a reset, so that the kernel discards the rest of an abandoned request."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stays_open(sock: socket.socket, seconds: float) -> bool:
    """Return True if an idle connection stays open and silent for so many seconds."""
    try:
        sock.settimeout(seconds)
        socket.socket.recv(sock, 1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    except OSError:
        return False
    return False


def described(error: Exception) -> str:
    """Return the reason for an error, without URLs or data."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    if isinstance(error, TimeoutError):
        return "no time left" if isinstance(error, DeadlineError) else "timed out"
    if isinstance(error, socket.gaierror):
        return "the host's name cannot be resolved"
    if isinstance(error, OSError):
        # Use the number, because the event loop adds the address to the text.
        if error.errno:
            return os.strerror(error.errno)
        if isinstance(error, TunnelError):
            return "the proxy opened no tunnel" + (f": {error}" if error.args else "")
        return "closed"
    return type(error).__name__


def _left(until: float, at_most: float | None = None) -> float:
    """Return the seconds until `until`, at most `at_most`.

    Raises:
        DeadlineError: there is no time left.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise DeadlineError
    return left if at_most is None else min(left, at_most)
