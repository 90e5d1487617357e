"""Storage: a space in a file, and a space as JSON."""

from .database import Storage, StorageError

__all__ = ["Storage", "StorageError"]
