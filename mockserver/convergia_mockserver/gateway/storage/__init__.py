"""Storage of spaces: an SQLite file, snapshots as JSON, and restoring them."""

from .contents import NextStart, SpaceContents
from .database import Storage, StorageError
from .saved_state import SavedSpace
from .snapshot_file import SnapshotFile
from .snapshots import Snapshot, SnapshotError
from .space_storage import SpaceStorage

__all__ = [
    "NextStart",
    "SavedSpace",
    "Snapshot",
    "SnapshotError",
    "SnapshotFile",
    "SpaceContents",
    "SpaceStorage",
    "Storage",
    "StorageError",
]
