"""Tests of the contract suite on real gateways: it is free by default, and finds breaches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from convergia_contract.reference import ReferenceGateway, missing
from convergia_contract.suite.by_hand import HttpByHand
from convergia_contract.target import Target
from convergia_wsdl import load_profile

from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from convergia_mockserver import MockGateway
    from convergia_wsdl import Profile

needs_php = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if "CONVERGIA" not in name}
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**outside, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def contract(*arguments: str, cwd: Path, exit_code: int = 0, **environment: str) -> Any:
    ran = run(CONVERGIA, "contract", *arguments, "--json", cwd=cwd, **environment)
    assert ran.returncode == exit_code, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def failures(report: Any) -> list[str]:
    return [one["test"] for one in report["tests"] if one["verdict"] == "failed"]


def target(gateway: ReferenceGateway) -> Target:
    return Target(gateway.base_url, "demo", "demo", gateway.profile, True, False, "")


def test_the_mock_server_keeps_the_contract(tmp_path: Path) -> None:
    report = contract(cwd=tmp_path)
    assert failures(report) == []
    assert report["not_asked"] == 0
    assert report["passed"] > 250


def test_nusoap_keeps_the_contract(nusoap_gateway: ReferenceGateway, tmp_path: Path) -> None:
    report = contract(nusoap_gateway.base_url, "--reserved-numbers=yes", cwd=tmp_path)
    assert failures(report) == []
    assert report["not_asked"] == 0
    assert report["passed"] > 250


def test_the_gateway_on_pytest_httpserver_keeps_the_contract(
    convergia_httpserver: MockGateway, tmp_path: Path
) -> None:
    report = contract(convergia_httpserver.base_url, "--reserved-numbers=yes", cwd=tmp_path)
    assert failures(report) == []
    assert report["not_asked"] == 0
    assert report["passed"] > 250


@needs_php
def test_nothing_is_sent_by_a_gateway_without_reserved_numbers(tmp_path: Path) -> None:
    with ReferenceGateway(reserved_numbers=False) as gateway:
        report = contract(gateway.base_url, cwd=tmp_path)
        assert failures(report) == []
        assert report["not_asked"] > 100
        assert any("--billable" in reason for reason in report["reasons"])
        assert any("--reserved-numbers" in reason for reason in report["reasons"])
        first = HttpByHand(target(gateway)).send("525512345678").message_id
    assert first == str(gateway.profile.message_id.first)


@needs_php
def test_billable_sends_to_the_given_number(tmp_path: Path) -> None:
    with ReferenceGateway(reserved_numbers=False) as gateway:
        arguments = ("--billable", "--send-to=525511111111", "-k", "by-hand or by_get or by_hand")
        report = contract(gateway.base_url, *arguments, cwd=tmp_path)
        assert failures(report) == []
        sent = HttpByHand(target(gateway)).send("525512345678").message_id
        assert gateway.numbers() == {"525511111111", "525512345678"}
    assert int(sent or 0) > gateway.profile.message_id.first


def changed(**parts: object) -> Profile:
    return msgspec.structs.replace(load_profile(), **parts)


def with_other_separator() -> Profile:
    reply = load_profile().reply
    send = msgspec.structs.replace(reply.http.send, separator=";")
    return changed(
        reply=msgspec.structs.replace(reply, http=msgspec.structs.replace(reply.http, send=send))
    )


BREACHES: dict[str, Callable[[], Profile]] = {
    "another dialect": with_other_separator,
    "another precedence": lambda: changed(
        errors=msgspec.structs.replace(
            load_profile().errors, precedence=load_profile().errors.precedence[::-1]
        )
    ),
    "no check of credentials before a status": lambda: changed(
        errors=msgspec.structs.replace(load_profile().errors, status_precedence=(6,))
    ),
    "another limit": lambda: changed(
        text=msgspec.structs.replace(load_profile().text, max_length=159)
    ),
    "another content type": lambda: changed(
        reply=msgspec.structs.replace(
            load_profile().reply,
            http=msgspec.structs.replace(load_profile().reply.http, content_type="text/plain"),
        )
    ),
}


@needs_php
@pytest.mark.exhaustive("contract")
@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_of_the_contract_is_found(breach: str, tmp_path: Path) -> None:
    with ReferenceGateway(BREACHES[breach]()) as gateway:
        only_by_hand = ("-k", "by-hand or by_hand or HTTP or content_type")
        report = contract(
            gateway.base_url,
            "--reserved-numbers=yes",
            *only_by_hand,
            cwd=tmp_path,
            exit_code=1,
        )
    assert failures(report)
    assert not report["kept"]


@pytest.mark.exhaustive("variants")
def test_the_suite_runs_under_pytest_from_any_folder(
    nusoap_gateway: ReferenceGateway, tmp_path: Path
) -> None:
    pytest_ = (sys.executable, "-m", "pytest", "-pno:cacheprovider", "--pyargs")
    ran = run(
        *pytest_,
        "convergia_contract",
        f"--gateway-url={nusoap_gateway.base_url}",
        "-k",
        "by-hand",
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "not asked of this gateway" in ran.stdout


def test_an_absent_gateway_is_one_clear_error(tmp_path: Path) -> None:
    ran = run(CONVERGIA, "contract", "http://127.0.0.1:9", cwd=tmp_path)
    assert ran.returncode == 4
    assert "nothing answers at http://127.0.0.1:9" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_invalid_url_is_wrong_usage(tmp_path: Path) -> None:
    ran = run(CONVERGIA, "contract", "127.0.0.1:8181", cwd=tmp_path)
    assert ran.returncode == 2
    assert "http://" in ran.stderr


@pytest.mark.exhaustive("variants")
def test_the_password_shows_nowhere(nusoap_gateway: ReferenceGateway, tmp_path: Path) -> None:
    ran = run(
        CONVERGIA,
        "contract",
        nusoap_gateway.base_url,
        "--reserved-numbers=yes",
        f"--junitxml={tmp_path / 'junit.xml'}",
        cwd=tmp_path,
        CONVERGIA_PASSWORD="no-la-digas",
    )
    assert ran.returncode == 1
    written = (tmp_path / "junit.xml").read_text()
    assert "no-la-digas" not in ran.stdout + ran.stderr + written
    assert "failure" in written
