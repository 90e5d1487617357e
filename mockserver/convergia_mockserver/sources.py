"""What a mock server is made of: accounts, start file, tokens, kept state, recording, TLS."""

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
    """What the files say.

    Attributes:
        start: what the server begins with.
        access: the admin tokens; None if anyone may control the server.
    """

    start: Start
    access: Access | None


class Sources:
    """The files that may be read again while the server runs.

    Args:
        accounts: accounts, or a file of them; None for the sandbox account, or the start file's.
        start: the start file.
        admin_tokens: the file of admin tokens.
        base: what a space starts with but for these.
        guide: says which codes there are.

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
        """Read and check all of them.

        Raises:
            AccountError, AdminTokenError, StartFileError: one that cannot be.
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
    """Open the database; None without a path.

    Raises:
        StorageError: it cannot be used.
    """
    if path is None:
        return None
    from .gateway.storage import Storage

    return Storage(Path(path))


def snapshot_file(path: Path | str | None, db: Path | str | None) -> SnapshotFile | None:
    """Return the file that the spaces go on from; None without a path.

    Raises:
        SnapshotError: nothing can be written there, or a database keeps the spaces already.
    """
    if path is None:
        return None
    from .gateway.storage import SnapshotError, SnapshotFile

    if db is not None:
        raise SnapshotError("A snapshot and a database are both asked for. Use one of them.")
    return SnapshotFile(Path(path))


def replayed(
    faces: dict[str, Face], recording: Path, accounts: tuple[Account, ...]
) -> dict[str, Face]:
    """Return the faces as they answer by a recording.

    Raises:
        RecordingError: it cannot be read.
    """
    from .recording import Replayer, ReplayFace, load_recording

    states = {account.name: AccountState(account) for account in accounts}

    def knows(username: str, password: str) -> bool | None:
        return states[username].knows(password) if username in states else None

    replayer = Replayer(load_recording(recording), knows)
    return {path: ReplayFace(face, replayer) for path, face in faces.items()}


def relay_of(gateway: str | None, numbers: Iterable[str]) -> Relay | None:
    """Return what passes requests on to a gateway; None without one.

    Raises:
        RelayError: the gateway or a number cannot be, or one comes without the other.
    """
    from .server.relay import Relay, RelayError

    if gateway is not None:
        return Relay(gateway, numbers)
    if tuple(numbers):
        raise RelayError("Numbers to relay to are given without a gateway. Name the gateway too.")
    return None


def tls_of(tls: Tls | bool, host: str, allowed_hosts: tuple[str, ...]) -> Tls | None:
    """Return the server's side of TLS, made for the run if it is only asked for.

    Raises:
        TlsError: a certificate cannot be made.
    """
    if not isinstance(tls, bool):
        return tls
    if not tls:
        return None
    from .server.tls import Tls, names_of

    return Tls.self_signed(*names_of(host), *allowed_hosts)
