"""Tests of `convergia contract` with unknown gateways: each cause is reported once, with a cure."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import threading
import xml.etree.ElementTree as ET
from shutil import which
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner
from convergia_contract import causes
from convergia_contract.annotation import cause_lines
from convergia_contract.cli import contract
from convergia_contract.known import known_text, read_known
from convergia_contract.outcome import Evidence, FoundDeviation
from convergia_contract.reference import ReferenceGateway, missing
from convergia_mockserver import MockServer
from convergia_sms.cli import main
from werkzeug import Request, Response

from tests.contract.test_suite import BREACHES
from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result
    from pytest_httpserver import HTTPServer

needs_php = pytest.mark.skipif(missing() is not None, reason=str(missing()))
BY_HAND = ("-k", "(by-hand or by_hand) and (send or status)")
PASSWORD = "no-la-digas-ñ"

GENERAL = (causes.NO_ANSWER, causes.NO_CODE, causes.ACCOUNT, causes.ADDRESS, causes.DIALECT)
CURES = {one.name: one.cure for one in (*GENERAL, *causes.TOPICS.values())}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONVERGIA_PASSWORD", "CONVERGIA_PASSWORD_FILE", "CONVERGIA_USERNAME"):
        monkeypatch.delenv(name, raising=False)


def ask(*arguments: str, exit_code: int) -> Result:
    done = CliRunner().invoke(contract, arguments)
    assert done.exit_code == exit_code, done.output
    return done


def report(*arguments: str, exit_code: int) -> Any:
    return json.loads(ask(*arguments, "--json", exit_code=exit_code).output)


@pytest.fixture(scope="module")
def deviant() -> Iterator[ReferenceGateway]:
    if (lacking := missing()) is not None:
        pytest.skip(lacking)
    with ReferenceGateway(BREACHES["another dialect"]()) as gateway:
        yield gateway


@needs_php
@pytest.mark.parametrize(
    ("breach", "cause"),
    [("another precedence", "precedence"), ("another limit", "length")],
)
def test_failures_of_one_breach_are_one_cause(breach: str, cause: str) -> None:
    with ReferenceGateway(BREACHES[breach]()) as gateway:
        told = report(gateway.base_url, "--reserved-numbers=yes", *BY_HAND, exit_code=1)
    (one,) = told["causes"]
    assert one["cause"] == cause
    assert len(one["tests"]) == told["failed"] > 1
    assert "convergia probe" in one["cure"]


def test_a_deviating_dialect_is_one_cause_with_evidence_and_a_cure(
    deviant: ReferenceGateway,
) -> None:
    said = ask(deviant.base_url, "--reserved-numbers=yes", *BY_HAND, exit_code=1).output
    assert said.count(" failed: ") == 1
    assert "Its replies are not in the profile's dialect (send over http)" in said
    assert "answered: HTTP 200: 100;" in said
    assert f"convergia probe --base-url {deviant.base_url} --output DIR" in said


@pytest.mark.skipif(which("curl") is None, reason="curl is missing")
@pytest.mark.exhaustive("variants")
def test_the_evidence_can_be_asked_again(deviant: ReferenceGateway) -> None:
    told = report(deviant.base_url, "--reserved-numbers=yes", *BY_HAND, exit_code=1)
    command = shlex.split(told["causes"][0]["evidence"]["curl"])
    assert command[0] == "curl"
    again = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert "100;" in again.stdout


def test_a_report_states_the_gateway_versions_and_digests(
    deviant: ReferenceGateway, tmp_path: Path
) -> None:
    junit, page = tmp_path / "junit.xml", tmp_path / "report.html"
    options = (f"--junitxml={junit}", f"--html={page}")
    told = report(deviant.base_url, "--reserved-numbers=yes", *BY_HAND, *options, exit_code=1)

    suite = ET.parse(junit).getroot()[0]
    properties = {one.get("name"): one.get("value") for one in suite.findall("properties/property")}
    for name in ("gateway", "profile_sha256", "wsdl_sha256", "convergia_sms", "date"):
        assert told["provenance"][name]
        if name != "date":
            assert properties[name] == told["provenance"][name]
    failed = next(case for case in suite.iter("testcase") if case.find("failure") is not None)
    case = {one.get("name"): one.get("value") for one in failed.findall("properties/property")}
    assert case["cause"] == "dialect"
    assert str(case["curl"]).startswith("curl ")

    html = page.read_text()
    assert told["provenance"]["wsdl_sha256"] in html
    assert "convergia probe" in html
    assert "<script" not in html
    assert "src=" not in html


def test_a_known_deviation_passes_and_one_that_no_longer_occurs_fails(
    deviant: ReferenceGateway, tmp_path: Path
) -> None:
    file = tmp_path / "known.toml"
    asked = (deviant.base_url, "--reserved-numbers=yes", *BY_HAND)
    ask(*asked, f"--write-known={file}", exit_code=1)
    assert "must say why it is accepted" in ask(*asked, f"--known={file}", exit_code=2).output

    file.write_text(file.read_text().replace('reason = ""', 'reason = "agreed with them"'))
    accepted = report(*asked, f"--known={file}", exit_code=0)
    assert accepted["known"] == accepted["failed"] > 0

    with MockServer() as server:
        kept = (server.base_url, *BY_HAND)
        gone = report(*kept, f"--known={file}", exit_code=1)
    assert gone["failed"] == 0
    assert "pass now" in gone["gone"][0]


@pytest.mark.exhaustive("variants")
def test_a_failure_outside_the_known_tests_fails(deviant: ReferenceGateway, tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    one = "test_send.py::test_every_code_is_answered[by-hand-http-100]"
    file.write_text(f'[[known]]\ncause = "dialect"\nreason = "agreed"\ntests = ["{one}"]\n')
    asked = (deviant.base_url, "--reserved-numbers=yes", *BY_HAND)
    told = report(*asked, f"--known={file}", exit_code=1)
    assert [each["known"] for each in told["causes"]] == ["agreed", ""]
    assert told["known"] == 1


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[[known]\n", "Expected"),
        ("[[known]]\ncause = 'dialect'\n", "reason"),
        ("[[known]]\ncause = 'dialect'\nreason = 'x'\nwhy = 1\n", "why"),
        ("[[known]]\ncause='a'\nreason='x'\n[[known]]\ncause='a'\nreason='y'\n", "twice"),
    ],
)
def test_an_invalid_file_of_known_deviations_is_refused(
    text: str, wrong: str, tmp_path: Path
) -> None:
    file = tmp_path / "known.toml"
    file.write_text(text)
    said = ask(f"--known={file}", exit_code=2).output
    assert str(file) in said
    assert wrong in said


def test_a_report_in_a_missing_folder_is_refused_before_any_request(
    tmp_path: Path,
) -> None:
    assert (
        "its folder does not exist"
        in ask(f"--html={tmp_path / 'no' / 'x.html'}", exit_code=2).output
    )


@pytest.mark.exhaustive("variants")
def test_another_web_server_gives_one_cause(httpserver: HTTPServer) -> None:
    told = report(httpserver.url_for("").rstrip("/"), *BY_HAND, exit_code=1)
    assert {each["cause"] for each in told["causes"]} == {"http-500"}
    assert "base URL" in told["causes"][0]["cure"]


def test_a_page_without_a_code_gives_no_dialect(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/__admin/reserved-numbers").respond_with_data(status=404)
    httpserver.expect_request("/").respond_with_handler(
        lambda _: Response("<html><h1>Bienvenido</h1></html>", content_type="text/html")
    )
    options = ("-k", "by-hand-http and 201")
    told = report(httpserver.url_for("").rstrip("/"), *options, exit_code=1)
    assert [each["cause"] for each in told["causes"]] == ["no-code"]


def test_a_refused_account_is_one_cause() -> None:
    with MockServer() as server:
        options = ("--username=nadie", "--reserved-numbers=no", "-k", "status")
        told = report(server.base_url, *options, exit_code=1)
    assert [each["cause"] for each in told["causes"]] == ["account"]
    assert "doctor" in told["causes"][0]["cure"]


def test_no_further_requests_go_to_a_gateway_that_stopped_answering() -> None:
    def hang_up(listening: socket.socket) -> None:
        while True:
            try:
                listening.accept()[0].close()
            except OSError:
                return

    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=hang_up, args=[listening])
    thread.start()
    try:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        told = report(url, *BY_HAND, exit_code=4)
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)
    assert [each["cause"] for each in told["causes"]] == ["no-answer"]
    assert told["failed"] == 3


def test_a_gateway_where_nothing_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert "nothing answers" in ask(f"http://127.0.0.1:{port}", exit_code=4).output


def test_control_characters_of_a_gateway_do_not_reach_the_terminal(httpserver: HTTPServer) -> None:
    fault = "<faultstring>\x9b2Jrojo\u202e</faultstring>"
    httpserver.expect_request("/").respond_with_data(fault, content_type="text/html")
    url = httpserver.url_for("").rstrip("/")
    said = ask(url, "--reserved-numbers=no", "-k", "by-hand-http and 201", exit_code=1).output
    assert "rojo" in said
    assert not {"\x9b", "\u202e"} & set(said)


def test_under_pytest_the_causes_are_listed_with_their_cures() -> None:
    def failed(cause: str, title: str) -> pytest.TestReport:
        properties: list[tuple[str, object]] = [
            ("cause", cause), ("title", title), ("cure", f"correct {cause}"),
        ]  # fmt: skip
        return pytest.TestReport(
            "x", ("x", 1, "x"), {}, "failed", "why", "call", user_properties=properties
        )

    reports = [failed("b", "B"), failed("a", "A"), failed("a", "A")]
    assert cause_lines(reports) == ["2 tests: A. correct a", "1 test: B. correct b"]


def test_a_written_file_of_known_deviations_keeps_reasons_and_lists_each_cause_once(
    tmp_path: Path,
) -> None:
    evidence = Evidence("why")
    known = FoundDeviation("a", "A", "", (), ("one",), evidence, known="agreed")
    new = FoundDeviation("a", "A", "", (), ("two",), evidence)
    file = tmp_path / "known.toml"
    file.write_text(known_text([known, new]))
    (listed,) = read_known(file)
    assert (listed.reason, listed.tests) == ("agreed", ("one", "two"))


@needs_php
def test_no_report_shows_the_password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONVERGIA_PASSWORD", PASSWORD)
    junit, page = tmp_path / "junit.xml", tmp_path / "report.html"
    breach = BREACHES["another dialect"]()
    with ReferenceGateway(breach, accounts={"ana": PASSWORD}) as gateway:
        said = ask(
            gateway.base_url,
            "--reserved-numbers=yes",
            "--username=ana",
            *BY_HAND,
            f"--junitxml={junit}",
            f"--html={page}",
            "--json",
            exit_code=1,
        ).output
    for text in (said, junit.read_text(), page.read_text()):
        assert "***" in text
        assert "no-la-digas" not in text


@pytest.mark.parametrize("cause", sorted(CURES))
def test_a_cure_is_a_working_command_for_the_same_gateway(cause: str) -> None:
    url = "http://127.0.0.1:1"
    for text in re.findall("`convergia ([^`]*)`", CURES[cause].format(url=url)):
        words = shlex.split(text)
        command: click.Command = main
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None, text
            command = found
        command.make_context(str(command.name), list(words))  # refuses what it does not know
        assert url in words or command.name == "codes"


@pytest.mark.exhaustive("variants")
def test_an_interrupted_run_reports_what_was_asked_and_ends_with_130(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    arguments = [httpserver.url_for("").rstrip("/"), f"--html={page}", "--reserved-numbers=no"]
    asked, third, ended = [0], threading.Event(), threading.Event()

    def hold_the_third(_: Request) -> Response:
        asked[0] += 1
        if asked[0] == 3:
            third.set()
            ended.wait(60)
        return Response("6")

    httpserver.expect_request(re.compile(".*")).respond_with_handler(hold_the_third)
    process = subprocess.Popen(
        [CONVERGIA, "contract", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        # It waits for a reply when the signal comes.
        assert third.wait(60)
        process.send_signal(signal.SIGINT)
        said, trouble = process.communicate(timeout=60)
    finally:
        ended.set()
        process.kill()
    assert process.returncode == 130, said.decode() + trouble.decode()
    assert b"was not asked everything: interrupted" in said
    assert "was not asked everything" in page.read_text(encoding="utf-8")
