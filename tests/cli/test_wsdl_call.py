"""Tests of `convergia wsdl call`, which calls any operation of the WSDL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import Account, MockServer, SoapFault
from convergia_wsdl import load_profile

from tests.cli.conftest import PASSWORD, Convergia
from tests.mockserver.operations.stacks import WSDLS
from tests.processes import PATIENCE, Child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convergia_mockserver import OperationCall


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nusoap") / "profile.toml"
    path.write_text(f"wsdl = '{WSDLS / 'nusoap'}.wsdl'\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def server(profile: Path) -> Iterator[MockServer]:
    accounts = [Account(name="tienda", password=PASSWORD)]
    with MockServer(accounts=accounts, profile=load_profile(profile)) as running:
        yield running


@pytest.fixture
def convergia(server: MockServer, profile: Path) -> Convergia:
    command = Convergia(server.base_url)
    command.environment["CONVERGIA_PROFILE"] = str(profile)
    return command


def test_it_prints_what_the_operation_returns(convergia: Convergia) -> None:
    done = convergia("wsdl", "call", "ConsultaSaldo")
    assert (done.exit_code, done.stdout) == (0, "mock-return\n")
    assert convergia.json("wsdl", "call", "ConsultaSaldo") == "mock-return"


def test_a_struct_goes_in_by_dots_or_json_and_comes_out_part_by_part(
    convergia: Convergia, server: MockServer
) -> None:
    server.space().operations.register("eco_pedido", lambda call: call.arguments["valor"])
    order = [
        "valor.folio=7",
        "valor.cliente=Peña",
        "valor.urgente:=false",
        "valor.fecha=2026-01-31",
    ]
    done = convergia("wsdl", "call", "eco_pedido", *order, "valor.importe=10.50")
    assert done.exit_code == 0, done.output
    assert "cliente\tPeña" in done.stdout
    assert "urgente\tFalse" in done.stdout
    whole = {"folio": 7, "cliente": "Peña", "urgente": False, "fecha": "2026-01-31"}
    argument = "valor:=" + json.dumps(whole | {"importe": "10.50"})
    assert convergia.json("wsdl", "call", "eco_pedido", argument)["importe"] == "10.50"


def test_a_fault_is_exit_code_1_with_its_words(convergia: Convergia, server: MockServer) -> None:
    fault = SoapFault("Sin saldo", "Server", "cuenta 7")
    server.space().script(operation="ConsultaSaldo", soap_fault=fault)
    done = convergia("wsdl", "call", "ConsultaSaldo", "--json")
    assert done.exit_code == 1
    error = json.loads(done.stdout)["error"]
    assert (error["type"], error["text"]) == ("GatewayFaultError", "Sin saldo")


def test_a_lost_reply_exits_with_3_unless_the_operation_is_repeatable(
    convergia: Convergia, server: MockServer
) -> None:
    server.space().script(operation="ConsultaSaldo", fault="accepted-then-reset")
    done = convergia("wsdl", "call", "ConsultaSaldo")
    assert done.exit_code == 3
    assert "the operation may have been carried out" in done.stderr
    server.space().script(operation="ConsultaSaldo", fault="accepted-then-reset")
    again = convergia("wsdl", "call", "ConsultaSaldo", "--repeatable")
    assert (again.exit_code, again.stdout) == (0, "mock-return\n")


def test_ctrl_c_tells_that_the_operation_may_have_been_carried_out(
    convergia: Convergia, server: MockServer
) -> None:
    called, answer = threading.Event(), threading.Event()

    def hold(_call: OperationCall) -> str:
        called.set()
        answer.wait(PATIENCE)
        return "1"

    server.space().operations.register("ConsultaSaldo", hold)
    given = {name: value for name, value in convergia.environment.items() if value is not None}
    command = [sys.executable, "-m", "convergia_sms", "wsdl", "call", "ConsultaSaldo"]
    try:
        with Child(command, stderr=subprocess.PIPE, text=True, env=os.environ | given) as process:
            assert called.wait(PATIENCE)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=PATIENCE)
    finally:
        answer.set()
        server.space().operations.clear()
    assert "the operation may have been carried out" in told
    assert process.returncode == 3


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["Nada"], "the WSDL has no operation 'Nada'; it has"),
        (["ConsultaSaldo", "x=1"], "there is no argument 'x'. It takes username: xsd:string"),
        (["ConsultaSaldo", "x"], "'x' is not NAME=VALUE"),
        (["ConsultaSaldo", "x:=[1"], "'[1' is not JSON"),
        (["ConsultaSaldo", "x=1", "x=2"], "x is given twice"),
        (["eco_pedido", "valor=1", "valor.folio=2"], "valor is given as a value too"),
    ],
)
def test_wrong_arguments_exit_with_2(
    arguments: list[str], problem: str, convergia: Convergia
) -> None:
    done = convergia("wsdl", "call", *arguments)
    assert done.exit_code == 2, done.output
    assert problem in " ".join(done.stderr.split())
