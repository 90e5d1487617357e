"""The sources of a mock server: accounts, start file, tokens, stored state, recording and TLS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from .gateway.accounts import DEMO, AccountState, load_accounts, load_answers
from .gateway.reserved import reserved_numbers
from .gateway.start_file import Start, load_start
from .server.access import load_access

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_wsdl import Guide

    from .faces.wire import Face
    from .gateway.accounts import Account
    from .gateway.settings import SpaceSettings
    from .gateway.storage import SnapshotFile, Storage
    from .server.access import Access
    from .server.relay import Relay
    from .server.tls import Tls


class Given(NamedTuple):
    """The contents of the files.

    Attributes:
        start: the initial state of the server.
        access: the admin tokens. None if anyone may control the server.
    """

    start: Start
    access: Access | None


class Sources:
    """The files that may be read again while the server runs.

    Args:
        accounts: the accounts, or their file. None for those of the start file, or the sandbox
            account.
        start: the start file.
        admin_tokens: the file of admin tokens.
        base: the other settings of a space.
        guide: the guide, which lists the codes.

    Attributes:
        start: the start file.
    """

    def __init__(
        self,
        *,
        accounts: Path | str | Iterable[Account] | None,
        start: Path | str | None,
        admin_tokens: Path | str | None,
        base: SpaceSettings,
        guide: Guide,
    ) -> None:
        self.start: Path | None = None if start is None else Path(start)
        self._file = Path(accounts) if isinstance(accounts, str | Path) else None
        self._accounts: tuple[Account, ...] = ()
        if accounts is None:
            self._accounts = (DEMO,) if start is None else ()
        elif not isinstance(accounts, str | Path):
            self._accounts = tuple(accounts)
        self._admin_tokens = admin_tokens
        self._base = base
        self._guide = guide

    def read(self) -> Given:
        """Read and check all files.

        Raises:
            AccountError, AdminTokenError, StartFileError: if a file is invalid.
        """
        access = None if self._admin_tokens is None else load_access(self._admin_tokens)
        settings = msgspec.structs.replace(self._base, accounts=self._accounts)
        if self._file is not None:
            settings = msgspec.structs.replace(
                settings, accounts=load_accounts(self._file), answers=load_answers(self._file)
            )
        if self.start is None:
            return Given(Start(settings, {}, reserved_numbers(self._guide)), access)
        return Given(load_start(self.start, settings, self._guide), access)


def open_storage(path: Path | str | None) -> Storage | None:
    """Open the database. Return None without a path.

    Raises:
        StorageError: if it cannot be used.
    """
    if path is None:
        return None
    from .gateway.storage import Storage

    return Storage(Path(path))


def snapshot_file(path: Path | str | None, db: Path | str | None) -> SnapshotFile | None:
    """Return the snapshot file. None without a path.

    Raises:
        SnapshotError: if it cannot be written, or `db` is given too.
    """
    if path is None:
        return None
    from .gateway.storage import SnapshotError, SnapshotFile

    if db is not None:
        raise SnapshotError("A snapshot and a database are both given. Use only one of them.")
    return SnapshotFile(Path(path))


def replayed(
    faces: dict[str, Face], recording: Path, accounts: tuple[Account, ...]
) -> dict[str, Face]:
    """Return faces that answer from a recording.

    Raises:
        RecordingError: if the recording cannot be read.
    """
    from .recording import Replayer, ReplayFace, load_recording

    states = {account.name: AccountState(account) for account in accounts}

    def knows(username: str, password: str) -> bool | None:
        return states[username].knows(password) if username in states else None

    replayer = Replayer(load_recording(recording), knows)
    return {path: ReplayFace(face, replayer) for path, face in faces.items()}


def relay_of(gateway: str | None, numbers: Iterable[str]) -> Relay | None:
    """Return the relay to a gateway. None without one.

    Raises:
        RelayError: if the gateway or a number is invalid, or one is given without the other.
    """
    from .server.relay import Relay, RelayError

    if gateway is not None:
        return Relay(gateway, numbers)
    if tuple(numbers):
        raise RelayError("Numbers to relay to are given without a gateway. Name the gateway too.")
    return None


def tls_of(tls: Tls | bool, host: str, allowed_hosts: tuple[str, ...]) -> Tls | None:
    """Return the TLS settings. True creates them for the run.

    Raises:
        TlsError: if a certificate cannot be created.
    """
    if not isinstance(tls, bool):
        return tls
    if not tls:
        return None
    from .server.tls import Tls, names_of

    return Tls.self_signed(*names_of(host), *allowed_hosts)
