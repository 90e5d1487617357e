"""uvicorn's HTTP protocol, with the connection left in the scope and the headers bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .app import TRANSPORT

if TYPE_CHECKING:
    from .asgi import Scope

MAX_HEADER_BYTES = 64 * 1024
MAX_URL_BYTES = 64 * 1024


class GatewayProtocol(HttpToolsProtocol):
    """One connection."""

    def on_message_begin(self) -> None:
        """A request starts."""
        super().on_message_begin()
        cast("Scope", self.scope)[TRANSPORT] = self.transport
