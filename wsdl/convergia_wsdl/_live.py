"""Keep programs from the live, paid gateway: CONVERGIA_FORBID_LIVE.

The guard belongs to the process, not to a client's settings. Whatever opens a connection asks it,
each time, so that a test run can forbid the gateway to code that it does not know.
"""

from __future__ import annotations

import os
from functools import cache
from urllib.parse import urlsplit

from ._guide import load_guide

FORBID_LIVE = "CONVERGIA_FORBID_LIVE"
_ALLOWED = frozenset({"", "0", "false", "no", "off"})


@cache
def live_hosts() -> frozenset[str]:
    """Return the names of the hosts that the guide gives, in lower case."""
    guide = load_guide()
    return frozenset(urlsplit(url).hostname or "" for url in (guide.base_url, guide.portal_url))


def is_live(host: str) -> bool:
    """Return True for a host of the guide. Case and a dot at the end do not matter."""
    return host.rstrip(".").lower() in live_hosts()


def live_url_blocked(url: str) -> str | None:
    """Return why nothing may be sent to a URL's host; None if it may. See `live_blocked`."""
    return live_blocked(urlsplit(url).hostname or "")


def live_blocked(host: str) -> str | None:
    """Return why nothing may be sent to a host; None if it may.

    CONVERGIA_FORBID_LIVE is read at each call. Any value but an empty one, `0`, `false`, `no` and
    `off` forbids the guide's hosts: a misspelt value must not open the way.

    Args:
        host: a name or an address, without a port.
    """
    if os.environ.get(FORBID_LIVE, "").strip().lower() in _ALLOWED or not is_live(host):
        return None
    return f"{FORBID_LIVE} is set, and {host} is the live gateway: no request was made"
