"""The server itself: its health, its settings, its metrics."""

from __future__ import annotations

from importlib.metadata import version

import msgspec
from convergia_wsdl import Profile

from .endpoints import Context, Group
from .problems import ProblemError

SERVER = Group("Server")


_RELEASE = version("convergia-sms")


class Health(msgspec.Struct, frozen=True):
    """The server answers, and what it accepts is kept where it should be.

    Attributes:
        status: `ok`.
        version: of convergia-sms.
        spaces: how many there are.
    """

    status: str
    version: str
    spaces: int


@SERVER.get("/health", errors=(503,))
def get_health(context: Context) -> Health:
    """Tell that the server answers. 503 when the last write to the file of `--db` failed."""
    failure = context.world.storage_failure
    if failure is not None:
        raise ProblemError(503, f"nothing can be kept: {failure}")
    return Health("ok", _RELEASE, len(context.world.names))


@SERVER.get("/settings")
def get_settings(context: Context) -> Profile:
    """Show the profile in force: every assumption about the gateway."""
    return context.world.profile


@SERVER.get("/metrics", media_type="text/plain")
def get_metrics(context: Context) -> str:
    """Count requests, messages and spaces, in Prometheus' text format; at `/metrics` too."""
    from .metrics import exposition

    return exposition(context.world)


@SERVER.get("/ca.pem", media_type="application/x-pem-file", errors=(404,))
def get_authority(context: Context) -> str:
    """Download the authority of the certificate that the server made for itself.

    404 unless it was started with `--tls-self-signed`. `--tls-ca-out FILE` writes it to a file.
    """
    if context.dispatcher.ca_pem is None:
        raise ProblemError(404, "this server made no certificate; see --tls-self-signed")
    return context.dispatcher.ca_pem
