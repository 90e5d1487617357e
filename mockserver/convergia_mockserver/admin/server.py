"""The server itself: its health, its settings, its metrics."""

from __future__ import annotations

from importlib.metadata import version

import msgspec
from convergia_wsdl import Profile

from .endpoints import Context, Group

SERVER = Group("Server")


class Health(msgspec.Struct, frozen=True):
    """The server answers.

    Attributes:
        status: `ok`.
        version: of convergia-sms.
        spaces: how many there are.
    """

    status: str
    version: str
    spaces: int


@SERVER.get("/health")
def get_health(context: Context) -> Health:
    """Tell that the server answers."""
    return Health("ok", version("convergia-sms"), len(context.world.names))


@SERVER.get("/settings")
def get_settings(context: Context) -> Profile:
    """Show the profile in force: every assumption about the gateway."""
    return context.world.profile


@SERVER.get("/metrics", media_type="text/plain")
def get_metrics(context: Context) -> str:
    """Count requests, messages and spaces, in Prometheus' text format; at `/metrics` too."""
    from .metrics import exposition

    return exposition(context.world)
