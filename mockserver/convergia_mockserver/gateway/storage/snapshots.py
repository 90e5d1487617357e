"""A space as JSON: everything but its journal, which is history."""

from __future__ import annotations

import msgspec

from convergia_mockserver.gateway.accounts import Account  # noqa: TC001 - msgspec reads them all
from convergia_mockserver.gateway.messages import (
    Plans,  # noqa: TC001
    StoredMessage,  # noqa: TC001
)
from convergia_mockserver.gateway.scripts import ScriptState  # noqa: TC001

VERSION = 1


class SnapshotError(ValueError):
    """Not a snapshot, or one that this version cannot read; says why."""


class SavedAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account, its password hashed, and what it has used."""

    account: Account
    used: int = 0


class SavedClock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a clock stood.

    Attributes:
        frozen_at: seconds since the epoch; None when it ran.
        offset: seconds ahead of the machine's clock, when it ran.
    """

    frozen_at: float | None = None
    offset: float = 0.0


class Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A space, at an instant.

    Attributes:
        version: of this form.
        accepted: how many messages were ever accepted, which says the next id.
        messages: those still held, oldest first.
    """

    version: int
    clock: SavedClock
    accounts: tuple[SavedAccount, ...]
    plans: Plans
    scripts: tuple[ScriptState, ...]
    accepted: int
    messages: tuple[StoredMessage, ...]


def encode(snapshot: Snapshot) -> bytes:
    """As JSON."""
    return msgspec.json.encode(snapshot)


def decode(text: bytes | str) -> Snapshot:
    """From JSON.

    Raises:
        SnapshotError: it is none, or of another version.
    """
    try:
        snapshot = msgspec.json.decode(text, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotError(f"not a snapshot: {error}") from None
    if snapshot.version != VERSION:
        raise SnapshotError(f"a snapshot of version {snapshot.version}; this reads {VERSION}")
    return snapshot
