"""Tests of `convergia status` against a mock server."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import Account, MockServer
from convergia_mockserver.gateway import FaultKind

from tests.cli.conftest import PASSWORD, Convergia
from tests.processes import Child

if TYPE_CHECKING:
    from collections.abc import Iterator


def _sent(convergia: Convergia, number: str) -> str:
    return str(convergia.json("send", number, "Hola")["message_id"])


def test_several_messages_each_with_the_guides_text(convergia: Convergia) -> None:
    pending = _sent(convergia, "520000001000")
    failed = _sent(convergia, "520000001002")
    delivered = _sent(convergia, "520000001003")
    done = convergia("status", pending, failed, delivered)
    assert done.stdout.splitlines() == [
        f"{pending}\t0\tPENDING\tPendiente",
        f"{failed}\t2\tFAILED\tFallido",
        f"{delivered}\t3\tDELIVERED\tEntregado",
    ]
    assert done.exit_code == 0


def test_json_is_a_list(convergia: Convergia) -> None:
    message_id = _sent(convergia, "520000001003")
    assert convergia.json("status", message_id) == [
        {"message_id": message_id, "code": 3, "name": "DELIVERED", "description": "Entregado"}
    ]


def test_a_message_that_is_not_found_is_reported_and_exits_with_1(
    convergia: Convergia,
) -> None:
    known = _sent(convergia, "520000001003")
    done = convergia("status", "999", known)
    assert "999\t6\tNOT_FOUND\tMensaje no Encontrado\n" in done.stdout
    assert f"{known}\t3\tDELIVERED" in done.stdout
    assert "not found: 999" in done.stderr
    assert done.exit_code == 1


def test_wrong_credentials_exit_with_1_and_say_what_to_check(convergia: Convergia) -> None:
    done = convergia("status", "1", env={"CONVERGIA_PASSWORD": "wrong"})
    assert "Error: 5: Error de Autenticación" in done.stderr
    assert "CONVERGIA_PASSWORD" in done.stderr
    assert done.exit_code == 1


@pytest.fixture
def slow_gateway() -> Iterator[MockServer]:
    """A gateway that delivers its messages when its clock is advanced."""
    accounts = [Account(name="tienda", password=PASSWORD)]
    with MockServer(accounts=accounts, delivery_delay=3600) as server:
        yield server


def test_watch_prints_every_change_up_to_the_final_state(slow_gateway: MockServer) -> None:
    convergia = Convergia(slow_gateway.base_url)
    message_id = _sent(convergia, "5512345678")
    program = "from convergia_sms.cli import main; main()"
    command = [sys.executable, "-c", program, "status", message_id]
    with Child(
        [*command, "--watch", "--interval", "0.05", "--json"],
        env={key: value for key, value in convergia.environment.items() if value},
        stdout=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout is not None
        assert json.loads(watching.stdout.readline())["name"] == "PENDING"
        slow_gateway.space().clock.advance(3600)
        assert json.loads(watching.stdout.readline())["name"] == "DELIVERED"
        assert watching.stdout.read() == ""
    assert watching.returncode == 0


def test_watch_of_a_message_that_fails_exits_with_1(convergia: Convergia) -> None:
    done = convergia("status", _sent(convergia, "520000001002"), "--watch")
    assert "not delivered" in done.stderr
    assert done.exit_code == 1


def test_watch_that_gives_up_exits_with_3(convergia: Convergia) -> None:
    message_id = _sent(convergia, "520000001000")
    done = convergia("status", message_id, "--watch", "--watch-timeout", "0.01")
    assert done.stdout.count("PENDING") == 1
    assert f"still on their way: {message_id}" in done.stderr
    assert done.exit_code == 3


def test_known_states_are_shown_although_another_cannot_be_queried(
    gateway: MockServer, convergia: Convergia
) -> None:
    known, lost = _sent(convergia, "520000001003"), _sent(convergia, "520000001003")
    gateway.space().script(sequence=[3, *[FaultKind.HTTP_500] * 9], operation="status")

    done = convergia("status", known, lost)

    assert done.stdout == f"{known}\t3\tDELIVERED\tEntregado\n"
    assert f"Error: {lost}: the state is not known" in done.stderr
    assert done.exit_code == 3


def test_watch_continues_after_failed_queries(gateway: MockServer, convergia: Convergia) -> None:
    message_id = _sent(convergia, "5512345678")
    gateway.space().script(sequence=[0, *[FaultKind.HTTP_500] * 4, 3], operation="status")

    done = convergia("status", message_id, "--watch", "--interval", "0.01")

    assert [line.split("\t")[2] for line in done.stdout.splitlines()] == ["PENDING", "DELIVERED"]
    assert "Warning: the state is not known" in done.stderr
    assert done.exit_code == 0


def test_watch_of_a_gateway_out_of_reach_exits_with_4(convergia: Convergia) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}"

    done = convergia("status", "1", "--watch", env={"CONVERGIA_BASE_URL": dead})

    assert "the state is not known: no connection" in done.stderr
    assert done.exit_code == 4


def test_an_error_of_a_watch_is_a_line_of_its_json(convergia: Convergia) -> None:
    done = convergia("status", "1", "--watch", "--json", env={"CONVERGIA_PASSWORD": "wrong"})

    (line,) = done.stdout.splitlines()
    assert json.loads(line)["error"]["type"] == "AuthenticationError"
