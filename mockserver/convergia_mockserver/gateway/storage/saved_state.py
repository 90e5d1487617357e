"""What was changed of how a space began, as it is written to a file."""

from __future__ import annotations

import msgspec

from convergia_mockserver.gateway.accounts import Account  # noqa: TC001 - msgspec reads them
from convergia_mockserver.gateway.messages import Plans  # noqa: TC001

from .snapshots import SavedClock  # noqa: TC001


class SavedState(msgspec.Struct, frozen=True):
    """What was changed of how a space began; the rest follows the server's settings.

    Attributes:
        accounts: those created or changed, passwords hashed.
        removed: names of those deleted.
        plans: the default among them only if it was changed.
    """

    accounts: tuple[Account, ...]
    removed: tuple[str, ...]
    plans: Plans
    default_changed: bool
    clock: SavedClock
