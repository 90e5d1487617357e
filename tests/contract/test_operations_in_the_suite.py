"""The contract suite calls every operation of a WSDL, on gateways where it may."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from convergia_contract.reference import Function, ReferenceGateway, Service, missing

from tests.warm import CONVERGIA

WSDLS = Path(__file__).parents[1] / "wsdls"


def contract(tmp_path: Path, stack: str, *arguments: str, exit_code: int = 0) -> dict[str, str]:
    """Verdicts by test, of the tests of operations."""
    profile = tmp_path / "profile.toml"
    profile.write_text(f"wsdl = '{WSDLS / stack}.wsdl'\n")
    ran = subprocess.run(
        [
            CONVERGIA,
            "contract",
            *arguments,
            f"--profile={profile}",
            "-ktest_operations or offers",
            "--json",
        ],
        env={name: value for name, value in os.environ.items() if "CONVERGIA" not in name},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == exit_code, ran.stdout + ran.stderr
    report: Any = json.loads(ran.stdout)
    return {
        one["test"].partition("::")[2]: one["verdict"]
        for one in report["tests"]
        if one["test"].startswith("test_operations.py")
    }


@pytest.mark.parametrize(
    "stack",
    [
        "axis",
        "dotnet-asmx",
        "nusoap",
        *(
            pytest.param(stack, marks=pytest.mark.exhaustive("contract"))
            for stack in ("cxf", "gsoap", "php-ext-soap", "spyne")
        ),
    ],
)
def test_the_mock_server_keeps_it_for_every_operation(stack: str, tmp_path: Path) -> None:
    verdicts = contract(tmp_path, stack)
    assert len(verdicts) >= 4
    assert set(verdicts.values()) == {"passed"}


FUNCTIONS = {
    **{
        f"eco_{name}": Function(echo=0)
        for name in (
            *("texto", "entero", "booleano", "fecha", "decimal", "doble", "instante", "bytes"),
            *("pedido", "textos", "pedidos", "lote"),
        )
    },
    "ConsultaSaldo": Function("1500", credentials=(0, 1)),
}


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_nusoap_keeps_it_where_operations_may_be_called(tmp_path: Path) -> None:
    service = Service(wsdl=WSDLS / "nusoap.wsdl", functions=FUNCTIONS)
    with ReferenceGateway(service=service) as gateway:
        url = gateway.base_url
        all_of_them = contract(tmp_path, "nusoap", url, "--reserved-numbers=yes")
        none = contract(tmp_path, "nusoap", url, "--reserved-numbers=no")
        one = contract(tmp_path, "nusoap", url, "--reserved-numbers=no", "--call", "ConsultaSaldo")
    assert set(all_of_them.values()) == {"passed"}
    assert set(none.values()) == {"not asked"}
    assert sorted(name for name, verdict in one.items() if verdict == "passed") == [
        "test_an_operation_answers_its_declared_type[ConsultaSaldo]",
        "test_an_operation_refuses_wrong_credentials[ConsultaSaldo]",
    ]


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_an_operation_that_answers_anybody_breaks_it(tmp_path: Path) -> None:
    functions = FUNCTIONS | {"ConsultaSaldo": Function("1500")}
    service = Service(wsdl=WSDLS / "nusoap.wsdl", functions=functions)
    with ReferenceGateway(service=service) as gateway:
        verdicts = contract(
            tmp_path, "nusoap", gateway.base_url, "--reserved-numbers=yes", exit_code=1
        )
    assert [name for name, verdict in verdicts.items() if verdict == "failed"] == [
        "test_an_operation_refuses_wrong_credentials[ConsultaSaldo]"
    ]
