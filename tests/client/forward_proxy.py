"""An HTTP proxy for tests: it forwards, opens tunnels, and counts what goes through it."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading


class ForwardProxy:
    """Forward requests with whole URLs and open tunnels, for those who know its password.

    Attributes:
        asked: the first line of each request.
        dialled: the connections made for them.
        url: the proxy's URL, credentials included.
    """

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.asked: list[str] = []
        self.dialled = 0
        self.wanted = "Basic " + base64.b64encode(b"user:p@ss").decode()
        self.url = f"http://user:p%40ss@127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(client,), daemon=True).start()

    def talk(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            data = b""
            while b"\r\n\r\n" not in data:
                piece = client.recv(65_536)
                if not piece:
                    return
                data += piece
            head, _, rest = data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            self.asked.append(lines[0])
            if f"proxy-authorization: {self.wanted}".lower() not in [e.lower() for e in lines]:
                client.sendall(b"HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n")
                return
            method, target, _ = lines[0].split(" ")
            authority = target if method == "CONNECT" else target.split("/")[2]
            host, _, port = authority.rpartition(":")
            self.dialled += 1
            with socket.create_connection((host, int(port))) as upstream:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Go ahead\r\nVia: test\r\n\r\n")
                else:
                    lines[0] = lines[0].replace(f"http://{authority}", "", 1)
                    kept = [e for e in lines if not e.lower().startswith("proxy-")]
                    # One request a connection: the next one has another head to rewrite.
                    kept.append("Connection: close")
                    upstream.sendall("\r\n".join([*kept, "", ""]).encode("latin-1") + rest)
                back = threading.Thread(target=pump, args=(upstream, client), daemon=True)
                back.start()
                pump(client, upstream)
                back.join(timeout=10)

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(timeout=10)


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy bytes until the source ends, or breaks."""
    with contextlib.suppress(OSError):
        try:
            while piece := source.recv(65_536):
                sink.sendall(piece)
        finally:
            sink.shutdown(socket.SHUT_WR)
