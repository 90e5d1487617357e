"""Tests of client and mock server with WSDLs for which there is no profile."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer
from convergia_sms import AuthenticationError, Client
from convergia_sms._webservice.comparison import differences
from convergia_sms._webservice.description import describe
from convergia_wsdl import ContractError

from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "http://smswebservices.convergia.net.mx:8181/webservice.php"
SEND = ("usuario", "clave", "numero", "mensaje")
STATUS = ("usuario", "clave", "id")
Part = tuple[str, str]


def texts(*names: str) -> tuple[Part, ...]:
    return tuple((name, "xsd:string") for name in names)


def wsdl(
    send: tuple[Part, ...] = texts(*SEND),
    sent: tuple[Part, ...] = texts("return"),
    told: tuple[Part, ...] = texts("return"),
    ports: tuple[tuple[str, ...], ...] = (("enviar", "estatus"),),
    types: str = "",
    services: bool = False,
) -> str:
    """An rpc/encoded WSDL; `ports` tells which operations each offers."""
    operations = {
        "enviar": (send, sent),
        "estatus": (texts(*STATUS), told),
        "saldo": (texts("usuario", "clave"), texts("return")),
    }
    messages = "".join(
        f'<message name="{name}{place}">'
        + "".join(f'<part name="{part}" type="{kind}"/>' for part, kind in parts)
        + "</message>"
        for name, both in operations.items()
        for place, parts in enumerate(both)
    )
    body = '<soap:body use="encoded" namespace="urn:x" encodingStyle="{SOAP-ENC}"/>'
    body = body.replace("{SOAP-ENC}", "http://schemas.xmlsoap.org/soap/encoding/")
    types_of_ports, bindings, offered = "", "", []
    for number, names in enumerate(ports):
        types_of_ports += f'<portType name="T{number}">' + "".join(
            f'<operation name="{name}"><input message="tns:{name}0"/>'
            f'<output message="tns:{name}1"/></operation>'
            for name in names
        )
        types_of_ports += "</portType>"
        bindings += (
            f'<binding name="B{number}" type="tns:T{number}"><soap:binding style="rpc" '
            'transport="http://schemas.xmlsoap.org/soap/http"/>'
        )
        bindings += "".join(
            f'<operation name="{name}"><soap:operation soapAction="urn:x#{name}"/>'
            f"<input>{body}</input><output>{body}</output></operation>"
            for name in names
        )
        bindings += "</binding>"
        offered.append(
            f'<port name="P{number}" binding="tns:B{number}">'
            f'<soap:address location="{ADDRESS}"/></port>'
        )
    if services:
        named = "".join(
            f'<service name="S{number}">{port}</service>' for number, port in enumerate(offered)
        )
    else:
        named = f'<service name="S">{"".join(offered)}</service>'
    schema = f'<types><xsd:schema targetNamespace="urn:x">{types}</xsd:schema></types>'
    return (
        '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:x"'
        ' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:tns="urn:x"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"'
        ' xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/">'
        f"{schema}{messages}{types_of_ports}{bindings}{named}</definitions>"
    )


def struct(name: str, *members: Part) -> str:
    inner = "".join(f'<xsd:element name="{one}" type="{kind}"/>' for one, kind in members)
    return f'<xsd:complexType name="{name}"><xsd:all>{inner}</xsd:all></xsd:complexType>'


def array(name: str, of: str) -> str:
    return (
        f'<xsd:complexType name="{name}"><xsd:complexContent>'
        '<xsd:restriction base="SOAP-ENC:Array"><xsd:attribute ref="SOAP-ENC:arrayType"'
        f' wsdl:arrayType="{of}[]"/></xsd:restriction></xsd:complexContent></xsd:complexType>'
    )


ENCODING = '<xsd:import namespace="http://schemas.xmlsoap.org/soap/encoding/"/>'
REPLY = struct(
    "Respuesta",
    ("estatus", "xsd:int"),
    ("descripcion", "xsd:string"),
    ("idMensaje", "xsd:string"),
)
STATE = struct("Estado", ("estatus", "xsd:int"), ("fecha", "xsd:string"))
SHORT = (
    '<xsd:simpleType name="Texto"><xsd:restriction base="xsd:string">'
    '<xsd:maxLength value="160"/></xsd:restriction></xsd:simpleType>'
)
STRANGERS = {
    "a port to send by and a port to ask by": wsdl(ports=(("enviar",), ("estatus",))),
    "a service for each": wsdl(ports=(("enviar",), ("estatus",)), services=True),
    "another service's port first": wsdl(ports=(("saldo",), ("enviar", "estatus"))),
    "a text type of its own": wsdl(
        (*texts("usuario", "clave", "numero"), ("mensaje", "tns:Texto")), types=SHORT
    ),
    "structs": wsdl(
        sent=(("return", "tns:Respuesta"),), told=(("return", "tns:Estado"),), types=REPLY + STATE
    ),
    "several results": wsdl(sent=(("codigo", "xsd:int"), ("folio", "xsd:string"))),
    "an array of texts": wsdl(
        sent=(("return", "tns:Lista"),), types=ENCODING + array("Lista", "xsd:string")
    ),
    "an array of structs": wsdl(
        sent=(("return", "tns:Lista"),), types=ENCODING + REPLY + array("Lista", "tns:Respuesta")
    ),
}


def profile(folder: Path, document: str) -> Path:
    (folder / "strange.wsdl").write_text(document)
    (folder / "profile.toml").write_text('wsdl = "strange.wsdl"\n')
    return folder / "profile.toml"


@pytest.mark.parametrize("document", STRANGERS.values(), ids=STRANGERS)
def test_client_and_mock_server_need_no_more_than_the_wsdl(tmp_path: Path, document: str) -> None:
    assumed = profile(tmp_path, document)

    with (
        MockServer(profile=assumed) as server,
        Client("demo", "demo", base_url=server.base_url, profile=assumed) as client,
        Client("demo", "no", base_url=server.base_url, profile=assumed) as stranger,
    ):
        receipt = client.send("5512345678", "Hola, año nuevo")
        with pytest.raises(AuthenticationError):
            stranger.send("5512345678", "Hola")

        assert receipt.message_id
        assert client.status(receipt.message_id) == 0
        assert [one.text for one in server.space().messages] == ["Hola, año nuevo"]


def test_a_wsdl_is_described_by_all_its_ports() -> None:
    document = STRANGERS["a port to send by and a port to ask by"]

    assert set(describe(document.encode(), "x").operations) == {"enviar", "estatus"}


def test_another_item_in_an_array_is_a_difference() -> None:
    old = STRANGERS["an array of texts"]
    new = old.replace('wsdl:arrayType="xsd:string[]"', 'wsdl:arrayType="xsd:int[]"')

    assert differences(describe(old.encode(), "old"), describe(new.encode(), "new")) == [
        "enviar: returns (return: int[]) instead of (return: string[])"
    ]


CLASHES = {
    "by name": texts("usuario", "clave", "numero", "telefono", "mensaje"),
    "by a word": texts("usuario", "clave", "celular_origen", "celular_final", "mensaje"),
}


@pytest.mark.parametrize("parts", CLASHES.values(), ids=CLASHES)
def test_two_parts_of_one_meaning_are_an_error_on_both_sides(
    tmp_path: Path, parts: tuple[Part, ...]
) -> None:
    assumed = profile(tmp_path, wsdl(parts))
    clash = f"each of {parts[2][0]}, {parts[3][0]} could be 'number'"

    with pytest.raises(ContractError, match=clash):
        Client("demo", "demo", profile=assumed)
    with pytest.raises(ContractError, match=clash):
        MockServer(profile=assumed)


def test_the_profile_settles_which_of_two_parts_it_is(tmp_path: Path) -> None:
    assumed = profile(tmp_path, wsdl(CLASHES["by name"]))
    with assumed.open("a") as file:
        file.write('binding.send = { operation = "enviar", parts = { number = "telefono" } }')

    with (
        MockServer(profile=assumed) as server,
        Client("demo", "demo", base_url=server.base_url, profile=assumed) as client,
    ):
        assert client.send("5512345678", "Hola").code == 100


def test_a_name_goes_before_a_word_in_another_name(tmp_path: Path) -> None:
    parts = texts("tipo_mensaje", "id_mensaje", *SEND, "numero_origen")
    assumed = profile(tmp_path, wsdl(parts))

    with (
        MockServer(profile=assumed) as server,
        Client("demo", "demo", base_url=server.base_url, profile=assumed) as client,
    ):
        client.send("5512345678", "Hola")

        assert [(one.number, one.text) for one in server.space().messages] == [
            ("525512345678", "Hola")
        ]


def test_an_unknown_optional_part_does_not_shift_the_parts_behind_it(tmp_path: Path) -> None:
    members = "".join(
        f'<xsd:element name="{name}" type="xsd:string" minOccurs="0"/>'
        for name in ("arg0", *SEND, "arg5")
    )
    envio = (
        f'<xsd:complexType name="Envio"><xsd:sequence>{members}</xsd:sequence></xsd:complexType>'
    )
    wrapped = wsdl((("arg", "tns:Envio"),), types=envio)
    element = '<xsd:element name="enviar" type="tns:Envio"/>'
    document = (
        wrapped.replace(
            '<part name="arg" type="tns:Envio"/>', '<part name="p" element="tns:enviar"/>'
        )
        .replace("</xsd:schema>", f"{element}</xsd:schema>")
        .replace('style="rpc"', 'style="document"', 1)
    )
    assumed = profile(tmp_path, document.replace('use="encoded"', 'use="literal"'))

    with (
        MockServer(profile=assumed) as server,
        Client("demo", "demo", base_url=server.base_url, profile=assumed) as client,
    ):
        assert client.send("5512345678", "Hola").code == 100


@pytest.mark.parametrize(
    "name", ["folio", "ID_Mensaje", "numeroMensaje", "claveMensaje", "codigo_mensaje", "trackingId"]
)
def test_an_id_is_known_by_its_name_on_both_sides(tmp_path: Path, name: str) -> None:
    assumed = profile(tmp_path, wsdl().replace('name="id"', f'name="{name}"'))

    with (
        MockServer(profile=assumed) as server,
        Client("demo", "demo", base_url=server.base_url, profile=assumed) as client,
    ):
        assert client.status(client.send("5512345678", "Hola").message_id) == 0


HUNGARIAN = texts("strUsuario", "strPassword", "strNumeroCelular", "strMensaje", "strReferencia")
PREFIXED_AND_STRUCT = wsdl(HUNGARIAN, sent=(("return", "tns:Respuesta"),), types=REPLY)
ENVIO = struct("Envio", *HUNGARIAN)
STRUCT_IN_AND_ARRAY_OUT = wsdl(
    (("peticion", "tns:Envio"),),
    sent=(("return", "tns:Lista"),),
    types=ENCODING + ENVIO + array("Lista", "xsd:string"),
)


@pytest.mark.parametrize(
    "document",
    [
        PREFIXED_AND_STRUCT,
        pytest.param(STRUCT_IN_AND_ARRAY_OUT, marks=pytest.mark.exhaustive("contract")),
        pytest.param(  # and no extra
            STRANGERS["a port to send by and a port to ask by"],
            marks=pytest.mark.exhaustive("contract"),
        ),
    ],
    ids=["prefixed names, a struct back", "a struct in, an array back", "two ports, no extra"],
)
def test_the_contract_suite_passes_over_a_strangers_wsdl(tmp_path: Path, document: str) -> None:
    assumed = profile(tmp_path, document)
    ran = subprocess.run(
        [CONVERGIA, "contract", "--profile", assumed],
        env={name: value for name, value in os.environ.items() if "CONVERGIA" not in name},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
