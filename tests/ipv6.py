"""A mark for tests that listen at ::1."""

from __future__ import annotations

import socket

import pytest


def _is_available() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _is_available(), reason="this machine has no IPv6")
