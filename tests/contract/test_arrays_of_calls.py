"""Tests of arrays in `sms.call`, on the mock server and on NuSOAP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from convergia_contract.reference import Function, ReferenceGateway, Service, missing
from convergia_mockserver import MockServer
from convergia_sms import Client
from convergia_wsdl import load_profile

from tests.mockserver.operations.stacks import WSDLS, plain, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDER: dict[str, Any] = {
    "folio": 7,
    "cliente": "Peña & Cía",
    "urgente": False,
    "fecha": date(2026, 1, 31),
    "importe": Decimal("10.50"),
}
OTHER = ORDER | {"folio": 8, "urgente": True}
CALLS: dict[str, list[Any]] = {
    "eco_textos": [["uno", "dos <&>"], ["uno"]],
    "eco_pedidos": [[ORDER, OTHER], [ORDER]],
    "eco_lote": [{"nombre": "n", "pedidos": [ORDER, OTHER], "notas": ["a", "b"]}],
}


def echoes(base_url: str, profile: Path) -> None:
    with Client("demo", "demo", base_url=base_url, profile=str(profile)) as sms:
        for operation, values in CALLS.items():
            for value in values:
                returned = sms.call(operation, valor=value)
                assert plain(returned) == value
                # What came back may be sent again as it is.
                assert plain(sms.call(operation, valor=returned)) == value


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(f"wsdl = '{WSDLS / 'nusoap'}.wsdl'\n", encoding="utf-8")
    return path


@pytest.fixture
def mock(profile: Path) -> Iterator[MockServer]:
    with MockServer(profile=load_profile(profile), delivery_delay=0) as server:
        for name in CALLS:
            server.space().operations.register(name, lambda call: call.arguments["valor"])
        yield server


def test_arrays_come_and_go_on_the_mock_server(mock: MockServer, profile: Path) -> None:
    echoes(mock.base_url, profile)
    entries, _ = mock.space().journal.find()
    assert {finding.text for entry in entries for finding in entry.findings} == set()


def test_an_empty_array_is_one(mock: MockServer, profile: Path) -> None:
    with Client("demo", "demo", base_url=mock.base_url, profile=str(profile)) as sms:
        sms.call("eco_textos", valor=[])
    entries, _ = mock.space().journal.find()
    assert ':string[0]"' in entries[0].request.body


@pytest.mark.parametrize(
    "value",
    [[ORDER | {"foli": 1}], [{"folio": 7}], ["x"], "x", [[ORDER]], {"x": 1}, 7],
    ids=repr,
)
def test_a_value_that_is_not_an_array_of_the_type_is_refused_before_the_request(
    value: Any, profile: Path
) -> None:
    with (
        Client("demo", "demo", base_url="http://127.0.0.1:9", profile=str(profile)) as sms,
        pytest.raises((TypeError, ValueError), match="It takes valor: ns0:Pedidos"),
    ):
        sms.call("eco_pedidos", valor=value)


def test_arrays_come_and_go_on_nusoap(profile: Path) -> None:
    if (lacking := missing()) is not None:
        pytest.skip(lacking)
    functions = {name: Function(echo=0) for name in CALLS}
    service = Service(wsdl=WSDLS / "nusoap.wsdl", functions=functions)
    with ReferenceGateway(service=service) as nusoap:
        echoes(nusoap.base_url, profile)


def test_another_stacks_array_is_taken(tmp_path: Path) -> None:
    with (
        serving("php-ext-soap", tmp_path) as server,
        Client(
            "demo", "demo", base_url=server.base_url, profile=str(tmp_path / "php-ext-soap.toml")
        ) as sms,
    ):
        server.space().operations.register("listaNegra", lambda call: call.arguments["numeros"])
        assert plain(sms.call("listaNegra", numeros=["5512345678", "5587654321"])) == [
            "5512345678",
            "5587654321",
        ]
