"""WSDLs and dialects: however the service turns out to look, client, mock and suite go along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import convergia_contract
import pytest
from convergia_contract.reference import Operation, ReferenceGateway, Service, missing
from convergia_mockserver import MockServer
from convergia_sms.probe.spelling import spell_dialect, spell_text
from convergia_wsdl import Dialect, Keys, load_profile

if TYPE_CHECKING:
    from collections.abc import Mapping

CONVERGIA = Path(sys.executable).with_name("convergia")
WSDLS = Path(convergia_contract.__file__).with_name("wsdls")


def parts(names: str) -> Mapping[str, str]:
    """`username=usuario …`, in the order of the WSDL."""
    return {name: part for name, _, part in (pair.partition("=") for pair in names.split())}


# What each WSDL's operations are, written from the WSDL: no binder is asked.
SERVICES = {
    "axis-bare": Service(
        send=Operation(
            "enviar",
            parts(
                "username=nombreUsuario password=claveAcceso number=numeroDestino"
                " message=textoMensaje extra=referencia"
            ),
            result="",
        ),
        status=Operation(
            "consultar",
            parts("username=nombreUsuario password=claveAcceso messageid=idMensaje"),
            result="",
        ),
        style="document",
        nested=True,
    ),
    "dotnet-wrapped": Service(
        send=Operation(
            "SendMessage",
            parts(
                "username=UserName password=Password number=PhoneNumber message=MessageText"
                " extra=ClientReference"
            ),
            result="SendMessageResult",
        ),
        status=Operation(
            "GetMessageStatus",
            parts("username=UserName password=Password messageid=MessageId"),
            result="GetMessageStatusResult",
        ),
        style="document",
    ),
    "nusoap-array": Service(
        send=Operation(
            "sendMessage",
            parts("username=login password=password number=to message=body extra=tag"),
        ),
        status=Operation("getStatus", parts("username=login password=password messageid=sms_id")),
    ),
    "nusoap-document": Service(
        send=Operation(
            "SendSms",
            parts("number=mobile message=text username=user password=pass extra=reference"),
            result="response",
        ),
        status=Operation(
            "QueryStatus",
            parts("messageid=message_id username=user password=pass"),
            result="state",
        ),
        style="document",
    ),
    "nusoap-rpc-literal": Service(
        send=Operation(
            "enviaSMS",
            parts("username=usuario password=clave number=celular message=texto extra=referencia"),
            result="resultado",
        ),
        status=Operation(
            "consultaEstatus",
            parts("username=usuario password=clave messageid=folio"),
            result="estatus",
        ),
    ),
    "nusoap-struct": Service(
        send=Operation(
            "mandar",
            parts(
                "number=numero_celular message=mensaje extra=dato_extra username=usuario_api"
                " password=contrasena"
            ),
        ),
        status=Operation(
            "estado", parts("messageid=id_mensaje username=usuario_api password=contrasena")
        ),
    ),
}

KEYS = Keys(code="estatus", id="folio", text="detalle")
DIALECTS = {
    "bar": Dialect("separated"),
    "comma, id first": Dialect("separated", separator=",", order="id-code"),
    "semicolon, with text": Dialect("separated", separator=";", text=True),
    "hyphen": Dialect("separated", separator="-"),
    "colon": Dialect("separated", separator=":"),
    "space, with text": Dialect("separated", separator=" ", text=True),
    "tab": Dialect("separated", separator="\t"),
    "newline, id first": Dialect("separated", separator="\n", order="id-code"),
    "pairs": Dialect("key-value", separator="&", keys=KEYS),
    "pairs with text": Dialect("key-value", separator=";", text=True),
    "JSON": Dialect("json", keys=KEYS, text=True),
    "XML": Dialect("xml"),
    "bar in HTML": Dialect("separated", html=True),
    "JSON in HTML": Dialect("json", html=True),
}


def contract(*arguments: str | Path) -> list[str]:
    """The suite's failures."""
    outside = {name: value for name, value in os.environ.items() if "CONVERGIA" not in name}
    ran = subprocess.run(
        [str(CONVERGIA), "contract", "--reserved-numbers=yes", "--json", *map(str, arguments)],
        env=outside,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    report: dict[str, Any] = json.loads(ran.stdout)
    assert report["passed"] > 250, ran.stderr
    return [
        f"{one['test']}: {one['reason']}" for one in report["tests"] if one["verdict"] == "failed"
    ]


def test_there_are_wsdls_that_differ_in_every_way() -> None:
    assert sorted(path.stem for path in WSDLS.glob("*.toml")) == sorted(SERVICES)


@pytest.mark.parametrize("wsdl", SERVICES)
def test_client_and_mock_keep_the_contract_under_any_wsdl(wsdl: str) -> None:
    profile = WSDLS / f"{wsdl}.toml"
    with MockServer(profile=profile) as server:
        assert contract(server.base_url, "--profile", profile) == []


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
@pytest.mark.parametrize("wsdl", SERVICES)
def test_client_and_a_nusoap_gateway_keep_the_contract_under_any_wsdl(wsdl: str) -> None:
    profile = load_profile(WSDLS / f"{wsdl}.toml")
    served = replace(SERVICES[wsdl], wsdl=Path(profile.wsdl))
    with ReferenceGateway(profile, service=served) as gateway:
        assert contract(gateway.base_url, "--profile", profile.source) == []


def spelt(dialect: Dialect, folder: Path, wsdl: str | None) -> Path:
    """A profile whose replies are all in one dialect, over a WSDL of ours."""
    written = spell_dialect(dialect)
    lines = [
        f"reply.{face}.{operation} = {written}"
        for face in ("http", "soap")
        for operation in ("send", "status")
    ]
    if wsdl is not None:
        lines.insert(0, f"wsdl = {spell_text(str(WSDLS / wsdl))}")
    profile = folder / "profile.toml"
    profile.write_text("\n".join(lines))
    return profile


# Each dialect over another WSDL that returns a text: rpc/encoded, rpc/literal, document/literal.
OVER = (None, "nusoap-rpc-literal.wsdl", "nusoap-document.wsdl")


@pytest.mark.parametrize(
    ("dialect", "wsdl"),
    [(dialect, OVER[place % len(OVER)]) for place, dialect in enumerate(DIALECTS)],
    ids=DIALECTS,
)
def test_client_and_mock_keep_the_contract_in_any_dialect(
    dialect: str, wsdl: str | None, tmp_path: Path
) -> None:
    profile = spelt(DIALECTS[dialect], tmp_path, wsdl)
    with MockServer(profile=profile) as server:
        assert contract(server.base_url, "--profile", profile) == []
