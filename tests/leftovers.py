"""A check that nothing outlives the tests: no process, no listening port, no file.

Each worker checks once, after the end of all its fixtures. Leftovers are removed, and fail the run
as an error of the worker's last test.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parents[1]
_PROC = Path("/proc")
_PR_SET_CHILD_SUBREAPER = 36
_LISTENING = "0A"
# For the whole session: ours, and multiprocessing's, which ends with the interpreter.
_KEPT = ("tests.warm.server", "multiprocessing.resource_tracker")


@pytest.fixture(scope="session", autouse=True)
def nothing_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail when a process, a port or a file is left."""
    tmp_path_factory.getbasetemp()  # pytest's own, which it keeps, is not in the folder below
    before = os.environ.get("TMPDIR")
    folder = Path(tempfile.mkdtemp(prefix="convergia-tests-"))
    folder.chmod(0o711)  # PostgreSQL's user has its folder in there
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    changes = _changes_in_the_repository()
    if sys.platform == "linux":
        adopt_orphans()
        ports = listening_ports()
    yield
    found = []
    if sys.platform == "linux":
        found += [f"process {process}: {what}" for process, what in kill_children().items()]
        found += [f"port {port}" for port in listening_ports() - ports]
    found += [
        f"temporary file {path.name}"
        for path in folder.iterdir()
        if not path.name.startswith("pytest-of-")  # of a pytest that a test ran; it keeps three
    ]
    found += [f"in the repository: {line}" for line in _changes_in_the_repository() - changes]
    tempfile.tempdir = before
    os.environ.pop("TMPDIR")
    if before is not None:
        os.environ["TMPDIR"] = before
    shutil.rmtree(folder, ignore_errors=True)
    assert not found, "the tests left behind:\n" + "\n".join(found)


def adopt_orphans() -> None:
    """Become the parent of what a child leaves behind, instead of the machine's first process."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_children() -> dict[int, str]:
    """Kill what descends from this process and still runs; return the command lines."""
    parents, commands = {}, {}
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            parents[int(folder.name)] = int(parent)
            commands[int(folder.name)] = command
    found = {
        process: command
        for process, command in commands.items()
        if _descends(process, parents) and not any(kept in command for kept in _KEPT)
    }
    for process in found:
        os.kill(process, signal.SIGKILL)
    for process in found:
        with suppress(ChildProcessError):  # a child's child, which is now ours to collect or gone
            os.waitpid(process, 0)
    return found


def _descends(process: int, parents: dict[int, int]) -> bool:
    while process in parents:
        process = parents[process]
        if process == os.getpid():
            return True
    return False


def listening_ports() -> set[int]:
    """Return the TCP ports on which this process listens."""
    inodes = set()
    for link in (_PROC / "self/fd").iterdir():
        try:
            inodes.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
        except FileNotFoundError:  # the one that lists them
            continue
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in (_PROC / "self/net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and fields[9] in inodes:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


def _changes_in_the_repository() -> set[str]:
    """Return the changes that git sees. Only in CI, where nobody edits files during the run."""
    if os.environ.get("CONVERGIA_REQUIRE_ALL") != "1":
        return set()
    status = ["git", "-C", str(_ROOT), "status", "--porcelain"]
    return set(
        subprocess.run(status, capture_output=True, text=True, check=False).stdout.splitlines()
    )
