"""Tests of checking a recording against a gateway, and of its replay without accounts."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from convergia_contract.suite.by_hand import HttpByHand, SoapByHand, exchange
from convergia_contract.target import Target
from convergia_mockserver import Account, Criteria, MockServer, Script, ScriptAnswer
from convergia_mockserver.cli.record import record
from convergia_mockserver.recording import load_recording, load_sessions
from convergia_mockserver.recording.proxy import RecordingProxy, RecordingSession
from convergia_wsdl import load_guide, load_profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

SECRET = "s3cr&ta"
NUMBER = "525512345678"
ACCOUNTS = [Account(name="tienda", password=SECRET)]


def target(base_url: str, password: str = SECRET) -> Target:
    return Target(base_url, "tienda", password, load_profile(), True, False, NUMBER)


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer(accounts=ACCOUNTS) as server:
        yield server


@pytest.fixture
def recording(server: MockServer, tmp_path: Path) -> Path:
    """A page, the WSDL, a send, a refused one and a status over both transports."""
    output = tmp_path / "session.jsonl"
    session = RecordingSession(server.base_url, output, SECRET)
    with RecordingProxy(session, load_guide(), load_profile()) as proxy:
        asked = target(proxy.base_url)
        exchange(asked, "GET", "/webservice.php?wsdl")
        for speaker in (HttpByHand(asked), SoapByHand(asked)):
            answer = speaker.send(NUMBER, "Hola")
            assert speaker.send(NUMBER, "Hola", password="otra").code == 201
            assert speaker.ask("send", {"number": NUMBER, "message": "Hola"}).code == 101
            speaker.status(answer.message_id or "")
    return output


def check(recording: Path, url: str, exit_code: int) -> Result:
    environment = {"CONVERGIA_PASSWORD": SECRET}
    done = CliRunner().invoke(record, ["--check", str(recording), url], env=environment)
    assert done.exit_code == exit_code, done.output
    return done


def test_a_recording_states_its_date_and_versions(recording: Path, server: MockServer) -> None:
    (session,) = load_sessions(recording)
    profile = load_profile()
    assert session.recorded.endswith("+00:00")
    assert session.gateway == server.base_url
    assert session.wsdl_sha256 == profile.wsdl_digest()
    assert session.profile_sha256 == profile.digest()
    assert [each.line for each in load_recording(recording)] == list(range(2, 11))


def test_a_check_repeats_only_free_requests_and_sends_nothing(
    recording: Path, server: MockServer
) -> None:
    sent = len(server.space().messages)
    said = check(recording, server.base_url, 0).output
    assert "7 same, 0 changed, 2 not sent" in said
    assert len(server.space().messages) == sent
    assert SECRET not in said


def test_a_message_delivered_in_the_meantime_is_not_a_change(
    recording: Path, server: MockServer
) -> None:
    server.space().clock.advance(3600)
    assert "0 changed" in check(recording, server.base_url, 0).output


def test_a_changed_reply_of_the_gateway_is_reported(recording: Path, server: MockServer) -> None:
    server.space().scripts.add(Script((ScriptAnswer(code=305),), Criteria(operation="send")))
    said = check(recording, server.base_url, 1).output
    assert "changed   http send" in said
    assert "was: HTTP 200 text/html; charset=UTF-8: 201" in said
    assert "now: HTTP 200 text/html; charset=UTF-8: 305" in said


def test_an_unreachable_gateway_is_not_reported_as_a_change(recording: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert "does not answer" in check(recording, f"http://127.0.0.1:{port}", 4).output


def test_a_recording_of_another_profile_is_reported(
    recording: Path, server: MockServer, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text("[text]\nmax_length = 459\n")
    arguments = ["--check", str(recording), server.base_url, "--profile", str(profile)]
    done = CliRunner().invoke(record, arguments, env={"CONVERGIA_PASSWORD": SECRET})
    assert "the recording used another profile" in done.output


def test_an_empty_password_in_the_environment_does_not_hide_the_password_file(
    tmp_path: Path,
) -> None:
    environment = {"CONVERGIA_PASSWORD": "", "CONVERGIA_PASSWORD_FILE": str(tmp_path / "absent")}
    arguments = ["--output", str(tmp_path / "a.jsonl"), "http://127.0.0.1:1"]
    done = CliRunner().invoke(record, arguments, env=environment)
    assert "CONVERGIA_PASSWORD_FILE: " in done.output


def test_record_names_the_file_or_the_address_that_it_cannot_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for output, complaint in (
            (str(tmp_path / "a.jsonl"), f"cannot listen at 127.0.0.1 port {port}: Address already"),
            ("/nowhere/a", "--output: /nowhere/a cannot be written: No such file"),
        ):
            arguments = ["--output", output, "--port", str(port), "http://127.0.0.1:1"]
            done = CliRunner().invoke(record, arguments, env={"CONVERGIA_PASSWORD": SECRET})
            assert done.exit_code == 1
            assert complaint in done.output
            assert "Hint: " in done.output


@pytest.mark.parametrize("options", [(), ("--output", "a", "--check", "{file}")])
def test_record_requires_either_output_or_check(options: tuple[str, ...], recording: Path) -> None:
    arguments = [each.format(file=recording) for each in options]
    done = CliRunner().invoke(record, ["http://127.0.0.1:1", *arguments])
    assert done.exit_code == 2
    assert "either --output FILE or --check FILE" in done.output


def test_the_recorded_account_is_played_back_without_being_configured(recording: Path) -> None:
    with MockServer(replay=recording) as server:
        asked = HttpByHand(target(server.base_url, "whatever it was"))
        assert asked.send(NUMBER, "Hola").code == 100


def test_with_the_account_configured_a_wrong_password_is_wrong(recording: Path) -> None:
    with MockServer(replay=recording, accounts=ACCOUNTS) as server:
        assert HttpByHand(target(server.base_url, "otra")).send(NUMBER, "Hola").code == 201
        assert HttpByHand(target(server.base_url)).send(NUMBER, "Hola").code == 100
