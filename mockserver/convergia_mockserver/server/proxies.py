"""What a reverse proxy says about a request: who sent it, over what, and below which path.

Believed from trusted addresses alone, since any client can send these headers.
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
    """An address or a path of a reverse proxy that cannot be."""


class Origin(NamedTuple):
    """Where a request came from.

    Attributes:
        address: the IP address of its sender.
        scheme: `http` or `https`, as the sender used it.
        prefix: the path below which the proxy shows this server; empty for none.
    """

    address: str
    scheme: str
    prefix: str


class Proxies:
    """The reverse proxies before a server.

    Args:
        trusted: their addresses, or networks of them.
        root_path: the path below which they show this server, unless a header says so.

    Raises:
        ProxyError: one of these cannot be.
    """

    def __init__(self, trusted: Iterable[str] = (), root_path: str = "") -> None:
        try:
            self._trusted = [ipaddress.ip_network(each) for each in trusted]
        except ValueError as error:
            raise ProxyError(
                f"A trusted proxy is an address or a network, such as 10.0.0.0/8: {error}."
            ) from None
        self.root_path: str = root_path.rstrip("/")
        if self.root_path and _prefix(self.root_path) is None:
            raise ProxyError(f"{root_path!r} is not a path such as /sms.")

    def origin(self, peer: str, scheme: str, headers: Iterable[tuple[bytes, bytes]]) -> Origin:
        """Return where a request came from.

        Args:
            peer: the address that the connection came from.
            scheme: the connection's.
            headers: of the request, names in lower case.
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
        """Return the last address that no trusted proxy has: those before it may be made up."""
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
    """Return an address without its port and brackets; None if it is not one."""
    bare = text.rpartition(":")[0] if text.count(":") == 1 or "]:" in text else text
    try:
        return str(ipaddress.ip_address(bare.strip("[]")))
    except ValueError:
        return None


def _prefix(text: str) -> str | None:
    return text if len(text) <= _LONGEST and (not text or _PREFIX.fullmatch(text)) else None
