"""Tests that the mock server answers operations with typed arguments as a real NuSOAP does.

Both return their argument, so that reading and writing are compared.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from convergia_contract.reference import Function, ReferenceGateway, Service, missing
from convergia_mockserver import MockServer, OperationCall
from convergia_wsdl import load_profile
from hypothesis import given

from tests.mockserver.differential import operation_requests
from tests.mockserver.differential.comparison import Comparison
from tests.mockserver.differential.exchange import Gateway, Request
from tests.mockserver.differential.plan import PLAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver import Value

WSDL = Path(__file__).parents[2] / "wsdls" / "nusoap.wsdl"
_LEAST_RETURNED = 0.95
ECHOES = tuple(re.findall(r'<operation name="(eco_\w+)">', WSDL.read_text("latin-1")))
SALDO = ("<username>demo</username><password>{}</password>", "ConsultaSaldo")


def echo(call: OperationCall) -> Value:
    """Return the argument."""
    return call.arguments.get("valor")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Comparison]:
    """NuSOAP and the mock server, with the same WSDL and functions that return their argument."""
    if (lacking := missing()) is not None:
        pytest.skip(lacking)
    functions = {name: Function(echo=0) for name in ECHOES}
    functions["ConsultaSaldo"] = Function("1500 <pesos>", credentials=(0, 1))
    profile = tmp_path_factory.mktemp("profile") / "profile.toml"
    profile.write_text(f"wsdl = '{WSDL}'\n")
    service = Service(wsdl=WSDL, functions=functions)
    with (
        ReferenceGateway(service=service) as nusoap,
        MockServer(profile=load_profile(profile)) as server,
    ):
        for name in ECHOES:
            server.space().operations.register(name, echo)
        server.space().script(operation="ConsultaSaldo", returns="1500 <pesos>", times=1)
        yield Comparison(Gateway(nusoap.base_url), Gateway(server.base_url))


def test_arguments_of_every_type_come_back_as_from_nusoap(both: Comparison) -> None:
    @PLAN
    @given(request=operation_requests.requests())
    def compare(request: Request) -> None:
        both.of(request)

    compare()
    assert both.report() == ""
    returned = both.outcomes["HTTP 200, neither answer nor fault"]
    assert returned > _LEAST_RETURNED * (both.total - both.answers)


def test_a_result_and_a_refusal_are_nusoaps(both: Comparison) -> None:
    for password in ("demo", "otra"):
        inside, operation = SALDO
        body = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
            f'<n:{operation} xmlns:n="urn:operaciones">{inside.format(password)}</n:{operation}>'
            "</e:Body></e:Envelope>"
        )
        headers = {"Content-Type": "text/xml", "SOAPAction": f'"urn:operaciones#{operation}"'}
        request = Request("POST", b"/webservice.php", headers, body.encode())
        theirs, ours = both.nusoap.ask(request), both.mock.ask(request)
        assert ours.same_as(theirs), (theirs, ours)
        assert theirs.status == (200 if password == "demo" else 500)
