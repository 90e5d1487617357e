"""Sessions of logged-in visitors. They are kept on the server, and the browser has only a token.

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
    """The session of a logged-in visitor.

    Attributes:
        token: the random value of the browser's cookie.
        space: the only space in which the session is valid.
        account: the account's name.
        password: the account's password, which is used to send test messages.
        seen: the time of its last use, by a monotonic clock.
        grant: the permissions of the visitor's admin token, if one was given.
        notices: notices that the next page shows once.
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
    """A notice that is shown once.

    Attributes:
        key: the key of its text in the catalogue.
        values: the values to insert into the text.
        bad: True if an action failed.
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
        """Create a session with a new token, even if the browser already has one."""
        session = PortalSession(
            secrets.token_urlsafe(32), space, account, password, self._monotonic(), grant
        )
        with self._lock:
            if len(self._sessions) >= _MAX_SESSIONS:
                # Every use moves a session to the end, so the first has been idle longest.
                del self._sessions[next(iter(self._sessions))]
            self._sessions[session.token] = session
        return session

    def find(self, token: str | None, space: str) -> PortalSession | None:
        """Return the session with this token, if it is valid in the space. Otherwise None."""
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
        """Return True if the session is still open. This does not count as a use."""
        with self._lock:
            return self._sessions.get(session.token) is session

    def close(self, session: PortalSession) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(session.token, None)


class FormTokens:
    """Tokens that show that our own page made a form: keyed hashes of the visitor's cookie."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def make(self, cookie: str) -> str:
        """Return the token for a cookie."""
        return hmac.new(self._key, cookie.encode(), hashlib.sha256).hexdigest()

    def good(self, token: str, cookie: str | None) -> bool:
        """Return True if the token belongs to the cookie."""
        if not cookie:
            return False
        return hmac.compare_digest(token.encode(), self.make(cookie).encode())
