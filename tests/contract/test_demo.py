"""Tests that the demo sends, shows every code, and fails if an answer deviates from the guide."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from convergia_contract.demo.command import demo
from convergia_contract.demo.events import Answered, Seen
from convergia_contract.demo.run import demonstrate
from convergia_contract.demo.terminal import show
from convergia_contract.suite.guide_tables import SEND_CODES, STATUS_CODES
from rich.console import Console

from tests.warm import CONVERGIA

ANSWERS = 2 * (len(SEND_CODES) + len(STATUS_CODES))  # each code over each transport
SCRIPT = Path(sys.executable).with_name("convergia")
# The hint as a process prints it that was started as the file that its argument names.
HINT = """
import sys
sys.argv = sys.argv[1:]
from convergia_contract.demo.terminal import _command
print(_command())
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(CONVERGIA), "demo", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def told() -> Any:
    ran = run("--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_every_code_of_the_guide_comes_back_over_both_transports(told: Any) -> None:
    for api, table in (("send", SEND_CODES), ("status", STATUS_CODES)):
        shown = {row["code"]: row for row in told["codes"] if row["api"] == api}
        assert {code: row["text"] for code, row in shown.items()} == table
        for code, row in shown.items():
            assert (row["soap"]["code"], row["http"]["code"]) == (code, code)


def test_messages_go_from_pending_to_delivered_or_failed(told: Any) -> None:
    assert [one["states"] for one in told["followed"]] == [[0, 3], [0, 2]]
    assert {one["transport"] for one in told["sent"]} == {"soap", "http"}


def test_in_a_pipe_it_is_plain_lines() -> None:
    ran = run()
    assert ran.returncode == 0
    assert "\x1b" not in ran.stdout
    assert ran.stdout.splitlines()[-1] == f"{ANSWERS} of {ANSWERS} answers as the guide says"


@pytest.mark.parametrize("width", [80, 140])
def test_on_a_terminal_every_code_has_its_row(width: int) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=width, height=100)
    show(demonstrate(), screen)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.file.getvalue())  # type: ignore[attr-defined]
    for code in (*SEND_CODES, *STATUS_CODES):
        assert re.search(rf"\b{code}\b.*\b{code} ✓ +{code} ✓", shown)
    for name in ("GatewayUnavailableError", "DeliveryStatus.DELIVERED"):
        assert name in shown  # as a whole, on 80 columns too
    assert f"{ANSWERS} of {ANSWERS} answers" in shown


def test_it_fails_when_an_answer_is_not_as_the_guide_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt() -> Any:
        for event in demonstrate():
            if isinstance(event, Answered) and event.code.code == 204:
                wrong = Seen(205, "TrafficNotAllowedError", as_the_guide_says=False)
                yield replace(event, seen={**event.seen, "http": wrong})
            else:
                yield event

    monkeypatch.setattr("convergia_contract.demo.run.demonstrate", spoilt)
    ran = CliRunner().invoke(demo)
    assert ran.exit_code == 1
    assert "WRONG" in ran.stdout
    assert f"{ANSWERS - 1} of {ANSWERS}" in ran.stdout


@pytest.mark.parametrize("on_path", [True, False])
def test_the_hint_names_a_command_that_runs(on_path: bool) -> None:
    environment = {**os.environ, "PYTHONPATH": "", "TERM": "xterm"}
    if on_path:
        environment["PATH"] = f"{SCRIPT.parent}{os.pathsep}{os.environ['PATH']}"
    else:
        environment["PATH"] = "/usr/bin:/bin"
    ran = subprocess.run(
        [sys.executable, "-c", HINT, str(SCRIPT)],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=60,
    )
    command = ran.stdout.strip()
    assert command == ("convergia" if on_path else str(SCRIPT))
    subprocess.run([command, "--version"], env=environment, check=True, timeout=60)
