"""The latest sends, to detect resends."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.calls import Resend

if TYPE_CHECKING:
    from convergia_mockserver.gateway.faults import FaultKind

    from .stored import StoredMessage

_REMEMBERED = 10_000


class RecentSends:
    """The latest 10,000 sends, by the digest of their arguments. Not thread-safe."""

    def __init__(self) -> None:
        # Keyed by digest, because a text or a reference may be a megabyte long.
        self._sends: OrderedDict[bytes, tuple[str, float, FaultKind | None]] = OrderedDict()

    def remember(
        self, stored: StoredMessage, now: float, lost_by: FaultKind | None
    ) -> Resend | None:
        """Add a send. Return the earlier send that it repeats, or None.

        Args:
            stored: the accepted message.
            now: the time by the clock of the space.
            lost_by: the fault that hides the answer from the sender, if any.
        """
        sends = self._sends
        key = _digest(stored)
        before = sends.pop(key, None)
        sends[key] = (stored.id, now, lost_by)
        if len(sends) > _REMEMBERED:
            sends.popitem(last=False)
        if before is None:
            return None
        return Resend(before[0], max(0.0, now - before[1]), before[2])

    def clear(self) -> None:
        """Forget all sends."""
        self._sends.clear()


def _digest(stored: StoredMessage) -> bytes:
    """Return a digest of account, number, text and extra, each with its length before it."""
    digest = blake2b(digest_size=16)
    for part in (stored.account, stored.number, stored.text, stored.extra):
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    return digest.digest()
