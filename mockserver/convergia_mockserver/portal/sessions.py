"""Who is logged in. Sessions live on the server; the browser holds a random number alone.

Thread-safe.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver.server.access import Grant

_IDLE_SECONDS = 8 * 3600.0
_MAX_SESSIONS = 10_000


@dataclass(slots=True)
class PortalSession:
    """Somebody who logged in.

    Attributes:
        token: what the browser's cookie holds.
        space: the space it is valid in, and in no other.
        account: who.
        password: for test messages, which the gateway's own rules answer.
        seen: when it was last used, by a monotonic clock.
        grant: what the admin token that was given permits, if one was.
        notices: what the next page says once: keys of the catalogue, with what goes into them.
    """

    token: str = field(repr=False)
    space: str
    account: str
    password: str = field(repr=False)
    seen: float
    grant: Grant | None = None
    notices: list[Notice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell once.

    Attributes:
        key: of the catalogue.
        values: what goes into the text.
        bad: whether something did not work.
    """

    key: str
    values: dict[str, str] = field(default_factory=dict)
    bad: bool = False


class Sessions:
    """The sessions of one server.

    Args:
        monotonic: the clock by which an idle session ends.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._sessions: dict[str, PortalSession] = {}

    def open(
        self, space: str, account: str, password: str, grant: Grant | None = None
    ) -> PortalSession:
        """Return a new session under a new number, whatever number the browser came with."""
        session = PortalSession(
            secrets.token_urlsafe(32), space, account, password, self._monotonic(), grant
        )
        with self._lock:
            if len(self._sessions) >= _MAX_SESSIONS:
                # Used ones are put to the end: the first is idle longest.
                del self._sessions[next(iter(self._sessions))]
            self._sessions[session.token] = session
        return session

    def find(self, token: str | None, space: str) -> PortalSession | None:
        """Return the session of that number, where it is valid."""
        now = self._monotonic()
        with self._lock:
            session = self._sessions.get(token or "")
            if session is None or session.space != space:
                return None
            del self._sessions[session.token]
            if now - session.seen > _IDLE_SECONDS:
                return None
            session.seen = now
            self._sessions[session.token] = session
            return session

    def holds(self, session: PortalSession) -> bool:
        """Whether it is still open; asking does not keep it so."""
        with self._lock:
            return self._sessions.get(session.token) is session

    def close(self, session: PortalSession) -> None:
        """Log out."""
        with self._lock:
            self._sessions.pop(session.token, None)


class FormTokens:
    """What a form carries to show that we made it: a keyed hash of the cookie it belongs to."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def make(self, cookie: str) -> str:
        """Return the token for the holder of that cookie."""
        return hmac.new(self._key, cookie.encode(), hashlib.sha256).hexdigest()

    def good(self, token: str, cookie: str | None) -> bool:
        """Return True if a form came from a page that we gave to the holder of that cookie."""
        if not cookie:
            return False
        return hmac.compare_digest(token.encode(), self.make(cookie).encode())
