"""A space as JSON: everything but its journal, which is history."""

from __future__ import annotations

from typing import Annotated

import msgspec

from convergia_mockserver.gateway.accounts import Account  # noqa: TC001 - msgspec reads them all
from convergia_mockserver.gateway.messages import (
    Plans,  # noqa: TC001
    StoredMessage,  # noqa: TC001
)
from convergia_mockserver.gateway.numbers import LATEST_INSTANT, Count, Instant
from convergia_mockserver.gateway.scripts import ScriptState  # noqa: TC001

VERSION = 1


class SnapshotError(ValueError):
    """Not a snapshot, or one that this version cannot read; says why."""


class SavedAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account, its password hashed, and what it has used.

    Attributes:
        account: the account.
        used: messages that it has sent.
    """

    account: Account
    used: Count = 0


class SavedClock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a clock stood.

    Attributes:
        frozen_at: seconds since the epoch; None when it ran.
        offset: seconds ahead of the machine's clock, when it ran.
    """

    frozen_at: Instant | None = None
    offset: Annotated[float, msgspec.Meta(ge=-LATEST_INSTANT, le=LATEST_INSTANT)] = 0.0


class Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A space, at an instant.

    Attributes:
        clock: where the clock stood.
        accounts: passwords hashed.
        plans: the delivery plans.
        scripts: as they stand.
        version: of this form.
        accepted: how many messages were ever accepted, which says the next id.
        messages: those still held, oldest first.
    """

    version: int
    clock: SavedClock
    accounts: tuple[SavedAccount, ...]
    plans: Plans
    scripts: tuple[ScriptState, ...]
    accepted: Count
    messages: tuple[StoredMessage, ...]


def encode(snapshot: Snapshot) -> bytes:
    """Return a snapshot as JSON."""
    return msgspec.json.encode(snapshot)


def decode(text: bytes | str) -> Snapshot:
    """Read a snapshot from JSON.

    Raises:
        SnapshotError: it is not a snapshot, or of another version; names the field.
    """
    try:
        snapshot = msgspec.json.decode(text, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotError(f"not a snapshot: {error}") from None
    check_version(snapshot)
    return snapshot


def check_version(snapshot: Snapshot) -> None:
    """Raise where a snapshot is of a form that this version cannot read.

    Raises:
        SnapshotError: it is.
    """
    if snapshot.version != VERSION:
        raise SnapshotError(
            f"version: a snapshot of version {snapshot.version}; this reads {VERSION}"
        )
