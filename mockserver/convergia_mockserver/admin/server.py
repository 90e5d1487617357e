"""Endpoints for the server itself: its health, its settings and its metrics."""

from __future__ import annotations

from importlib.metadata import version

import msgspec
from convergia_wsdl import Profile

from .endpoints import Context, Group
from .problems import ProblemError

SERVER = Group("Server")


_RELEASE = version("convergia-sms")


class Health(msgspec.Struct, frozen=True):
    """The health of a server that answers and can store its data.

    Attributes:
        status: `ok`.
        version: the version of convergia-sms.
        spaces: the number of spaces.
    """

    status: str
    version: str
    spaces: int


@SERVER.get("/health", errors=(503,))
def get_health(context: Context) -> Health:
    """Check that the server works. 503 if the last write to the file of `--db` failed."""
    failure = context.world.storage_failure
    if failure is not None:
        raise ProblemError(503, f"nothing can be stored: {failure}")
    return Health("ok", _RELEASE, len(context.world.names))


@SERVER.get("/settings")
def get_settings(context: Context) -> Profile:
    """Show the profile in force, which holds the assumptions about the gateway."""
    return context.world.profile


@SERVER.get("/metrics", media_type="text/plain")
def get_metrics(context: Context) -> str:
    """Show metrics in Prometheus' text format. They are also at `/metrics`."""
    from .metrics import exposition

    return exposition(context.world)


@SERVER.get("/ca.pem", media_type="application/x-pem-file", errors=(404,))
def get_authority(context: Context) -> str:
    """Download the CA certificate that the server created for its own certificate.

    404 unless it was started with `--tls-self-signed`. `--tls-ca-out FILE` writes it to a file.
    """
    if context.dispatcher.ca_pem is None:
        raise ProblemError(404, "this server did not create a certificate; see --tls-self-signed")
    return context.dispatcher.ca_pem
