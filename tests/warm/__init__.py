"""Start `convergia` or `pytest` in a process of its own without importing everything anew.

Many commands in the tests do a tenth of a second's work after a second of imports. Here one process
a worker imports once (`server`) and forks for each command. The command itself is `client`, a small
program that hands over its arguments, environment, folder and standard streams, passes signals on,
and ends as the forked process ends.

It is not the real thing where the interpreter's own options matter (PYTHONIOENCODING, -W) or a
controlling terminal does: such tests start Python themselves. With CONVERGIA_COLD_START=1, as in
CI for tests/cli and tests/docs, the real command starts everywhere.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

COLD = os.environ.get("CONVERGIA_COLD_START") == "1"
CONVERGIA = (
    Path(sys.executable).with_name("convergia")
    if COLD
    else Path(tempfile.gettempdir()) / f"convergia-warm-{os.getpid()}" / "convergia"
)
"""The command that tests start; it lies in a folder of its own, for PATH."""
PYTEST = CONVERGIA.with_name("pytest")
"""pytest as `python -m pytest` starts it, with the plugins that are installed here."""
RUN_PAGE = (
    [sys.executable, "-m", "tests.docs.run_page"]
    if COLD
    else [str(CONVERGIA.with_name("run_page"))]
)
"""The command that does what a page of the documentation says: see `tests.docs.run_page`."""
