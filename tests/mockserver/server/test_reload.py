"""Tests of SIGHUP, which reads the start file again, in a process of its own."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

from tests.mockserver.server import wire
from tests.mockserver.server.test_command import message_id, running

# The real command, not the one that is kept warm: the terminal must be its own.
COMMAND = [str(Path(sys.executable).with_name("convergia")), "mockserver"]

BEFORE = """
[accounts.demo]
password = "demo"
[[scripts]]
answers = [{ code = 109 }]
"""


def hang_up(process: subprocess.Popen[str]) -> str:
    """Send SIGHUP. Return the line that the server prints."""
    os.kill(process.pid, signal.SIGHUP)
    return lines(process.stderr).readline()


def lines(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def test_sighup_reads_the_files_again_and_loses_no_message(tmp_path: Path) -> None:
    start, tokens, snapshot = (tmp_path / name for name in ("start.toml", "tokens", "spaces.json"))
    start.write_text(BEFORE)
    tokens.write_text("a-token-of-the-first-day")
    arguments = ("--start", str(start), "--snapshot", str(snapshot))
    with running(*arguments, "--admin-token-file", str(tokens)) as (process, base_url):
        assert wire.send("http", base_url).body == b"109"
        accepted = message_id(wire.send("http", base_url))

        start.write_text(BEFORE + "[spaces.team.accounts.ana]\npassword = 's3cr3t-word'\n[spaces")
        said = hang_up(process)
        assert "nothing has changed" in said
        assert f"{start}: Expected ']'" in said
        assert "s3cr3t-word" not in said

        start.write_text(BEFORE.replace("109", "110"))
        tokens.write_text("too short")
        assert "no valid admin token" in hang_up(process)
        assert wire.send("http", base_url).body.startswith(b"100|")

        tokens.write_text("a-token-of-the-second-day")
        assert hang_up(process) == f"Read {start} again.\n"
        assert wire.send("http", base_url).body == b"110"
        assert wire.send("http", base_url, messageid=accepted).body == b"0"
        head = f"GET /__admin/messages HTTP/1.0\r\nHost: {base_url.partition('//')[2]}\r\n"
        for day, status in (("first", 401), ("second", 200)):
            asked = f"{head}Authorization: Bearer a-token-of-the-{day}-day\r\n\r\n".encode()
            assert wire.parse(wire.exchange(base_url, asked)).status == status

        process.terminate()
        assert process.wait(30) == 0
    assert accepted in snapshot.read_text()


def test_closing_the_terminal_ends_the_server(tmp_path: Path) -> None:
    start = tmp_path / "start.toml"
    start.write_text(BEFORE)
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", *COMMAND, "--port", "0", "--start", str(start)],
        stdin=end,
        stdout=end,
        stderr=end,
    )
    os.close(end)
    try:
        shown = b""
        while b"Stop with" not in shown:
            shown += os.read(terminal, 1000)
        found = re.search(rb"http://[0-9.:]+", shown)
        assert found is not None
        wire.send("http", found[0].decode())  # it serves
        os.close(terminal)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def test_without_a_start_file_sighup_ends_it_as_by_default() -> None:
    with running() as (process, _):
        os.kill(process.pid, signal.SIGHUP)
        assert process.wait(30) == -signal.SIGHUP


def test_a_snapshot_that_cannot_be_written_at_the_end_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    with running("--snapshot", str(folder / "spaces.json")) as (process, base_url):
        wire.send("http", base_url)
        folder.rmdir()
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "cannot be written" in errors
    assert "Traceback" not in errors
