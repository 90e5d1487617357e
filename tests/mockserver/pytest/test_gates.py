"""Tests of findings and unused scripts that fail a test, a server run, or another suite."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from convergia_mockserver import MockServer

from tests.mockserver.pytest.test_plugin import SEND, run
from tests.mockserver.server import wire
from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_mockserver import MockGateway

TWICE = f"""
{SEND}

def test_it(convergia_mockserver):
    for _ in range(2):
        send(convergia_mockserver)
"""


def test_a_request_that_follows_the_contract_has_no_finding(
    convergia_mockserver: MockGateway,
) -> None:
    wire.send("http", convergia_mockserver.base_url, message="5 €")
    convergia_mockserver.assert_no_findings()
    with pytest.raises(AssertionError, match=r"request 1 \(http send\): encoding: GSM-7"):
        convergia_mockserver.assert_no_findings("encoding")


def test_findings_fail_and_are_listed(convergia_mockserver: MockGateway) -> None:
    wire.send("soap", convergia_mockserver.base_url, message="5 €")
    wire.send("soap", convergia_mockserver.base_url, message="5 €")
    convergia_mockserver.assert_no_findings("duplicate", "cleartext-password")
    with pytest.raises(AssertionError, match=r"request 2 \(soap send\): resend: the same send"):
        convergia_mockserver.assert_no_findings("resend")
    with pytest.raises(AssertionError, match="these arrived as"):
        convergia_mockserver.assert_no_findings("charset")


def test_an_unknown_finding_is_refused(convergia_mockserver: MockGateway) -> None:
    with pytest.raises(
        ValueError, match="the finding 'typo' does not exist; the kinds are arguments"
    ):
        convergia_mockserver.assert_no_findings("typo")  # type: ignore[arg-type]


def test_an_unused_script_fails_the_test_with_the_reasons(
    convergia_mockserver: MockGateway,
) -> None:
    convergia_mockserver.script(code=110, text="adiós")
    wire.send("http", convergia_mockserver.base_url, message="hola")
    with pytest.raises(AssertionError, match=r"script 1 \(110\).*is not 'adiós'"):
        convergia_mockserver.assert_scripts_used()
    convergia_mockserver.space.scripts.clear()
    convergia_mockserver.assert_scripts_used()


@pytest.mark.parametrize(
    ("option", "source", "complaint"),
    [
        ("convergia_fail_on=resend", TWICE, "resend: the same send"),
        (
            "convergia_strict_scripts=true",
            "def test_it(convergia_mockserver):\n    convergia_mockserver.script(code=110)\n",
            "1 script answered no request",
        ),
    ],
)
def test_an_option_fails_the_tests_and_a_marker_excepts_one(
    tmp_path: Path, option: str, source: str, complaint: str
) -> None:
    assert run(tmp_path, source).returncode == 0
    failed = run(tmp_path, source, "-o", option)
    assert failed.returncode == 1
    assert complaint in failed.stdout
    marked = "import pytest\n" + source.replace(
        "def test_it", "@pytest.mark.convergia_allow('resend', 'unused-scripts')\ndef test_it"
    )
    assert run(tmp_path, marked, "-o", option, "--strict-markers").returncode == 0


def test_an_option_that_names_no_finding_stops_the_run(tmp_path: Path) -> None:
    done = run(tmp_path, "def test_it(): pass\n", "-o", "convergia_fail_on=typo")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "the finding 'typo' does not exist" in done.stderr


def test_the_control_lists_findings_and_unused_scripts(convergia_mockserver: MockGateway) -> None:
    admin = convergia_mockserver.url_for("admin").rstrip("/")
    for _ in range(2):
        wire.send("http", convergia_mockserver.base_url, message="hola")
    convergia_mockserver.script(code=110)

    def get(path: str) -> dict[str, Any]:
        with urllib.request.urlopen(admin + path, timeout=10) as reply:
            answer: dict[str, Any] = json.loads(reply.read())
            return answer

    listed = get("/findings")
    assert listed["total"] == 1
    assert (listed["findings"][0]["request"], listed["findings"][0]["kind"]) == (2, "resend")
    assert get("/findings?kinds=duplicate,charset")["total"] == 0
    assert [each["id"] for each in get("/scripts/unused")["scripts"]] == [1]


def test_the_gate_counts_the_findings_of_spaces_that_are_gone() -> None:
    with MockServer(fail_on=["resend"]) as server:
        for _ in range(3):
            wire.send("http", server.url_for("http", "gone").rstrip("/"), message="hola")
        server.world.delete("gone")
        gate = server.world.gate
        assert gate is not None
        assert gate.count == 2
        assert [(space, each.request) for space, each in gate.found] == [("gone", 2), ("gone", 3)]


@pytest.mark.parametrize(("kinds", "code"), [("resend,charset", 1), ("charset", 0)])
def test_the_coverage_command_fails_on_findings(kinds: str, code: int) -> None:
    with MockServer() as server:
        for _ in range(2):
            wire.send("http", server.base_url, message="hola")
        done = subprocess.run(
            [str(CONVERGIA), "coverage", server.base_url, "--fail-on", kinds],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert ("default: request 2 (http send): resend" in done.stderr) == bool(code)


@pytest.mark.parametrize("command", ["mockserver", "coverage"])
def test_an_unknown_finding_is_a_usage_error(command: str) -> None:
    done = subprocess.run(
        [str(CONVERGIA), command, "--fail-on", "typo"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "the finding 'typo' does not exist" in done.stderr
