"""The snapshot file, which keeps all spaces between two runs of a server."""

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
    """A snapshot file, which is read when the server starts and written when it stops.

    Args:
        path: the path of the file, which need not exist.

    Raises:
        SnapshotError: if the file cannot be written there.
    """

    def __init__(self, path: Path) -> None:
        self.path: Path = path
        if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
            raise SnapshotError(f"{path}: the file cannot be written there")

    def load(self) -> dict[str, SavedSpace]:
        """Return the saved spaces by name. Empty if the file does not exist.

        Raises:
            SnapshotError: if the file cannot be read, or is not a snapshot file.
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
            if _is_of_one_space(content):
                raise SnapshotError(
                    f"{self.path}: the file is a snapshot of one space, from GET"
                    " /__admin/snapshot; PUT it there instead"
                ) from None
            raise SnapshotError(
                f"{self.path}: the file was not written by --snapshot: {error}"
            ) from None
        if saved.version != _VERSION:
            raise SnapshotError(
                f"{self.path}: the file has version {saved.version}; this program reads {_VERSION}"
            )
        return saved.spaces

    def write(self, spaces: Mapping[str, SavedSpace]) -> None:
        """Write the spaces atomically. If this fails, the old file stays.

        Only its owner may read the file, because it holds messages and hashes of passwords.

        Raises:
            SnapshotError: if the file cannot be written.
        """
        content = msgspec.json.encode(_Saved(_VERSION, dict(spaces)))
        try:
            self._replace(content)
        except OSError as error:
            raise SnapshotError(
                f"{self.path}: the file cannot be written: {error.strerror or error}"
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


def _is_of_one_space(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
