"""A cache on disk for loaded WSDLs and schemas."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

_MAX_AGE = 24 * 3600.0
_MAX_BYTES = 64 << 20
_DIGEST_SIZE = hashlib.sha256().digest_size
_SUFFIX = ".document"


class WsdlCache(Protocol):
    """A cache for WSDLs and schemas: `DiskCache`, or one of zeep's."""

    def get(self, url: str) -> bytes | None:
        """Return the document, or None."""
        ...

    def add(self, url: str, content: bytes) -> None:
        """Store the document."""
        ...


def without_credentials(url: str) -> str:
    """Return the URL without credentials, because a cache may write it to a file or a log."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def file_of(url: str) -> Path:
    """Return the file that a path or a `file:` URL names, on Windows also `file:///C:/x`."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        return Path(url).expanduser()
    path = unquote(parts.path)
    return Path(path.removeprefix("/") if os.name == "nt" else path).expanduser()


class DiskCache:
    """Stores WSDLs and schemas in a folder, shared by any number of threads and processes.

    Each document is a file that is replaced atomically, so that a reader never gets a part of one.
    A damaged file counts as missing. URLs are not stored: a file is named after a digest.

    Args:
        folder: created if missing, readable by its owner only. Anyone who can write there decides
            which WSDL your programs use.
        max_age: seconds until a document is loaded again.
        max_bytes: the limit for all documents together. The oldest are removed.

    Raises:
        OSError: the folder cannot be created.
        ValueError: a limit is not positive.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        max_age: float = _MAX_AGE,
        max_bytes: int = _MAX_BYTES,
    ) -> None:
        if not (max_age > 0 and max_bytes > 0):
            raise ValueError("max_age and max_bytes must be positive")
        self._folder = Path(folder)
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def get(self, url: str) -> bytes | None:
        """Return the document, or None if it is missing, too old or damaged."""
        try:
            with self._file_of(url).open("rb") as file:
                age = time.time() - os.fstat(file.fileno()).st_mtime
                if not 0 <= age + 1 <= self._max_age + 1:  # the file system's clock is coarser
                    return None
                digest, content = file.read(_DIGEST_SIZE), file.read()
        except OSError:
            return None
        return content if hashlib.sha256(content).digest() == digest else None

    def add(self, url: str, content: bytes) -> None:
        """Store the document. Does nothing if it is too large or the disk is full."""
        if len(content) + _DIGEST_SIZE > self._max_bytes:
            return
        try:
            self._write(self._file_of(url), hashlib.sha256(content).digest() + content)
            self._remove_oldest()
        except OSError:
            return  # the next start loads it again

    def _file_of(self, url: str) -> Path:
        return self._folder / (hashlib.sha256(url.encode()).hexdigest() + _SUFFIX)

    def _write(self, target: Path, data: bytes) -> None:
        handle, name = tempfile.mkstemp(_SUFFIX, ".new-", self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _remove_oldest(self) -> None:
        # Unfinished files of a killed process have the same suffix, so they are removed too.
        found: list[tuple[float, int, Path]] = []
        for path in self._folder.glob(f"*{_SUFFIX}"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # another process removed it
            found.append((status.st_mtime, status.st_size, path))
        size = sum(each[1] for each in found)
        for _, bytes_, path in sorted(found):
            if size <= self._max_bytes:
                return
            path.unlink(missing_ok=True)
            size -= bytes_
