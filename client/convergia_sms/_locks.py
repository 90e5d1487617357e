"""A lock that survives a fork."""

from __future__ import annotations

import os
import threading

__all__ = ["ProcessLock"]


class ProcessLock:
    """A lock that each process has for itself.

    A thread of the parent may hold its lock at the moment of a fork. That thread does not exist in
    the child, so it would never release the child's copy.

        with lock.own():
            …
    """

    __slots__ = ("_lock", "_process")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()

    def own(self) -> threading.Lock:
        """Return this process's lock. A forked child has only one thread when it first asks."""
        process = os.getpid()
        if process != self._process:
            self._lock, self._process = threading.Lock(), process
        return self._lock
