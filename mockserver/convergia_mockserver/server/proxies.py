"""The headers of reverse proxies about a request's sender, scheme and path prefix.

They are only used from trusted addresses, since any client can send these headers.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_PREFIX = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_SCHEMES = frozenset({"http", "https"})
_LONGEST = 200


class ProxyError(ValueError):
    """An address or a path of a reverse proxy is invalid."""


class Origin(NamedTuple):
    """The origin of a request.

    Attributes:
        address: the IP address of its sender.
        scheme: the scheme that the sender used, `http` or `https`.
        prefix: the path under which the proxy shows this server. Empty without one.
    """

    address: str
    scheme: str
    prefix: str


class Proxies:
    """The reverse proxies before a server.

    Args:
        trusted: their addresses or networks.
        root_path: the path under which they show this server, if no header names it.

    Raises:
        ProxyError: if an address or the path is invalid.
    """

    def __init__(self, trusted: Iterable[str] = (), root_path: str = "") -> None:
        try:
            self._trusted = [ipaddress.ip_network(each) for each in trusted]
        except ValueError as error:
            raise ProxyError(
                f"A trusted proxy must be an address or a network, such as 10.0.0.0/8: {error}."
            ) from None
        self.root_path: str = root_path.rstrip("/")
        if self.root_path and _prefix(self.root_path) is None:
            raise ProxyError(f"{root_path!r} must be a path such as /sms.")

    def origin(self, peer: str, scheme: str, headers: Iterable[tuple[bytes, bytes]]) -> Origin:
        """Return the origin of a request.

        Args:
            peer: the IP address of the connection.
            scheme: the scheme of the connection.
            headers: the headers of the request, with names in lower case.
        """
        if not self._trusted or not self._is_trusted(peer):
            return Origin(peer, scheme, self.root_path)
        prefix = self.root_path
        addresses: list[str] = []
        for name, value in headers:
            if name == b"x-forwarded-for":
                addresses += value.decode("latin-1").split(",")
            elif name == b"x-forwarded-proto":
                said = value.decode("latin-1").strip().lower()
                scheme = said if said in _SCHEMES else scheme
            elif name == b"x-forwarded-prefix":
                found = _prefix(value.decode("latin-1").strip().rstrip("/"))
                prefix = prefix if found is None else found
        return Origin(self._sender(peer, addresses), scheme, prefix)

    def _sender(self, peer: str, addresses: list[str]) -> str:
        """Return the last address that is not a trusted proxy's. Earlier ones may be forged."""
        sender = peer
        for each in reversed(addresses):
            address = _address(each.strip())
            if address is None:
                break
            sender = address
            if not self._is_trusted(address):
                break
        return sender

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(parsed in network for network in self._trusted)


def _address(text: str) -> str | None:
    """Return an address without port and brackets. None if it is invalid."""
    bare = text.rpartition(":")[0] if text.count(":") == 1 or "]:" in text else text
    try:
        return str(ipaddress.ip_address(bare.strip("[]")))
    except ValueError:
        return None


def _prefix(text: str) -> str | None:
    return text if len(text) <= _LONGEST and (not text or _PREFIX.fullmatch(text)) else None
