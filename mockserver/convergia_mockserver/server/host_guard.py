"""Protection of the admin API and the portal against pages of other sites.

A page of another site can point its own name at this machine (DNS rebinding) or post a form. To
prevent this, the Host must be an address, `localhost` or an allowed name, and an Origin must be
this server. The gateway's own paths are open, as on the real gateway.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable


class HostGuard:
    """A check of the Host and Origin headers.

    Args:
        allowed: host names that are allowed besides addresses and `localhost`.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(name.lower().rstrip(".") for name in allowed)

    def objection(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """Return the reason why the request is refused, with the cure. None if it is not."""
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1:
            return "a request must have exactly one Host header"
        host = hosts[0].decode("latin-1")
        name = _hostname(host)
        if name is None or not self._is_ours(name):
            return (
                f"{host[:200]!r} is not a name of this server: use its address or localhost, or"
                " start it with --allow-host NAME"
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
