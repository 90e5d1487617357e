"""Snapshots: the state of a space as JSON, without its journal."""

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
    """A snapshot is invalid, or of another version. The message gives the reason."""


class SavedAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account with a hashed password, and its use.

    Attributes:
        account: the account.
        used: the number of messages that it has sent.
    """

    account: Account
    used: Count = 0


class SavedClock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The state of a clock.

    Attributes:
        frozen_at: the time at which it stands, in seconds since the epoch. None if it runs.
        offset: the seconds by which a running clock is ahead of the machine's clock.
    """

    frozen_at: Instant | None = None
    offset: Annotated[float, msgspec.Meta(ge=-LATEST_INSTANT, le=LATEST_INSTANT)] = 0.0


class Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The state of a space at one time.

    Attributes:
        version: the version of this format.
        clock: the state of the clock.
        accounts: the accounts, with hashed passwords.
        plans: the delivery plans.
        scripts: the scripts with their state.
        accepted: the number of messages that were ever accepted, which gives the next id.
        messages: the messages that are still held, oldest first.
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
        SnapshotError: if it is not a snapshot, or of another version. The message names the field.
    """
    try:
        snapshot = msgspec.json.decode(text, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotError(f"not a snapshot: {error}") from None
    check_version(snapshot)
    return snapshot


def check_version(snapshot: Snapshot) -> None:
    """Check that this program can read the version of a snapshot.

    Raises:
        SnapshotError: if it cannot.
    """
    if snapshot.version != VERSION:
        raise SnapshotError(
            f"version: the snapshot has version {snapshot.version}; this program reads {VERSION}"
        )
