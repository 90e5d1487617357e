"""Tests that the SOAP face serves any WSDL of a profile, with zeep as the client."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from convergia_mockserver.faces.soap import SoapFace
from convergia_mockserver.faces.wire import RawRequest, Reply
from convergia_mockserver.gateway.calls import Answer, Call
from convergia_wsdl import Profile, load_guide, load_profile
from lxml import etree
from zeep import Client
from zeep.helpers import serialize_object
from zeep.transports import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

WSDLS = Path(str(files("convergia_contract"))) / "wsdls"
PROFILES = sorted(WSDLS.glob("*.toml"))
SEND = {
    "username": "demo",
    "password": "secreto",
    "number": "525512345678",
    "message": "Hola ñandú",
    "extra": "ref-1",
}
STATUS = {"username": "demo", "password": "secreto", "messageid": "100000001"}


@dataclass(frozen=True)
class Service:
    """A service as a reader of the WSDL would write it by hand: operations, arguments, results."""

    send: str
    sent: Mapping[str, Any]
    accepted: object
    refused: object
    status: str
    asked: Mapping[str, Any]
    delivered: object


def named(values: Mapping[str, str], **names: str) -> dict[str, str]:
    return {part: values[parameter] for parameter, part in names.items()}


ACCEPTED = "Mensaje Enviado Correctamente"
REFUSED = "Usuario o password incorrectos."
SERVICES = {
    "nusoap-rpc-literal": Service(
        "enviaSMS",
        named(
            SEND,
            username="usuario",
            password="clave",
            number="celular",
            message="texto",
            extra="referencia",
        ),
        "100|7",
        "201",
        "consultaEstatus",
        named(STATUS, username="usuario", password="clave", messageid="folio"),
        "3",
    ),
    "nusoap-document": Service(
        "SendSms",
        named(
            SEND,
            number="mobile",
            message="text",
            username="user",
            password="pass",
            extra="reference",
        ),
        "100|7",
        "201",
        "QueryStatus",
        named(STATUS, messageid="message_id", username="user", password="pass"),
        "3",
    ),
    "nusoap-struct": Service(
        "mandar",
        named(
            SEND,
            number="numero_celular",
            message="mensaje",
            extra="dato_extra",
            username="usuario_api",
            password="contrasena",
        ),
        {"estatus": "100", "folio": "7", "detalle": ACCEPTED},
        {"estatus": "201", "folio": None, "detalle": REFUSED},
        "estado",
        named(STATUS, messageid="id_mensaje", username="usuario_api", password="contrasena"),
        {"estatus": "3", "folio": None, "detalle": "Entregado"},
    ),
    "nusoap-array": Service(
        "sendMessage",
        named(
            SEND, username="login", password="password", number="to", message="body", extra="tag"
        ),
        ["100", "7"],
        ["201"],
        "getStatus",
        named(STATUS, username="login", password="password", messageid="sms_id"),
        "3",
    ),
    "dotnet-wrapped": Service(
        "SendMessage",
        named(
            SEND,
            username="UserName",
            password="Password",
            number="PhoneNumber",
            message="MessageText",
            extra="ClientReference",
        ),
        {"Code": 100, "MessageId": "7", "Description": ACCEPTED},
        {"Code": 201, "MessageId": None, "Description": REFUSED},
        "GetMessageStatus",
        named(STATUS, username="UserName", password="Password", messageid="MessageId"),
        3,
    ),
    "axis-bare": Service(
        "enviar",
        {
            "credenciales": {"nombreUsuario": "demo", "claveAcceso": "secreto"},
            **named(SEND, number="numeroDestino", message="textoMensaje", extra="referencia"),
        },
        {"codigo": "100", "idMensaje": "7", "descripcion": ACCEPTED},
        {"codigo": "201", "idMensaje": None, "descripcion": REFUSED},
        "consultar",
        {
            "credenciales": {"nombreUsuario": "demo", "claveAcceso": "secreto"},
            "idMensaje": "100000001",
        },
        {"codigo": "3", "idMensaje": None, "descripcion": "Entregado"},
    ),
}


# What an array restricts, which zeep would fetch from the network.
ENCODING = b"""<schema xmlns="http://www.w3.org/2001/XMLSchema"
    targetNamespace="http://schemas.xmlsoap.org/soap/encoding/">
  <attribute name="arrayType" type="string"/>
  <complexType name="Array">
    <sequence><any minOccurs="0" maxOccurs="unbounded" processContents="lax"/></sequence>
    <anyAttribute namespace="##other" processContents="lax"/>
  </complexType>
