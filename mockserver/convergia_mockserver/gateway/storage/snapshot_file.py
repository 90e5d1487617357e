"""A file that keeps all spaces from one run to the next: read at the start, written at the end."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .saved_state import SavedSpace  # noqa: TC001 - msgspec reads it
from .snapshots import Snapshot, SnapshotError

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION = 1


class _Saved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    spaces: dict[str, SavedSpace]


class SnapshotFile:
    """One such file.

    Args:
        path: where it is, or will be.

    Raises:
        SnapshotError: nothing can be written there.
    """

    def __init__(self, path: Path) -> None:
        self.path: Path = path
        if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise SnapshotError(f"{path}: no file can be written there")

    def load(self) -> dict[str, SavedSpace]:
        """Return what it keeps, by space; nothing if there is no file yet.

        Raises:
            SnapshotError: it cannot be read, or is not such a file.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SnapshotError(f"{self.path}: {error.strerror or error}") from None
        try:
            saved = msgspec.json.decode(content, type=_Saved)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SnapshotError(f"{self.path}: {_reason(content, error)}") from None
        if saved.version != _VERSION:
            raise SnapshotError(f"{self.path}: version {saved.version}; this reads {_VERSION}")
        return saved.spaces

    def write(self, spaces: Mapping[str, SavedSpace]) -> None:
        """Write what is to be kept: the whole file or, if that fails, nothing.

        It is for its owner alone, since it holds messages and hashes of passwords.

        Raises:
            SnapshotError: it cannot be written.
        """
        content = msgspec.json.encode(_Saved(_VERSION, dict(spaces)))
        try:
            self._replace(content)
        except OSError as error:
            raise SnapshotError(
                f"{self.path}: it cannot be written: {error.strerror or error}"
            ) from None

    def _replace(self, content: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _reason(content: bytes, error: Exception) -> str:
    try:
        msgspec.json.decode(content, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"it is not a file that --snapshot wrote: {error}"
    return "it is one space, as GET /__admin/snapshot gives it. PUT it there instead"
