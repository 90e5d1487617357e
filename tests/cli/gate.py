"""A TCP forwarder before a server, which counts the connections."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

from tests.client.forward_proxy import pump

if TYPE_CHECKING:
    import ssl


class Gate:
    """A forwarder before a server, on request with TLS, which counts the connections."""

    def __init__(self, base_url: str, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        host, _, port = base_url.removeprefix("http://").partition(":")
        self._server = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.arrived = self.shook_hands = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.arrived += 1
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        if self._tls is not None:
            try:
                client = self._tls.wrap_socket(client, server_side=True)
            except OSError:
                client.close()
                return
            self.shook_hands += 1
        with client, socket.create_connection(self._server) as server:
            back = threading.Thread(target=pump, args=(server, client), daemon=True)
            back.start()
            pump(client, server)
            back.join(timeout=10)

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)
