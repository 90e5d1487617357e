"""Tests that a probe finds a gateway's differences for free, and writes a profile with them."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from convergia_contract.reference import ReferenceGateway, missing
from convergia_mockserver import MockServer
from convergia_wsdl import load_profile
from werkzeug import Response

from tests.exhaustive import sampled
from tests.warm import CONVERGIA

from .strangers import STRANGERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_httpserver import HTTPServer
    from werkzeug import Request

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))
# What no reply to a wrong call can tell.
NEVER_KNOWN = {
    "text.http_charset",
    "text.soap_charset",
    "errors.retryable",
    "status.final",
}


def run(*arguments: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if "CONVERGIA" not in name}
    account = {"CONVERGIA_USERNAME": "demo", "CONVERGIA_PASSWORD": "demo"}
    return subprocess.run(
        [str(CONVERGIA), *map(str, arguments)],
        env=outside | account,
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def probe(
    base_url: str, *arguments: str | Path, typed: str = "", exit_code: int = 0
) -> dict[str, Any]:
    ran = run("probe", "--base-url", base_url, "--json", *arguments, typed=typed)
    assert ran.returncode == exit_code, ran.stdout + ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def keys(report: dict[str, Any], verdict: str) -> set[str]:
    return {one["key"] for one in report["findings"] if one["verdict"] == verdict}


@pytest.mark.exhaustive("probe")
@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda stranger: stranger.__name__)
def test_client_and_mock_behave_as_the_probed_gateway_does(
    stranger: Callable[[], ReferenceGateway], tmp_path: Path
) -> None:
    with stranger() as gateway:
        confirmed = ("--send-to", "55 1234 5678", "--output", tmp_path)
        report = probe(gateway.base_url, *confirmed, typed="525512345678\n")
        assert keys(report, "unknown") <= NEVER_KNOWN | {"message_id.first"}
        assert {"wsdl", "reply.http.send", "reply.soap.send", "text.max_length"} <= keys(
            report, "otherwise"
        )
        assert report["message"]["states"][-1] == 3
        assert gateway.numbers() == {"525512345678"}
        profile = ("--profile", tmp_path / "profile.toml")
        live = run("contract", gateway.base_url, "--reserved-numbers=yes", *profile)
    assert live.returncode == 0, live.stdout + live.stderr
    mock = run("contract", *profile)
    assert mock.returncode == 0, mock.stdout + mock.stderr


@pytest.mark.parametrize(
    "stranger",
    sampled(STRANGERS, "variants", every=4),
    ids=lambda stranger: stranger.__name__,
)
def test_without_send_to_limits_and_precedence_are_found_and_nothing_is_sent(
    stranger: Callable[[], ReferenceGateway], tmp_path: Path
) -> None:
    with stranger() as gateway:
        probe(gateway.base_url, "--output", tmp_path)
        assert gateway.numbers() == set()
    found, true = load_profile(tmp_path / "profile.toml"), gateway.profile
    assert found.text.max_length == true.text.max_length
    assert found.number.pattern == true.number.pattern
    assert found.errors.status_precedence == true.errors.status_precedence
    # 202 is an address's: nobody can bring it about.
    orders = [[code for code in one.errors.precedence if code != 202] for one in (found, true)]
    assert orders[0] == orders[1]
    assert found.wsdl_bytes() != load_profile().wsdl_bytes()


def test_a_gateway_that_fits_the_profile_shows_no_drift(nusoap_gateway: ReferenceGateway) -> None:
    report = probe(nusoap_gateway.base_url, "--check")
    assert not report["drifted"]
    assert keys(report, "otherwise") == set()
    assert {"wsdl", "reply.http.content_type", "errors.precedence"} <= keys(report, "as assumed")


def test_check_fails_on_drift_and_writes_nothing(tmp_path: Path) -> None:
    with STRANGERS[0]() as gateway:
        report = probe(gateway.base_url, "--check", exit_code=1)
        assert report["drifted"]
        assert report["written"] == []
        ran = run("probe", "--base-url", gateway.base_url, "--check", "--output", tmp_path / "new")
        assert ran.returncode == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.exhaustive("variants")
def test_check_against_the_written_profile_finds_no_drift(tmp_path: Path) -> None:
    with STRANGERS[1]() as gateway:
        arguments = ("--send-to", "5512345678", "--output", tmp_path)
        probe(gateway.base_url, *arguments, typed="525512345678\n")
        report = probe(gateway.base_url, "--check", "--profile", tmp_path / "profile.toml")
    assert keys(report, "otherwise") == set()


@pytest.mark.parametrize("typed", ["", "si\n", "5512345679\n"])
def test_a_message_is_sent_only_after_its_number_was_typed_again(typed: str) -> None:
    with ReferenceGateway() as gateway:
        ran = run("probe", "--base-url", gateway.base_url, "--send-to", "5512345678", typed=typed)
        assert ran.returncode in (1, 2)
        assert gateway.numbers() == set()


def test_the_transcript_contains_neither_password_nor_number(tmp_path: Path) -> None:
    with ReferenceGateway(accounts={"demo": "s3cr&ta ñ"}) as gateway:
        environment = {"CONVERGIA_USERNAME": "demo", "CONVERGIA_PASSWORD": "s3cr&ta ñ"}
        ran = subprocess.run(
            [
                str(CONVERGIA),
                "probe",
                f"--base-url={gateway.base_url}",
                "--send-to=5512345678",
                f"--output={tmp_path}",
            ],
            env={**os.environ, **environment},
            input="525512345678\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert gateway.numbers() == {"525512345678"}
    transcript = (tmp_path / "transcript.txt").read_text()
    assert "the real message" in transcript
    assert "***" in transcript
    for secret in ("s3cr", "525512345678&message=Prueba+de"):
        assert secret not in transcript + ran.stdout + ran.stderr


def test_the_transcript_of_a_redirecting_gateway_contains_no_password(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    def redirect(request: Request) -> Response:
        return Response(status=302, headers={"Location": request.url.replace("http:", "https:")})

    httpserver.expect_request(re.compile("/.*")).respond_with_handler(redirect)
    ran = subprocess.run(
        [
            str(CONVERGIA),
            "probe",
            f"--output={tmp_path}",
            "--username=demo",
            "--base-url",
            httpserver.url_for("").rstrip("/"),
        ],
        env={**os.environ, "CONVERGIA_PASSWORD": "s3creta"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    transcript = (tmp_path / "transcript.txt").read_text()
    assert "password=***" in transcript
    assert "s3creta" not in transcript + ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("status", "body"),
    sampled([(500, "error"), (200, "<html>Mantenimiento</html>"), (200, "")], "variants", every=3),
)
def test_check_fails_where_no_reply_can_be_read(
    httpserver: HTTPServer, status: int, body: str
) -> None:
    anything = httpserver.expect_request(re.compile("/.*"))
    anything.respond_with_data(body, status=status, content_type="text/html; charset=UTF-8")
    report = probe(httpserver.url_for("").rstrip("/"), "--check", exit_code=1)
    assert keys(report, "otherwise") == set()
    assert any("the SOAP service: " in sentence for sentence in report["unreadable"])
    assert "http: the replies to send have no dialect known here" in report["unreadable"]


@pytest.mark.parametrize("base_url", ["ftp://sms.test", "http://ana:clave@sms.test", "sms.test"])
def test_an_invalid_base_url_is_one_clear_error(base_url: str) -> None:
    ran = run("probe", "--check", "--base-url", base_url)
    assert ran.returncode == 2
    assert "base_url: " in ran.stderr
    assert "'http://" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "clave" not in ran.stderr


def test_an_absent_gateway_is_one_clear_error() -> None:
    ran = run("probe", "--base-url", "http://127.0.0.1:9")
    assert ran.returncode == 4
    assert "nothing answers" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_invalid_name_is_one_clear_error() -> None:
    ran = run("probe", "--base-url", "http://no.such.host.invalid:8181")
    assert ran.returncode == 4
    assert "nothing answers at http://no.such.host.invalid:8181" in ran.stderr


def test_a_gateway_that_hangs_is_given_up_soon() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        ran = run(
            "probe", "--timeout=0.2", f"--base-url=http://127.0.0.1:{silent.getsockname()[1]}"
        )
    assert ran.returncode == 4
    assert "accepts connections but does not answer" in ran.stderr


def answers(spelt: str) -> Callable[[Request], Response]:
    """A script that spells its codes in a way that no dialect names."""

    def answer(request: Request) -> Response:
        wanted = {"username": 101, "password": 102, "message": 103, "number": 104}
        sends = request.path == "/"
        missing = [code for name, code in wanted.items() if not request.args.get(name)]
        code = (missing or [201])[0] if sends else 5
        return Response(spelt.replace("CODE", str(code)))

    return answer


@pytest.mark.parametrize(
    "spelt",
    ['{"respuesta": {"resultado": {"codigo": "CODE"}}}', '<respuesta codigo="CODE" id=""/>'],
)
def test_a_reply_that_only_the_form_auto_reads_gives_auto(
    httpserver: HTTPServer, tmp_path: Path, spelt: str
) -> None:
    httpserver.expect_request(re.compile("/|/estatus_mensaje.php")).respond_with_handler(
        answers(spelt)
    )
    probe(httpserver.url_for("").rstrip("/"), "--output", tmp_path, exit_code=1)
    assert load_profile(tmp_path / "profile.toml").reply.http.send.form == "auto"


def test_bottomless_json_is_not_a_dialect(httpserver: HTTPServer) -> None:
    httpserver.expect_request(re.compile("/.*")).respond_with_data('{"a":' * 20_000)
    report = probe(httpserver.url_for("").rstrip("/"), exit_code=1)
    assert "http: the replies to send have no dialect known here" in report["unreadable"]


OWN = """
wsdl = "own.wsdl"
message_id.first = 7
text.soap_charset = ""
errors.rate = 205
binding.send = { operation = "enviar_mensaje", parts = { username = "p1" } }
"""


def test_settings_that_a_probe_cannot_determine_keep_the_profiles_values(tmp_path: Path) -> None:
    wsdl = load_profile().wsdl_bytes().replace(b'name="username"', b'name="p1"', 1)
    (tmp_path / "own.wsdl").write_bytes(wsdl)
    (tmp_path / "own.toml").write_text(OWN)
    with MockServer(profile=tmp_path / "own.toml") as server:
        where = ("--profile", tmp_path / "own.toml", "--output", tmp_path / "probed")
        probe(server.base_url, *where)
    own, written = (load_profile(tmp_path / one) for one in ("own.toml", "probed/profile.toml"))

    assert written.message_id == own.message_id
    assert written.text == own.text
    assert written.errors == own.errors
    assert written.binding == own.binding


def test_control_characters_of_a_wsdl_do_not_break_the_profile(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    wsdl = load_profile().wsdl_bytes().replace(b"enviar_mensaje", b"enviar&#13;&#127;")
    service = httpserver.expect_request("/webservice.php")
    service.respond_with_data(wsdl, content_type="text/xml")
    probe(httpserver.url_for("").rstrip("/"), "--output", tmp_path, exit_code=1)
    assert load_profile(tmp_path / "profile.toml").source == str(tmp_path / "profile.toml")


def test_a_number_in_the_gateways_own_spelling_is_in_no_transcript(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    told = "100|77 5512345678 +52 (55) 1234-5678 %2B52%2055%201234%205678"
    httpserver.expect_request(re.compile("/.*")).respond_with_data(told)
    where = ("--send-to=5512345678", "--wait=0", "--output", tmp_path)
    probe(httpserver.url_for("").rstrip("/"), *where, typed="525512345678\n", exit_code=1)
    transcript = (tmp_path / "transcript.txt").read_text()
    assert "100|77 *** *** ***\n" in transcript
