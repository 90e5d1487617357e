"""A child process of a test, which cannot make it hang and never outlives it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, AnyStr

if TYPE_CHECKING:
    from types import TracebackType

PATIENCE = 60.0


class Child(subprocess.Popen[AnyStr]):
    """A `Popen` for `with`: its block's end waits for a minute at most, then kills.

    When the block fails the child is killed at once: `Popen` itself would wait for it, for ever.
    """

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if exc_type is None:
                self.wait(PATIENCE)
        finally:
            self.kill()
            super().__exit__(exc_type, value, traceback)
