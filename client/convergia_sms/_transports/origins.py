"""Transports by origin, for callers of more than one."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from convergia_sms._locks import ProcessLock

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_sms._transports.blocking import BlockingTransport
    from convergia_sms._transports.endpoint import Location

# The most origins whose connections are kept. A client uses one or two.
_MAX_ORIGINS = 32


class Origins:
    """The blocking transports of the origins used most recently."""

    def __init__(self, make: Callable[[str], BlockingTransport]) -> None:
        self._make = make
        self._lock = ProcessLock()
        self._kept: OrderedDict[str, BlockingTransport] = OrderedDict()

    def to(self, place: Location) -> BlockingTransport:
        """Return the transport to a location, which is created on first use."""
        with self._lock.own():
            kept = self._kept.get(place.origin)
            if kept is not None:
                self._kept.move_to_end(place.origin)
                return kept
        made = self._make(place.origin)
        with self._lock.own():
            kept = self._kept.setdefault(place.origin, made)
            if len(self._kept) > _MAX_ORIGINS:
                self._kept.popitem(last=False)  # exchanges under way there still finish
        return kept

    def close(self) -> None:
        """Close all transports."""
        with self._lock.own():
            kept, self._kept = self._kept, OrderedDict()
        for transport in kept.values():
            transport.close()
