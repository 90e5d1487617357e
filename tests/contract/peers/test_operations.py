"""Tests of other operations, called by other SOAP clients on the mock server and on NuSOAP."""

from __future__ import annotations

import json
import re
import subprocess
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from convergia_contract.reference import Function, ReferenceGateway, Service, missing
from convergia_mockserver import MockServer
from convergia_wsdl import load_profile

from tests.contract.peers.programs import java, node, php

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
WSDL = ROOT / "tests/wsdls/nusoap.wsdl"
PEERS = {
    "php": partial(php, "operations.php"),
    "node": partial(node, "operations.js"),
    "java": partial(java, "Operations.java"),
}


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    profile = tmp_path_factory.mktemp("profile") / "profile.toml"
    profile.write_text(f"wsdl = '{WSDL}'\n")
    with MockServer(profile=load_profile(profile)) as server:
        space = server.space()
        space.operations.register("eco_pedido", lambda call: call.arguments["valor"])
        space.operations.register("ConsultaSaldo", lambda _: "1500")
        yield server.base_url


@pytest.fixture(scope="module")
def nusoap() -> Iterator[str]:
    if (lacking := missing()) is not None:
        pytest.skip(lacking)
    functions = {
        "eco_pedido": Function(echo=0),
        "ConsultaSaldo": Function("1500", credentials=(0, 1)),
    }
    with ReferenceGateway(service=Service(wsdl=WSDL, functions=functions)) as gateway:
        yield gateway.base_url


@pytest.mark.parametrize(
    ("peer", "gateway"),
    [
        ("php", "mock"),
        ("node", "mock"),
        pytest.param("java", "mock", marks=pytest.mark.exhaustive("languages")),
        ("php", "nusoap"),
        ("node", "nusoap"),
        pytest.param("java", "nusoap", marks=pytest.mark.exhaustive("languages")),
    ],
)
def test_other_soap_clients_call_a_third_operation(
    peer: str, gateway: str, request: pytest.FixtureRequest
) -> None:
    program = PEERS[peer]()
    base_url: str = request.getfixturevalue(gateway)
    ran = subprocess.run(
        [*program, f"{base_url}/webservice.php?wsdl"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["balance"] == "1500"
    # node's `soap` reads ISO-8859-1 as UTF-8, whichever gateway it asks.
    assert re.search("Error de Autenticaci.n", said["refused"])
    assert re.fullmatch("Pe.a & C.a", said["cliente"])
    assert (int(said["folio"]), said["urgente"]) == (7, True)
    assert said["fecha"].startswith("2026-01-31")
    assert float(said["importe"]) == 10.5
