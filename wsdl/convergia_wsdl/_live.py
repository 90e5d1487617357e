"""The guard against requests to the live, paid gateway: CONVERGIA_FORBID_LIVE.

The guard belongs to the process, not to a client's settings. All code that opens a connection
checks it each time, so that a test run can forbid the gateway to code that it does not know.
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
    """Return the host names in the guide, in lower case."""
    guide = load_guide()
    return frozenset(urlsplit(url).hostname or "" for url in (guide.base_url, guide.portal_url))


def is_live(host: str) -> bool:
    """Return True for a host of the guide, ignoring case and a final dot."""
    return host.rstrip(".").lower() in live_hosts()


def live_url_blocked(url: str) -> str | None:
    """Return why no request may go to a URL's host, or None. See `live_blocked`."""
    return live_blocked(urlsplit(url).hostname or "")


def live_blocked(host: str) -> str | None:
    """Return why no request may go to a host, or None if it may.

    CONVERGIA_FORBID_LIVE is read at each call. Any value but an empty one, `0`, `false`, `no` and
    `off` forbids the guide's hosts, so that a misspelt value does not allow them.

    Args:
        host: a name or an address, without a port.
    """
    if os.environ.get(FORBID_LIVE, "").strip().lower() in _ALLOWED or not is_live(host):
        return None
    return f"{FORBID_LIVE} is set, and {host} is the live gateway: no request was made"
