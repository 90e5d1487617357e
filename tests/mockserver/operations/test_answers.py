"""Tests of an operation's answer: by a script, a function or the accounts file, in that order."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from convergia_mockserver import (
    AccountError,
    JournalQuery,
    MockServer,
    OperationCall,
    OperationError,
    Pattern,
    ScriptError,
    SoapFault,
)
from zeep.exceptions import Fault, TransportError

from tests.mockserver.operations.stacks import plain, serving, zeep_of
from tests.mockserver.portal.browser import Browser

if TYPE_CHECKING:
    from pathlib import Path

ORDER = {
    "folio": 7,
    "cliente": "Peña",
    "urgente": False,
    "fecha": date(2026, 1, 31),
    "importe": Decimal("10.50"),
}


def balance(service: Any) -> Any:
    return service.ConsultaSaldo("demo", "demo")


def test_a_script_says_what_the_next_calls_return(server: MockServer, service: Any) -> None:
    server.space().script(operation="ConsultaSaldo", returns="1500")
    assert [balance(service) for _ in range(2)] == ["1500", "mock-return"]


def test_a_script_may_match_by_the_operations_arguments(server: MockServer, service: Any) -> None:
    server.space().script(
        operation="eco_pedido",
        arguments={"valor.folio": "7", "valor.cliente": Pattern(regex="^Pe")},
        returns={"cliente": "otro"},
        times=0,
    )
    assert service.eco_pedido(ORDER).cliente == "otro"
    assert service.eco_pedido({**ORDER, "folio": 8}).cliente == "mock-cliente"


def test_a_script_may_answer_a_soap_fault(server: MockServer, service: Any) -> None:
    server.space().script(
        operation="ConsultaSaldo", soap_fault=SoapFault("Sin saldo: 0 €", "Server", "cuenta <7>")
    )
    with pytest.raises(Fault, match="Sin saldo: 0 €") as fault:
        balance(service)
    assert fault.value.code == "SOAP-ENV:Server"
    assert fault.value.detail.text == "cuenta <7>"


def test_a_fault_below_the_codes_strikes_any_operation(server: MockServer, service: Any) -> None:
    server.space().script(operation="ConsultaSaldo", fault="http-503")
    with pytest.raises(TransportError):
        balance(service)
    assert balance(service) == "mock-return"
    soap = server.space().coverage.faces["soap"]
    assert soap.operations == {"ConsultaSaldo": 2}
    assert soap.faults == {"http-503": 1}
    assert "eco_texto" in soap.missing
    assert "ConsultaSaldo" not in soap.missing


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"operation": "ConsultaSald", "returns": "1"}, "'ConsultaSald' does not exist"),
        ({"returns": "1"}, "name the `operation` that returns the value"),
        ({"operation": "send", "returns": {"a": 1}}, "over soap.*give a scalar, not a dict"),
        ({"operation": "send", "face": "http", "returns": ["x"]}, "over http.*not with list"),
        ({"operation": "ConsultaSaldo", "code": 5}, "ConsultaSaldo has no codes"),
        ({"operation": "eco_pedido", "returns": "x"}, "give a mapping, not a str"),
        ({"operation": "eco_pedido", "returns": {"folo": 1}}, "has no 'folo', but folio"),
        ({"operation": "eco_textos", "returns": "x"}, "give a list, not a str"),
        ({"operation": "ConsultaSaldo", "returns": ["x"]}, "give a scalar, not a list"),
    ],
)
def test_an_invalid_script_is_refused_at_once(
    server: MockServer, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(ScriptError, match=why):
        server.space().script(**options)


def test_the_admin_api_takes_the_same_script(server: MockServer, service: Any) -> None:
    def post(script: dict[str, Any]) -> int:
        request = urllib.request.Request(
            server.url_for("admin") + "scripts",
            json.dumps(script).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            status: int = reply.status
            return status

    match = {"operation": "eco_pedido", "arguments": {"valor.folio": "7"}}
    returns = {**ORDER, "fecha": "2026-01-31", "importe": "10.50", "folio": 99}
    assert post({"match": match, "answers": [{"returns": returns}]}) == 201
    assert plain(service.eco_pedido(ORDER)) == {**ORDER, "folio": 99}
    with pytest.raises(urllib.error.HTTPError) as refused:
        post({"match": match, "answers": [{"returns": {"folo": 1}}]})
    assert refused.value.code == 400
    assert "has no 'folo'" in refused.value.read().decode()


def test_a_function_sees_the_call_and_answers_it(server: MockServer, service: Any) -> None:
    calls: list[OperationCall] = []

    def echo(call: OperationCall) -> Any:
        calls.append(call)
        return call.arguments["valor"]

    server.space().operations.register("eco_pedido", echo)
    assert plain(service.eco_pedido(ORDER)) == ORDER
    assert [(call.operation, call.arguments) for call in calls] == [
        ("eco_pedido", {"valor": ORDER})
    ]
    server.space().reset()
    assert plain(service.eco_pedido(ORDER)) != ORDER


def test_a_function_never_sees_the_password(server: MockServer, service: Any) -> None:
    calls: list[OperationCall] = []

    def answer(call: OperationCall) -> str:
        calls.append(call)
        return "1"

    server.space().operations.register("ConsultaSaldo", answer)
    assert balance(service) == "1"
    assert calls[0].username == "demo"
    assert calls[0].arguments == {"username": "demo"}


def test_a_missing_operation_cannot_be_registered(server: MockServer) -> None:
    with pytest.raises(OperationError, match="ConsultaSaldo, eco_texto"):
        server.space().operations.register("ConsultaSald", lambda _: "1")


def test_the_accounts_file_says_what_operations_answer(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_text(
        "[accounts.demo]\npassword = 'demo'\n"
        "[operations.ConsultaSaldo]\nreturns = '250.00'\n"
        "[operations.eco_pedido.returns]\nfolio = 1\nfecha = 2026-01-31\nurgente = true\n"
        "[operations.eco_texto.soap_fault]\ntext = 'Fuera de servicio'\n"
    )
    with serving("nusoap", tmp_path, accounts=accounts) as server, zeep_of(server) as service:
        assert balance(service) == "250.00"
        order = plain(service.eco_pedido(ORDER))
        assert (order["folio"], order["fecha"]) == (1, date(2026, 1, 31))
        with pytest.raises(Fault, match="Fuera de servicio"):
            service.eco_texto("hola")
        server.space().script(operation="ConsultaSaldo", returns="1")
        assert [balance(service) for _ in range(2)] == ["1", "250.00"]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("[operations.Nada]\nreturns = 1", "no operation 'Nada'"),
        ("[operations.ConsultaSaldo]\nretorna = 1", "retorna"),
        ("[operations.eco_textos]\nreturns = 'x'", "give a list"),
    ],
)
def test_an_invalid_answer_in_the_accounts_file_is_refused(
    table: str, why: str, tmp_path: Path
) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_text(f"[accounts.demo]\npassword = 'demo'\n{table}\n")
    with (
        pytest.raises((AccountError, OperationError), match=why),
        serving("nusoap", tmp_path, accounts=accounts),
    ):
        pass


def test_spaces_answer_for_themselves(server: MockServer, service: Any) -> None:
    server.space("otro").script(operation="ConsultaSaldo", returns="7", times=0)
    assert balance(service) == "mock-return"
    assert service.ConsultaSaldo("demo@otro", "demo") == "7"
    assert [
        server.space(name).journal.count(JournalQuery(operation="ConsultaSaldo"))
        for name in ("default", "otro")
    ] == [1, 1]


def test_the_journal_names_operation_and_arguments_and_masks_the_password(
    server: MockServer, service: Any
) -> None:
    with pytest.raises(Fault):
        service.ConsultaSaldo("demo", "contraseña-9")
    service.eco_pedido(ORDER)
    refused, _ = server.space().journal.find(JournalQuery(operation="ConsultaSaldo"))
    assert [(entry.code, entry.arguments) for entry in refused] == [
        (5, {"username": "demo", "password": "***"})
    ]
    assert "contraseña-9" not in refused[0].request.body
    query = JournalQuery(arguments={"valor.cliente": "Peña"})
    found, _ = server.space().journal.find(query)
    assert [entry.operation for entry in found] == ["eco_pedido"]
    assert found[0].arguments["valor.fecha"] == "2026-01-31"


def test_the_journal_survives_in_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mock.db"
    with serving("nusoap", tmp_path, db=file) as server, zeep_of(server) as service:
        server.space().script(operation="ConsultaSaldo", returns={"a": 1}["a"], times=2)
        assert balance(service) == "1"
    with serving("nusoap", tmp_path, db=file) as server, zeep_of(server) as service:
        entries, _ = server.space().journal.find(JournalQuery(operation="ConsultaSaldo"))
        assert [(entry.code, entry.arguments["username"]) for entry in entries] == [(None, "demo")]
        assert [balance(service) for _ in range(2)] == ["1", "mock-return"]


def test_a_delay_holds_back_any_operation(server: MockServer, service: Any) -> None:
    # Real time passes; what is asserted is that it took that long at least.
    server.space().script(operation="ConsultaSaldo", returns="7", delay=0.2)
    started = time.monotonic()
    assert balance(service) == "7"
    assert time.monotonic() - started >= 0.2


def test_the_portal_shows_a_call_of_any_operation_and_masks_its_password(
    server: MockServer, service: Any
) -> None:
    with pytest.raises(Fault):
        service.ConsultaSaldo("demo", "contraseña-9")
    visitor = Browser(server.url_for("portal"))
    assert visitor.log_in().status == 200
    requests = visitor.get("requests").text
    assert "ConsultaSaldo" in requests
    (entry,), _ = server.space().journal.find(JournalQuery(operation="ConsultaSaldo"))
    page = visitor.get(f"requests/{entry.id}").text
    assert "ConsultaSaldo" in page
    assert "***" in page
    assert "contraseña-9" not in requests + page
