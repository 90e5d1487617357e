"""Tests of `convergia doctor`: it finds what is wrong, and sends nothing."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import re
import socket
import socketserver
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import Account, MockServer
from convergia_wsdl import load_guide, load_profile

from tests.cli.conftest import PASSWORD, Convergia

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _verdicts(told: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {check["name"]: check["verdict"] for check in told["checks"]}


@pytest.mark.parametrize("transport", ["soap", "http"])
def test_a_healthy_setup_passes_and_nothing_is_sent(
    convergia: Convergia, gateway: MockServer, transport: str
) -> None:
    done = convergia("doctor", "--json", "-t", transport)
    assert _verdicts(json.loads(done.stdout)) == {
        "network": "done",
        "proxy": "done",
        "encryption": "done",
        "account": "done",
        "address": "cannot be known",
        "WSDL": "done",
        "replies": "done",
        "clock": "done",
        "charset": "cannot be known",
        "recipients": "done",
        "unknown": "cannot be known",
    }
    assert done.exit_code == 0
    assert gateway.space().messages == []


def test_settings_are_shown_with_their_sources_and_the_password_is_not(
    convergia: Convergia, gateway: MockServer
) -> None:
    settings = convergia.json("doctor", "-u", "tienda")["settings"]
    assert settings["base_url"] == {"value": gateway.base_url, "source": "environment"}
    assert settings["username"] == {"value": "tienda", "source": "argument"}
    assert settings["transport"] == {"value": "soap", "source": "default"}
    assert settings["password"] == {"value": "set", "source": "environment"}


def test_versions_profile_and_wsdl_are_printed(convergia: Convergia) -> None:
    told = convergia.json("doctor")
    assert {"convergia-sms", "python", "zeep", "openssl"} <= told["versions"].keys()
    digest = hashlib.sha256(load_profile().wsdl_bytes()).hexdigest()
    assert told["contract"]["wsdl sha256"] == digest
    assert told["contract"]["profile"].endswith("profile.toml")


def test_wrong_credentials_fail_with_a_cure(convergia: Convergia) -> None:
    done = convergia("doctor", env={"CONVERGIA_PASSWORD": "wrong"})
    assert "to do           account: refused over soap: 5: Error de Autenticación" in done.stdout
    assert "Hint: check CONVERGIA_USERNAME and CONVERGIA_PASSWORD" in done.stdout
    assert done.exit_code == 1


def test_a_gateway_out_of_reach_fails_and_the_rest_is_skipped(convergia: Convergia) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = convergia("doctor", "--json", "--base-url", f"http://127.0.0.1:{port}")
    verdicts = _verdicts(json.loads(done.stdout))
    assert verdicts["network"] == "to do"
    assert verdicts["clock"] == verdicts["account"] == "cannot be known"
    assert done.exit_code == 4


def test_plain_http_to_another_machine_gives_a_warning(convergia: Convergia) -> None:
    done = convergia("doctor", "--base-url", "http://gateway.invalid:8181", "--timeout", "2")
    assert "to do           encryption: plain HTTP, as in the guide" in done.stdout
    assert "Hint: ask Convergia for an HTTPS address" in done.stdout


def test_without_a_password_the_versions_are_still_printed(convergia: Convergia) -> None:
    done = convergia("doctor", "--json", env={"CONVERGIA_PASSWORD": None})
    told = json.loads(done.stdout)
    assert told["checks"][0]["finding"] == "the password is missing"
    assert "python" in told["versions"]
    assert done.exit_code == 2


class _Stranger(http.server.BaseHTTPRequestHandler):
    """A web server that is not a gateway, and whose clock is in the last century."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def _answer(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
        return "Fri, 31 Dec 1999 23:59:59 GMT"

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def stranger() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), _Stranger) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_another_server_at_the_address_and_a_wrong_clock_are_reported(stranger: str) -> None:
    told = Convergia(stranger).json("doctor", "--timeout", "2")
    checks = {check["name"]: check for check in told["checks"]}
    assert checks["network"]["verdict"] == "to do"
    assert "HTTP 404" in checks["network"]["finding"]
    assert checks["clock"]["verdict"] == "to do"
    assert "ahead of the gateway's" in checks["clock"]["finding"]
    assert checks["account"]["blocking"]
    assert "convergia probe" in checks["account"]["cure"]
    assert checks["WSDL"]["verdict"] == "cannot be known"


@pytest.fixture
def answering() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """A function that starts a server which answers by a given function, and returns its URL."""
    with contextlib.ExitStack() as stack:

        def make(answer: Callable[[socket.socket], None]) -> str:
            class Handler(socketserver.BaseRequestHandler):
                def handle(self) -> None:
                    with contextlib.suppress(OSError):
                        self.request.recv(65_536)
                        answer(self.request)

            server = stack.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler))
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_address[1]}"

        yield make


def test_a_head_that_drips_ends_with_the_calls_time(
    answering: Callable[[Callable[[socket.socket], None]], str],
) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not threading.Event().wait(0.02):
            connection.sendall(b"x")

    told = Convergia(answering(drip)).json("doctor", "--timeout", "0.4")

    assert _verdicts(told)["network"] == "to do"


