"""Keeps other sites' pages away from the control and the portal.

A page from elsewhere can point its own name at this machine (DNS rebinding) or post a form here.
Neither gets past this: the Host must be an address, `localhost` or a name that was allowed, and an
Origin must be this server itself. The gateway's own paths stay open, as the real one's are.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable


class HostGuard:
    """Says whether a request comes from somebody who means this server.

    Args:
        allowed: host names to let in beside addresses and `localhost`.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(name.lower().rstrip(".") for name in allowed)

    def objection(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """Why the request is refused, and what helps; None when it is not."""
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1:
            return "a request has one Host header"
        host = hosts[0].decode("latin-1")
        name = _hostname(host)
        if name is None or not self._is_ours(name):
            return (
                f"{host[:200]!r} is no name of this server: call it by its address or as localhost,"
                " or start it with --allow-host NAME"
            )
        for header, value in headers:
            if header == b"origin" and not _is_origin(value.decode("latin-1"), host):
                return "requests from other sites' pages are refused"
            if header == b"sec-fetch-site" and value == b"cross-site":
                return "requests from other sites' pages are refused"
        return None

    def _is_ours(self, name: str) -> bool:
        if name in self._allowed or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _hostname(host: str) -> str | None:
    try:
        parts = urlsplit(f"//{host}")
        valid = parts.netloc == host and parts.port != 0
    except ValueError:
        return None
    if not valid or "@" in host or not parts.hostname:
        return None
    return parts.hostname.rstrip(".")


def _is_origin(origin: str, host: str) -> bool:
    return origin.lower() in {f"http://{host.lower()}", f"https://{host.lower()}"}
