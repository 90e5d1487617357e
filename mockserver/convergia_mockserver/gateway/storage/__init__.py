"""Storage: a space in a file, a space as JSON, a space put back as a whole."""

from .contents import SpaceContents
from .database import Storage, StorageError
from .snapshots import Snapshot, SnapshotError
from .space_storage import SpaceStorage

__all__ = [
    "Snapshot",
    "SnapshotError",
    "SpaceContents",
    "SpaceStorage",
    "Storage",
    "StorageError",
]
