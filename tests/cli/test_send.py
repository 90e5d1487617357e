"""Tests of `convergia send` against a mock server, over both transports."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.processes import PATIENCE, Child

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_mockserver import MockGateway, MockServer

    from tests.cli.conftest import Convergia

TRANSPORTS = pytest.mark.parametrize("transport", ["soap", "http"])


@TRANSPORTS
def test_a_message_that_the_gateway_accepted_is_reported_in_json(
    convergia: Convergia, gateway: MockServer, transport: str
) -> None:
    told = convergia.json(
        *("send", "55 1234 5678", "Su pedido va en camino", "--extra", "p-1", "-t", transport)
    )
    (message,) = gateway.space().messages
    assert told == {
        "outcome": "accepted",
        "message_id": message.id,
        "code": 100,
        "number": "525512345678",
        "transport": transport,
        "segments": 1,
    }
    assert (message.text, message.extra) == ("Su pedido va en camino", "p-1")


def test_in_a_pipe_it_is_one_line_that_starts_with_the_id(
    convergia: Convergia, gateway: MockServer
) -> None:
    done = convergia("send", "5512345678", "Hola")
    (message,) = gateway.space().messages
    assert done.stdout == f"{message.id}\taccepted\t525512345678\tsoap\t1\n"
    assert done.exit_code == 0


def test_the_text_may_come_from_standard_input(convergia: Convergia, gateway: MockServer) -> None:
    convergia("send", "5512345678", "-", stdin="Dos\nrenglones\n")
    assert gateway.space().messages[0].text == "Dos\nrenglones"


@TRANSPORTS
def test_a_rejection_tells_code_cause_and_cure_and_exits_with_1(
    convergia: Convergia, transport: str
) -> None:
    done = convergia("send", "520000000204", "Hola", "-t", transport)
    assert done.exit_code == 1
    assert done.stderr == (
        "Error: 204: Numero de mensajes permitidos superado\n"
        "Hint: ask Convergia for a larger allowance, or wait until it is renewed\n"
    )


def test_a_rejection_in_json(convergia: Convergia) -> None:
    told = convergia.json("send", "520000000305", "Hola")
    assert told["outcome"] == "rejected"
    error = told["error"]
    assert (error["type"], error["code"]) == ("GatewayUnavailableError", 305)
    assert error["retryable"] is True


@TRANSPORTS
def test_an_unknown_outcome_exits_with_3(convergia: Convergia, transport: str) -> None:
    done = convergia("send", "520000002002", "Hola", "-t", transport)  # accepted, then reset
    assert done.exit_code == 3
    assert "may have been sent" in done.stderr
    assert "Hint: look in the portal" in done.stderr


def test_an_unknown_outcome_is_unknown_in_json(convergia: Convergia) -> None:
    assert convergia.json("send", "520000002002", "Hola")["outcome"] == "unknown"


def test_a_gateway_out_of_reach_is_not_sent(convergia: Convergia) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = convergia(
        *("send", "5512345678", "Hola", "--base-url", f"http://127.0.0.1:{port}", "--timeout", "2")
    )
    assert done.exit_code == 1
    assert "Hint: nothing was sent" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("send", "12", "Hola"), "too short"),
        (("send", "5512345678", "Hola", "--base-url", "ftp://x"), "base_url"),
        (("send", "5512345678", "Hola", "--timeout", "0"), "timeout"),
        (("send", "5512345678"), "Missing argument 'TEXT'"),
        (("send", "5512345678", "Hola", "-t", "smtp"), "'smtp' is not one of"),
    ],
)
def test_a_wrong_call_exits_with_2(
    convergia: Convergia, gateway: MockServer, arguments: tuple[str, ...], cause: str
) -> None:
    done = convergia(*arguments)
    assert cause in done.stderr
    assert done.exit_code == 2
    assert gateway.space().messages == []


@pytest.mark.parametrize(
    ("missing", "cause"),
    [
        ("CONVERGIA_USERNAME", "the username is missing"),
        ("CONVERGIA_PASSWORD", "the password is missing"),
    ],
)
def test_without_credentials_it_says_which_are_missing(
    convergia: Convergia, missing: str, cause: str
) -> None:
    done = convergia("send", "5512345678", "Hola", env={missing: None})
    assert cause in done.stderr
    assert missing in done.stderr
    assert done.exit_code == 2


def test_a_password_on_the_command_line_is_refused_and_not_repeated(convergia: Convergia) -> None:
    done = convergia("send", "5512345678", "Hola", "--password", "hunter2")
    assert "can be read by everybody" in done.stderr
    assert "hunter2" not in done.output
    assert done.exit_code == 2


def test_wait_waits_until_the_message_is_delivered(convergia: Convergia) -> None:
    told = convergia.json("send", "5512345678", "Hola", "--wait")
    assert told["status"] == {"code": 3, "name": "DELIVERED"}


def test_wait_for_a_message_that_fails_exits_with_1(convergia: Convergia) -> None:
    done = convergia("send", "520000001002", "Hola", "--wait")
    assert "\tfailed\t" in done.stdout
    assert "was not delivered" in done.stderr
    assert done.exit_code == 1


def test_wait_that_runs_out_exits_with_3_and_says_how_to_ask_again(convergia: Convergia) -> None:
    done = convergia("send", "520000001000", "Hola", "--wait", "--wait-timeout", "0.05")
    message_id = done.stdout.partition("\t")[0]
    assert f"`convergia status {message_id}`" in done.stderr
    assert done.exit_code == 3


def test_a_dry_run_sends_nothing_and_needs_no_credentials(
    convergia: Convergia, gateway: MockServer
) -> None:
    told = convergia.json(
        *("send", "044 55 1234 5678", "Así: 5 € “ya”", "--dry-run"),
        env={"CONVERGIA_USERNAME": None, "CONVERGIA_PASSWORD": None},
    )
    assert told["number"] == "525512345678"
    assert (told["encoding"], told["units"], told["segments"]) == ("UCS-2", 13, 1)
    assert told["forces_ucs2"] == ["í", "“", "”"]
    assert told["damaged"] == ["€", "“", "”"]
    assert told["transliteration"]["text"] == 'Asi: 5 EUR "ya"'
    assert gateway.space().messages == []


def test_a_dry_run_for_people_shows_what_transliteration_would_send(convergia: Convergia) -> None:
    done = convergia("send", "5512345678", "Así", "--dry-run")
    assert "forces UCS-2\tí\n" in done.stdout
    assert "transliterated\tAsi\n" in done.stdout
    assert done.exit_code == 0


def test_a_dry_run_of_a_text_that_is_too_long_exits_with_1(convergia: Convergia) -> None:
    done = convergia("send", "5512345678", "a" * 161, "--dry-run")
    assert "too long: 161 characters, and the profile says 160" in done.stderr
    assert done.exit_code == 1


def test_transliterate_sends_the_stand_ins_and_reports_them(
    convergia: Convergia, gateway: MockServer
) -> None:
    done = convergia("send", "5512345678", "Así… 5 €", "--transliterate")
    assert gateway.space().messages[0].text == "Asi... 5 EUR"
    assert "Transliterated: í → i, … → ..., € → EUR." in done.stderr


def test_a_text_that_the_gateway_damages_is_sent_with_a_warning(
    convergia: Convergia, gateway: MockServer
) -> None:
    done = convergia("send", "5512345678", "5 €")
    assert "Warning: the gateway will turn € into question marks." in done.stderr
    assert gateway.space().messages[0].text == "5 ?"
    assert done.exit_code == 0


def test_strict_refuses_a_text_that_the_gateway_damages(
    convergia: Convergia, gateway: MockServer
) -> None:
    done = convergia("send", "5512345678", "5 €", "--strict")
    assert "not sent: the gateway would turn € into question marks" in done.stderr
    assert gateway.space().messages == []
    assert done.exit_code == 1


def test_a_broken_profile_is_wrong_usage(convergia: Convergia, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text("nonsense = 1")
    done = convergia("send", "5512345678", "Hola", "--profile", str(profile))
    assert "nonsense" in done.stderr
    assert done.exit_code == 2


def test_a_reference_that_the_gateway_damages_is_warned_of(
    convergia: Convergia, gateway: MockServer
) -> None:
    done = convergia("send", "5512345678", "Hola", "--extra", "p €")
    assert "Warning: the gateway would turn € of --extra into question marks." in done.stderr
    assert gateway.space().messages[0].extra == "p ?"
    assert done.exit_code == 0


def test_strict_refuses_a_reference_that_the_gateway_damages(
    convergia: Convergia, gateway: MockServer
) -> None:
    done = convergia("send", "5512345678", "Hola", "--extra", "p €", "--strict")
    assert "not sent: the gateway would turn € of --extra" in done.stderr
    assert gateway.space().messages == []
    assert done.exit_code == 1


@pytest.mark.parametrize("arguments", [("ma\udcf1ana",), ("Hola", "--extra", "a\udcf1o")])
def test_text_outside_the_terminals_charset_is_wrong_usage(
    convergia: Convergia, gateway: MockServer, arguments: tuple[str, ...]
) -> None:
    done = convergia("send", "5512345678", *arguments)
    assert "is not in the charset of this terminal" in done.stderr
    assert "Hint: " in done.stderr
    assert gateway.space().messages == []
    assert done.exit_code == 2


def test_a_character_that_is_invalid_in_xml_is_wrong_usage(
    convergia: Convergia, gateway: MockServer
) -> None:
    done = convergia("send", "5512345678", "a\x01b")
    assert "XML cannot contain the character U+0001" in done.stderr
    assert gateway.space().messages == []
    assert done.exit_code == 2


@pytest.mark.parametrize("as_json", [False, True])
def test_a_sent_message_is_reported_although_the_wait_for_it_fails(
    convergia: Convergia, gateway: MockServer, *, as_json: bool
) -> None:
    gateway.space().script(code=5, operation="status", times=0)
    done = convergia("send", "5512345678", "Hola", "--wait", *(["--json"] if as_json else []))
    (message,) = gateway.space().messages
    if as_json:
        told = json.loads(done.stdout)
        assert (told["outcome"], told["message_id"]) == ("accepted", message.id)
    else:
        assert done.stdout.startswith(f"{message.id}\taccepted\t")
    assert f"message {message.id} was sent, but its state is not known: 5" in done.stderr
    assert f"`convergia status {message.id}`" in done.stderr
    assert done.exit_code == 3


def test_ctrl_c_in_the_wait_still_reports_the_sent_message(
    convergia: Convergia, gateway: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("convergia_sms._client.Client.wait", interrupted)
    done = convergia("send", "5512345678", "Hola", "--wait")
    (message,) = gateway.space().messages
    assert done.stdout.startswith(f"{message.id}\taccepted\t")
    assert "was sent; you stopped waiting for it" in done.stderr
    assert done.exit_code == 3


def test_a_signal_while_the_answer_is_awaited_tells_that_the_message_may_be_sent(
    convergia_mockserver: MockGateway,
) -> None:
    convergia_mockserver.script(delay=PATIENCE, operation="send")
    command = [sys.executable, "-m", "convergia_sms", "send", "5512345678", "Hola"]
    with Child(command, stderr=subprocess.PIPE, text=True) as process:
        convergia_mockserver.wait(1, timeout=PATIENCE)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=PATIENCE)
    assert "the message may have been sent" in told
    assert process.returncode == 3


@pytest.mark.parametrize("seconds", ["nan", "0", "-1"])
def test_an_invalid_wait_is_refused_before_anything_is_sent(
    convergia: Convergia, gateway: MockServer, seconds: str
) -> None:
    done = convergia("send", "5512345678", "Hola", "--wait", "--wait-timeout", seconds)
    assert done.exit_code == 2
    assert gateway.space().messages == []