@pytest.mark.parametrize(
    ("reply", "verdict", "said"),
    [
        (b"HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n", "to do", "CONVERGIA_PROXY="),
        (b"220 mail.example ESMTP\r\n", "to do", "not an HTTP reply"),
        (
            b"HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2026 00:00:00 +99999999999999999999\r\n\r\n",
            "done",
            "HTTP 200",
        ),
    ],
    ids=["a proxy", "another protocol", "no date"],
)
def test_doctor_reports_who_answers_at_the_address(
    answering: Callable[[Callable[[socket.socket], None]], str],
    reply: bytes,
    verdict: str,
    said: str,
) -> None:
    url = answering(lambda connection: connection.sendall(reply))

    done = Convergia(url)("doctor", "--json", "--timeout", "2")

    check = next(each for each in json.loads(done.stdout)["checks"] if each["name"] == "network")
    assert check["verdict"] == verdict
    assert said in check["finding"] + check["cure"]


def test_nothing_is_logged_beside_the_output(stranger: str) -> None:
    convergia = Convergia(stranger)
    done = subprocess.run(
        [sys.executable, "-c", "from convergia_sms.cli import main; main()", "doctor"],
        env={key: value for key, value in convergia.environment.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr.splitlines() == ["Error: to do: account"]


def test_a_profile_that_cannot_be_read_is_a_failed_check(
    convergia: Convergia, tmp_path: Path
) -> None:
    done = convergia("doctor", "--profile", str(tmp_path / "none.toml"))
    assert "to do           settings: " in done.stdout
    assert "cannot be read" in done.stdout
    assert done.exit_code == 2


def test_a_reply_outside_the_profile_suggests_a_probe(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('[reply]\nhttp.status = { form = "json" }\n')
    account = Account(name="tienda", password=PASSWORD)
    with MockServer(profile=load_profile(profile), accounts=[account]) as gateway:
        done = Convergia(gateway.base_url)("doctor", "-t", "http")
    assert "to do           replies: understood, though the profile does not" in done.stdout
    assert "`convergia probe --output DIR`" in done.stdout
    assert done.exit_code == 0


def test_a_wsdl_with_another_meaning_must_be_refreshed(
    convergia: Convergia, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('wsdl = "other.wsdl"\n')
    cached = load_profile().wsdl_bytes()
    (tmp_path / "other.wsdl").write_bytes(cached.replace(b'name="extra"', b'name="referencia"'))
    done = convergia("doctor", "--profile", str(profile))
    assert "to do           WSDL: the gateway's WSDL differs" in done.stdout
    assert "`convergia wsdl refresh --output DIR`" in done.stdout


def test_a_forbidden_live_gateway_is_reported_as_forbidden(convergia: Convergia) -> None:
    environment = {"CONVERGIA_FORBID_LIVE": "1", "CONVERGIA_BASE_URL": load_guide().base_url}
    for command in (["doctor"], ["probe"]):
        done = convergia(*command, env=environment)
        assert done.exit_code == 1
        assert "CONVERGIA_FORBID_LIVE" in done.stdout + done.stderr
    assert "unknown" not in convergia("probe", env=environment).stdout


def test_the_page_about_going_live_follows_the_checklist(convergia: Convergia) -> None:
    checks = [check["name"] for check in convergia.json("doctor")["checks"]]
    page = (Path(__file__).parents[2] / "docs/go-live.md").read_text()
    listed = re.findall(r"^### `(.+)`", page, re.MULTILINE)
    assert listed == checks


@pytest.mark.parametrize("content", [None, "no wsdl"])
def test_a_wsdl_that_cannot_be_read_fails_and_the_gateway_is_examined_all_the_same(
    convergia: Convergia, tmp_path: Path, content: str | None
) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('wsdl = "x.wsdl"')
    if content is not None:
        (tmp_path / "x.wsdl").write_text(content)
    done = convergia("doctor", "--json", "--profile", str(profile))
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["network"]["verdict"] == "done"
    assert "x.wsdl" in checks["account"]["finding"]
    assert "CONVERGIA_PROFILE" in checks["account"]["cure"]
    assert done.exit_code == 1


def test_a_certificate_that_cannot_be_read_is_a_failed_check(convergia: Convergia) -> None:
    environment = {"CONVERGIA_CA_FILE": "/nowhere.pem"}
    done = convergia("doctor", "--base-url", "https://gateway.invalid", env=environment)
    assert "to do           encryption: ca_file: /nowhere.pem: No such file" in done.stdout
    assert done.exit_code == 1


@pytest.mark.parametrize("command", [("send", "5512345678", "Hola"), ("status", "1")])
def test_a_certificate_that_cannot_be_read_is_wrong_usage(
    convergia: Convergia, command: tuple[str, ...]
) -> None:
    environment = {"CONVERGIA_CA_FILE": "/nowhere.pem"}
    done = convergia(*command, "--base-url", "https://gateway.invalid", env=environment)
    assert "ca_file: /nowhere.pem: No such file" in done.stderr
    assert done.exit_code == 2


def test_a_password_that_soap_cannot_carry_is_told_apart_from_a_wrong_one() -> None:
    password = "cuesta 5 €"
    with MockServer(accounts=[Account(name="tienda", password=password)]) as gateway:
        convergia = Convergia(gateway.base_url)
        over_soap = convergia("doctor", env={"CONVERGIA_PASSWORD": password})
        over_http = convergia("doctor", "-t", "http", env={"CONVERGIA_PASSWORD": password})
    assert "a character of user or password is lost over soap" in over_soap.stdout
    assert "done            account: accepted over http" in over_http.stdout


@pytest.mark.parametrize("command", [("wsdl", "diff"), ("wsdl", "refresh", "--output", "new")])
def test_commands_that_only_ask_exit_with_4_for_an_unreachable_gateway(
    convergia: Convergia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = convergia(*command, "--base-url", f"http://127.0.0.1:{port}")
    assert done.exit_code == 4
    assert "convergia doctor" in done.stderr