</schema>"""


class FaceTransport(Transport):
    """A zeep transport that passes requests to a face, and keeps the resulting calls."""

    def __init__(self, face: SoapFace, answer: Answer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.face = face
        self.answer = answer
        self.calls: list[Call] = []

    def load(self, url: str) -> bytes:
        assert url == "http://schemas.xmlsoap.org/soap/encoding/"
        return ENCODING

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> object:
        assert address == "http://127.0.0.1/webservice.php"
        raw = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
        read = self.face.read(RawRequest("POST", "/webservice.php", b"", raw, message))
        if isinstance(read, Call):
            self.calls.append(read)
            read = self.face.write(read, self.answer)
        return _Response(read)


class _Response:
    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.status
        self.content = reply.body
        self.encoding = None
        self.headers = {name.decode().title(): value.decode() for name, value in reply.headers}


def face_of(profile: Profile) -> SoapFace:
    return SoapFace(load_guide(), profile)


def served(face: SoapFace) -> bytes:
    reply = face.read(RawRequest("GET", "/webservice.php", b"wsdl", ()))
    assert isinstance(reply, Reply)
    return reply.body


def client_of(face: SoapFace, transport: FaceTransport) -> Client:
    return Client(BytesIO(served(face)), transport=transport)  # type: ignore[no-untyped-call]


def call(path: Path, operation: str, arguments: Mapping[str, Any], answer: Answer) -> Any:
    face = face_of(load_profile(path))
    transport = FaceTransport(face, answer)
    result = client_of(face, transport).service[operation](**arguments)
    (made,) = transport.calls
    return made, serialize_object(result, dict)  # type: ignore[no-untyped-call]


def test_the_wsdls_differ_and_each_has_its_hand_written_service() -> None:
    assert {path.stem for path in PROFILES} == SERVICES.keys()


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_send_arrives_under_the_guides_names(path: Path) -> None:
    service = SERVICES[path.stem]
    made, result = call(path, service.send, service.sent, Answer(100, "7"))
    assert made.operation == "send"
    assert made.arguments == SEND
    assert made.findings == ()
    assert result == service.accepted


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_refusal_is_in_the_wsdls_style(path: Path) -> None:
    service = SERVICES[path.stem]
    assert call(path, service.send, service.sent, Answer(201))[1] == service.refused


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_status_query_arrives_and_is_answered(path: Path) -> None:
    service = SERVICES[path.stem]
    made, result = call(path, service.status, service.asked, Answer(3))
    assert made.operation == "status"
    assert made.arguments == STATUS
    assert result == service.delivered


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_the_wsdl_is_served_verbatim_but_for_its_addresses(path: Path) -> None:
    profile = load_profile(path)
    request = RawRequest(
        "GET", "/webservice.php", b"wsdl", (), scheme="https", host="sms.test:8443", prefix="/s/a"
    )
    reply = face_of(profile).read(request)
    assert isinstance(reply, Reply)
    mine, cached = (etree.fromstring(d) for d in (reply.body, profile.wsdl_bytes()))
    here, there = (
        [element.attrib.pop("location") for element in tree.iter("{*}address")]
        for tree in (mine, cached)
    )
    assert set(here) == {"https://sms.test:8443/s/a/webservice.php"}
    assert len(here) == len(there)
    assert etree.tostring(mine, method="c14n") == etree.tostring(cached, method="c14n")


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ({"proto": "https", "host": "sms.test"}, "https://sms.test/s/a/webservice.php"),
        ({"host": "[::1]:8443"}, "http://[::1]:8443/s/a/webservice.php"),
        ({"proto": "https, http", "host": "a.test, b"}, "https://a.test/s/a/webservice.php"),
        ({"prefix": "/mock/"}, "http://inner:8181/mock/s/a/webservice.php"),
        ({"proto": "javascript", "host": '"><x>', "prefix": "//evil"},
         "http://inner:8181/s/a/webservice.php"),
    ],
)  # fmt: skip
def test_behind_a_proxy_wsdl_and_page_lead_back_through_it(
    said: dict[str, str], address: str
) -> None:
    headers = tuple((f"x-forwarded-{key}".encode(), said[key].encode()) for key in said)
    face = face_of(load_profile())
    for query in (b"wsdl", b""):
        request = RawRequest(
            "GET", "/webservice.php", query, headers, host="inner:8181", prefix="/s/a"
        )
        reply = face.read(request)
        assert isinstance(reply, Reply)
        assert address.encode() in reply.body
        assert b"<x>" not in reply.body


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_the_page_shows_every_operation_and_part(path: Path) -> None:
    page = face_of(load_profile(path)).read(RawRequest("GET", "/webservice.php", b"", ()))
    assert isinstance(page, Reply)
    shown = page.body.decode()
    wsdl = etree.fromstring(load_profile(path).wsdl_bytes())
    names = wsdl.xpath("//*[local-name()='portType']/*/@name | //*[local-name()='part']/@name")
    assert isinstance(names, list)
    assert names
    for name in names:
        assert str(name) in shown
    assert 'href="?wsdl"' in shown


def test_a_struct_reply_says_its_own_type() -> None:
    face = face_of(load_profile(WSDLS / "nusoap-struct.toml"))
    made, _ = call(
        WSDLS / "nusoap-struct.toml", "mandar", SERVICES["nusoap-struct"].sent, Answer(100, "7")
    )
    envelope = etree.fromstring(face.write(made, Answer(100, "7")).body)
    (value,) = envelope.iter("return")
    assert value.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "tns:mandarResultado"
    assert value.nsmap["tns"] == "urn:mensajeria"


def test_any_other_operation_is_answered_with_a_value_of_its_type() -> None:
    face = face_of(load_profile(WSDLS / "dotnet-wrapped.toml"))
    transport = FaceTransport(face, Answer(None))
    client = client_of(face, transport)
    assert client.service.GetBalance(UserName="demo", Password="demo") == 12345
    (made,) = transport.calls
    assert (made.operation, made.arguments) == (
        "GetBalance",
        {"username": "demo", "password": "demo"},
    )
