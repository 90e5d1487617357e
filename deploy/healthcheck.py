"""Exit with 0 if the server in this container answers that it is well, otherwise with 1.

    python3 healthcheck.py mockserver
    python3 healthcheck.py worker

The Containerfile runs it as the image's health check. It needs nothing but Python. A port or TLS
must be given to the mock server by environment variables, since this command does not see options.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import sys

TIMEOUT = 5.0
WORKER_PORT = 9464
PREFIX = "CONVERGIA_MOCKSERVER_"


def answers(connection: http.client.HTTPConnection, path: str) -> bool:
    """Return True if a GET is answered with 200."""
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    finally:
        connection.close()


def is_set(option: str) -> bool:
    """Return True if the mock server's option is switched on by its variable."""
    return os.environ.get(PREFIX + option, "").lower() not in {"", "0", "false", "no", "off"}


def mock_server_is_well() -> bool:
    """Return True if the mock server answers as it should."""
    port = int(os.environ.get(PREFIX + "PORT") or 8181)
    if is_set("TLS_CLIENT_CA"):
        # It answers only clients that have a certificate, so see whether it listens.
        socket.create_connection(("127.0.0.1", port), TIMEOUT).close()
        return True
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    if is_set("TLS_CERT") or is_set("TLS_SELF_SIGNED"):
        # On loopback, and no secret is sent. The certificate bears the name that others use.
        unverified = ssl._create_unverified_context()  # noqa: S323, SLF001
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=TIMEOUT, context=unverified
        )
    return answers(connection, "/__admin/health")


def worker_is_well() -> bool:
    """Return True if the worker does its turns."""
    connection = http.client.HTTPConnection("127.0.0.1", WORKER_PORT, timeout=TIMEOUT)
    return answers(connection, "/healthz")


CHECKS = {"mockserver": mock_server_is_well, "worker": worker_is_well}


def main() -> int:
    """Run the check that the command line names, and return the exit code."""
    try:
        well = CHECKS[sys.argv[1]]()
    except (OSError, http.client.HTTPException) as error:
        print(f"{sys.argv[1]}: {error}", file=sys.stderr)
        return 1
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
