"""Tests that the contract suite calls every operation of a WSDL where that is allowed."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner
from convergia_contract.cli import contract as command
from convergia_contract.reference import (
    Function,
    Operation,
    ReferenceGateway,
    Service,
    missing,
)
from convergia_contract.suite.by_hand.facets import fitting_texts
from convergia_mockserver import MockServer
from convergia_wsdl import load_profile

from tests.warm import CONVERGIA

WSDLS = Path(__file__).parents[1] / "wsdls"
ABOUT_OPERATIONS = "test_operations or offers or not_there"
LONG = pytest.mark.exhaustive("contract")
PUBLISHED, TYPED, GUARDED = (
    f"test_an_operation_{does}[{{}}]"
    for does in ("is_published", "answers_its_declared_type", "refuses_wrong_credentials")
)


def run(
    tmp_path: Path,
    wsdl: Path,
    *arguments: str,
    exit_code: int = 0,
    tests: str = ABOUT_OPERATIONS,
    assumptions: str = "",
) -> Any:
    """Return the report of a run, of the tests of operations unless others are named."""
    profile = tmp_path / "profile.toml"
    profile.write_text(f"wsdl = '{wsdl}'\n{assumptions}")
    ran = subprocess.run(
        [CONVERGIA, "contract", *arguments, f"--profile={profile}", f"-k{tests}", "--json"],
        env={name: value for name, value in os.environ.items() if "CONVERGIA" not in name},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == exit_code, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def contract(tmp_path: Path, stack: str, *arguments: str, exit_code: int = 0) -> dict[str, str]:
    """Verdicts by test, of the tests of operations."""
    report = run(tmp_path, WSDLS / f"{stack}.wsdl", *arguments, exit_code=exit_code)
    return verdicts_of(report)


def verdicts_of(report: Any) -> dict[str, str]:
    return {
        one["test"].partition("::")[2]: one["verdict"]
        for one in report["tests"]
        if one["test"].startswith("test_operations.py")
    }


@pytest.mark.parametrize(
    "stack",
    [
        "axis",
        "sap",  # SOAP 1.2 alone
        *(
            pytest.param(stack, marks=LONG)
            for stack in ("cxf", "dotnet-asmx", "gsoap", "nusoap", "php-ext-soap", "spyne")
        ),
    ],
)
def test_the_mock_server_keeps_it_for_every_operation(stack: str, tmp_path: Path) -> None:
    verdicts = contract(tmp_path, stack)
    assert len(verdicts) >= 4
    assert set(verdicts.values()) == {"passed"}


def _parts(names: str, *parameters: str) -> dict[str, str]:
    """Map user, password and the guide's other parameters to an operation's parts."""
    return dict(zip(("username", "password", *parameters), names.split(), strict=True))


ITEM = {
    "Posnr": "5555555555",
    "Importe": "12.50",
    "Detalle": {"item": [{"Fecha": "2026-01-31", "Numero": "5555555555", "Bytes": "mock"}]},
}
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
@LONG
def test_nusoap_keeps_the_contract_for_operations_that_may_be_called(tmp_path: Path) -> None:
    service = Service(wsdl=WSDLS / "nusoap.wsdl", functions=FUNCTIONS)
    with ReferenceGateway(service=service) as gateway:
        url = gateway.base_url
        all_of_them = contract(tmp_path, "nusoap", url, "--reserved-numbers=yes")
        none = contract(tmp_path, "nusoap", url, "--reserved-numbers=no")
        one = contract(tmp_path, "nusoap", url, "--reserved-numbers=no", "--call", "ConsultaSaldo")
    assert set(all_of_them.values()) == {"passed"}
    published = {PUBLISHED.format(name) for name in FUNCTIONS}
    assert {name for name, verdict in none.items() if verdict == "passed"} == published
    assert set(none.values()) == {"passed", "not asked"}
    called = {TYPED.format("ConsultaSaldo"), GUARDED.format("ConsultaSaldo")}
    assert {name for name, verdict in one.items() if verdict == "passed"} == published | called


EXT_SOAP = {
    "php-ext-soap": Service(
        send=Operation("enviarSMS", _parts("usuario password numero mensaje", "number", "message")),
        status=Operation("estatusSMS", _parts("usuario password idMensaje", "messageid")),
        wsdl=WSDLS / "php-ext-soap.wsdl",
        functions={
            "consultaSaldo": Function(1500.5, credentials=(0, 1)),
            "listaNegra": Function(echo=2, credentials=(0, 1)),
            "horaServidor": Function("2026-01-31T12:00:00Z"),
        },
        engine="ext-soap",
    ),
    "sap": Service(
        send=Operation(
            "ZsmsEnviar",
            _parts("Usuario Contrasena Celular Mensaje", "number", "message"),
            "EvResultado",
        ),
        status=Operation(
            "ZsmsEstatus", _parts("Usuario Contrasena IdMensaje", "messageid"), "EvResultado"
        ),
        wsdl=WSDLS / "sap.wsdl",
        functions={
            "ZsmsReporte": Function(
                {"EtItems": {"item": [ITEM]}, "EvTotal": "12.50"}, credentials=(0, 1)
            ),
            "ZsmsVersion": Function(echo=0),
        },
        style="document",
        engine="ext-soap",
    ),
}


@pytest.mark.skipif(missing("ext-soap") is not None, reason=str(missing("ext-soap")))
@pytest.mark.parametrize("stack", [pytest.param("php-ext-soap", marks=LONG), "sap"])
def test_ext_soap_keeps_it_for_every_operation(stack: str, tmp_path: Path) -> None:
    # The second is served over SOAP 1.2 alone, so that all of the web service is asked there.
    with ReferenceGateway(service=EXT_SOAP[stack]) as gateway:
        report = run(
            tmp_path,
            WSDLS / f"{stack}.wsdl",
            *(gateway.base_url, "--reserved-numbers=yes"),
            tests="(operation or webservice or by-hand-soap) and not page and not several",
        )
    assert set(verdicts_of(report)) == {
        each.format(name)
        for name, function in EXT_SOAP[stack].functions.items()
        for each in (PUBLISHED, TYPED, *([GUARDED] if function.credentials else []))
    }
    assert report["kept"]
    assert report["passed"] > 50


@LONG
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


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_a_value_of_another_type_breaks_the_contract_with_the_call_as_evidence(
    tmp_path: Path,
) -> None:
    functions = FUNCTIONS | {"eco_entero": Function("muchos")}
    service = Service(wsdl=WSDLS / "nusoap.wsdl", functions=functions)
    with ReferenceGateway(service=service) as gateway:
        report = run(
            tmp_path,
            WSDLS / "nusoap.wsdl",
            *(gateway.base_url, "--reserved-numbers=yes"),
            exit_code=1,
        )
    [cause] = report["causes"]
    assert cause["tests"] == ["test_operations.py::" + TYPED.format("eco_entero")]
    assert (cause["cause"], cause["where"]) == ("operations", ["eco_entero over soap"])
    assert "<ns0:eco_entero " in cause["evidence"]["curl"]
    assert ">muchos<" in cause["evidence"]["reply"]


def test_an_operation_published_otherwise_breaks_it(tmp_path: Path) -> None:
    ours = WSDLS / "dotnet-asmx.wsdl"
    theirs = tmp_path / "theirs.wsdl"
    theirs.write_text(ours.read_text().replace("/GetBalance", "/Balance"))
    profile = tmp_path / "theirs.toml"
    profile.write_text(f"wsdl = '{theirs}'\n")
    with MockServer(profile=load_profile(profile)) as server:
        report = run(
            tmp_path, ours, server.base_url, "--reserved-numbers=no", exit_code=1, tests="published"
        )
    failed = [one["test"] for one in report["tests"] if one["verdict"] == "failed"]
    assert failed == ["test_operations.py::" + PUBLISHED.format("GetBalance")]


@pytest.mark.parametrize(
    ("wsdl", "arguments", "message"),
    [
        ("sap", ("--call=ZsmsEnviar",), "besides send and status, the profile's WSDL has Zsms"),
        ("sap", ("--call=Zsms",), "--call Zsms: "),
        ("no-send", (), "send: in the profile's WSDL no operation fits"),
    ],
)
def test_an_operation_that_cannot_be_called_is_refused_before_the_run(
    wsdl: str, arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    without = (WSDLS / "sap.wsdl").read_text().replace("Contrasena", "Dato")
    (tmp_path / "no-send.wsdl").write_text(without)
    profile = tmp_path / "profile.toml"
    profile.write_text(f"wsdl = '{WSDLS if wsdl == 'sap' else tmp_path}/{wsdl}.wsdl'\n")
    ran = CliRunner().invoke(command, [f"--profile={profile}", *arguments])
    assert ran.exit_code == 2
    assert message in ran.output


def test_arguments_keep_to_what_restricts_their_types() -> None:
    texts = fitting_texts((WSDLS / "sap.wsdl").read_bytes())
    assert texts == {"char12": "mock", "numeric10": "5555555555", "date10": "5555-55-55"}
    assert fitting_texts((WSDLS / "dotnet-asmx.wsdl").read_bytes()) == {"State": "Pending"}


CODE = '[errors]\noperation_refusal = "code"\n'


@pytest.mark.parametrize("stack", ["nusoap", pytest.param("cxf", marks=LONG)])
def test_the_mock_server_refuses_with_a_code_where_the_profile_says_so(
    stack: str, tmp_path: Path
) -> None:
    # The results of cxf's are structs, which a fault refuses all the same.
    report = run(tmp_path, WSDLS / f"{stack}.wsdl", tests="refuses", assumptions=CODE)
    assert report["kept"]
    assert report["passed"] > 0


def test_a_refusal_in_another_way_than_the_profiles_breaks_the_contract(tmp_path: Path) -> None:
    nusoap = WSDLS / "nusoap.wsdl"
    profile = tmp_path / "theirs.toml"
    profile.write_text(f"wsdl = '{nusoap}'\n{CODE}")
    with MockServer(profile=load_profile(profile)) as server:
        report = run(tmp_path, nusoap, server.base_url, exit_code=1, tests="refuses")
    [cause] = report["causes"]
    assert cause["cause"] == "operation-credentials"
    assert ">5<" in cause["evidence"]["reply"]


@LONG
@pytest.mark.parametrize("engine", ["nusoap", "ext-soap"])
def test_a_reference_gateway_refuses_as_its_profile_says(
    engine: Literal["nusoap", "ext-soap"], tmp_path: Path
) -> None:
    if (lacking := missing(engine)) is not None:
        pytest.skip(lacking)
    profile = tmp_path / "theirs.toml"
    profile.write_text(CODE)
    service = replace(EXT_SOAP["php-ext-soap"], engine=engine)
    with ReferenceGateway(load_profile(profile), service=service) as gateway:
        report = run(
            tmp_path,
            WSDLS / "php-ext-soap.wsdl",
            *(gateway.base_url, "--reserved-numbers=yes"),
            tests="refuses and consultaSaldo",
            assumptions=CODE,
        )
    assert (report["kept"], report["passed"]) == (True, 1)
