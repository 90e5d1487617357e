"""The combinations of WSDLs, dialects and gateways to test.

`make test` tries two WSDLs in their own dialect and two dialects over the packaged WSDL, on either
gateway. CI adds each WSDL in its own dialect, every dialect with every WSDL that returns a text,
and both gateways with each dialect and each WSDL. `make matrix` tries every combination.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import convergia_contract
import pytest
from convergia_contract.reference import Operation, Service
from convergia_contract.reference.service import Function
from convergia_sms._probe.toml_values import spell_dialect, spell_text
from convergia_wsdl import Dialect, Keys

from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from _pytest.mark.structures import ParameterSet

Gateway = Literal["mock", "NuSOAP"]

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
        functions={"saldo": Function(result=1500, credentials=(0, 1))},
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
        functions={"GetBalance": Function(result={"GetBalanceResult": 1500}, credentials=(0, 1))},
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


PACKAGED = "packaged"
# Those that return a text, in which any dialect fits; the others' dialect is in their schema, and
# the dialect tried is HTTP's alone.
TEXTS = (PACKAGED, "nusoap-rpc-literal", "nusoap-document")
STRUCTURES = tuple(name for name in SERVICES if name not in TEXTS)
# What `make test` tries: WSDLs in their own dialect, and dialects over the packaged WSDL.
_QUICK_WSDLS: dict[Gateway, str] = {"mock": "dotnet-wrapped", "NuSOAP": "nusoap-document"}
_QUICK_DIALECTS: dict[Gateway, str] = {"mock": "semicolon, with text", "NuSOAP": "XML"}
_REST = pytest.mark.exhaustive("matrix")
ALL = os.environ.get("CONVERGIA_MATRIX") == "all"


def tried(gateway: Gateway) -> list[tuple[str, str]]:
    """Return the combinations of a dialect and a WSDL to test."""
    if ALL:
        return [(dialect, wsdl) for dialect in DIALECTS for wsdl in (*TEXTS, *STRUCTURES)]
    return [(dialect, wsdl) for chosen, dialect, wsdl in _selection() if chosen == gateway]


def pairs(gateway: Gateway) -> list[ParameterSet]:
    """Return them as parameters. Those that `make test` leaves out are marked."""
    return [
        pytest.param(
            dialect,
            wsdl,
            marks=[] if (dialect, wsdl) == (_QUICK_DIALECTS[gateway], PACKAGED) else _REST,
        )
        for dialect, wsdl in tried(gateway)
    ]


def wsdls(gateway: Gateway) -> list[ParameterSet]:
    """Return each WSDL but the packaged one. Those that `make test` leaves out are marked."""
    return [
        pytest.param(wsdl, marks=[] if wsdl == _QUICK_WSDLS[gateway] else _REST)
        for wsdl in SERVICES
    ]


def _selection() -> Iterator[tuple[Gateway, str, str]]:
    gateways: tuple[Gateway, Gateway] = ("mock", "NuSOAP")
    for place, dialect in enumerate(DIALECTS):
        for shift, wsdl in enumerate(TEXTS):
            yield gateways[(place + shift) % 2], dialect, wsdl
        turn, which = divmod(place, len(STRUCTURES))
        yield gateways[turn % 2], dialect, STRUCTURES[which]


def profile_of(dialect: str, wsdl: str, folder: Path) -> Path:
    """A profile in which the replies are in one dialect, over one WSDL."""
    faces = ("http", "soap") if wsdl in TEXTS else ("http",)
    lines = [] if wsdl == PACKAGED else (WSDLS / f"{wsdl}.toml").read_text().splitlines()
    located = spell_text(str(WSDLS / f"{wsdl}.wsdl"))
    lines = [f"wsdl = {located}" if line.startswith("wsdl =") else line for line in lines]
    written = spell_dialect(DIALECTS[dialect])
    for face in faces:
        lines += [f"[reply.{face}]", f"send = {written}", f"status = {written}"]
    profile = folder / "profile.toml"
    profile.write_text("\n".join(lines))
    return profile
