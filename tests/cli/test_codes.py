"""Tests of `convergia codes` on a terminal, in a pipe and as JSON."""

from __future__ import annotations

import json
import os
import pty
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from convergia_sms.cli import main
from convergia_wsdl import load_guide

from tests.processes import Child

if TYPE_CHECKING:
    from pathlib import Path


def test_json_has_both_tables_in_full() -> None:
    tables = json.loads(CliRunner().invoke(main, ["codes", "--json"]).stdout)
    guide = load_guide()
    for api, endpoint in (("send", guide.send), ("status", guide.status)):
        listed = [(row["code"], row["description"]) for row in tables[api]]
        assert listed == [(code.code, code.text) for code in endpoint.codes]


def test_json_contains_error_and_retryable() -> None:
    tables = json.loads(CliRunner().invoke(main, ["codes", "--json"]).stdout)
    send = {row["code"]: (row["error"], row["retryable"]) for row in tables["send"]}
    assert send[100] == (None, False)
    assert send[201] == ("AuthenticationError", False)
    assert send[305] == ("GatewayUnavailableError", True)
    status = {row["code"]: row["error"] or row["state"] for row in tables["status"]}
    assert (
        status.items()
        >= {
            0: "DeliveryStatus.PENDING",
            2: "DeliveryStatus.FAILED",
            3: "DeliveryStatus.DELIVERED",
            5: "AuthenticationError",
            6: "MessageNotFoundError",
        }.items()
    )
    assert status.keys() == {code.code for code in load_guide().status.codes}


def test_retryable_follows_the_profile(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text("[errors]\nretryable = [254]\n")
    output = CliRunner().invoke(main, ["codes", "--profile", str(profile)]).stdout
    assert [line.split("\t")[1] for line in output.splitlines() if "retryable" in line] == ["254"]


def test_a_profile_that_cannot_be_read_is_usage(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["codes", "--json", "--profile", str(tmp_path / "none.toml")])
    assert "cannot be read" in json.loads(done.stdout)["error"]["message"]
    assert "Hint: correct the profile" in done.stderr
    assert done.exit_code == 2


def test_in_a_pipe_a_row_is_tab_separated_and_plain() -> None:
    output = CliRunner().invoke(main, ["codes"]).stdout
    assert "send\t201\tUsuario o password incorrectos.\tAuthenticationError\t\n" in output
    assert "\x1b" not in output


def test_on_a_terminal_it_is_a_coloured_table() -> None:
    terminal, end = pty.openpty()
    program = "from convergia_sms.cli import main; main(['codes'], prog_name='convergia')"
    environment = {"TERM": "xterm-256color", "COLUMNS": "120", "PATH": os.environ["PATH"]}
    with Child([sys.executable, "-c", program], stdout=end, env=environment):
        os.close(end)
        output = _read_all(terminal)
    assert "Usuario o password incorrectos." in output
    assert "\x1b[" in output
    assert "────" in output


@pytest.mark.parametrize("columns", [80, 40])
def test_a_narrow_terminal_cuts_no_name_off(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setattr("convergia_sms.cli._table.is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    output = CliRunner().invoke(main, ["codes"]).stdout
    assert max(map(len, output.splitlines())) <= columns
    assert "…" not in output
    if columns == 80:  # on 40 they go on in the next line
        assert "GatewayUnavailableError" in output
        assert "DeliveryStatus.DELIVERED" in output


def _read_all(terminal: int) -> str:
    chunks = []
    try:
        while chunk := os.read(terminal, 65536):
            chunks.append(chunk)
    except OSError:  # Linux's word for the end: the other side was closed
        pass
    finally:
        os.close(terminal)
    return b"".join(chunks).decode()
