"""Tests of the reference gateway: NuSOAP on the wire, with the profile's rules."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import msgspec
import pytest
from convergia_contract.reference import (
    Operation,
    ReferenceGateway,
    ReferenceUnavailableError,
    Service,
    missing,
)
from convergia_wsdl import Dialect, Profile, load_profile
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., tuple[int, str, bytes]]

ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<m:{0} xmlns:m="{1}">{2}</m:{0}></e:Body></e:Envelope>'
)


def ask(base_url: str, method: str, path: str, body: str = "") -> tuple[int, str, bytes]:
    connection = HTTPConnection(urlsplit(base_url).netloc, timeout=10)
    try:
        connection.request(method, path, body.encode(), {"Content-Type": "text/xml; charset=UTF-8"})
        reply = connection.getresponse()
        return reply.status, reply.getheader("Content-Type", ""), reply.read()
    finally:
        connection.close()


def send(base_url: str, **parameters: str) -> bytes:
    account = {"username": "demo", "password": "demo", "number": "525512345678", "message": "Hola"}
    return ask(base_url, "GET", f"/?{urlencode(account | parameters)}")[2]


def soap(base_url: str, name: str, namespace: str, *arguments: tuple[str, str]) -> bytes:
    parts = "".join(f"<{part}>{value}</{part}>" for part, value in arguments)
    status, _, body = ask(
        base_url, "POST", "/webservice.php", ENVELOPE.format(name, namespace, parts)
    )
    assert status == 200, body
    return body


def text_of(body: bytes) -> str:
    return str(etree.fromstring(body).xpath("string()"))


def with_dialect(dialect: Dialect) -> Profile:
    profile = load_profile()
    http = msgspec.structs.replace(profile.reply.http, send=dialect, status=dialect)
    both = msgspec.structs.replace(profile.reply.soap, send=dialect, status=dialect)
    return msgspec.structs.replace(
        profile, reply=msgspec.structs.replace(profile.reply, http=http, soap=both)
    )


needs_php = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def test_a_message_sent_by_get_is_found_through_soap(nusoap_gateway: ReferenceGateway) -> None:
    code, message_id = send(nusoap_gateway.base_url).decode().split("|")
    assert code == "100"
    account = (("username", "demo"), ("password", "demo"), ("messageid", message_id))
    answer = soap(nusoap_gateway.base_url, "estatus_mensaje", "urn:webservice", *account)
    assert text_of(answer) == "3"


def test_its_wsdl_is_the_cached_one(nusoap_gateway: ReferenceGateway) -> None:
    _, content_type, body = ask(nusoap_gateway.base_url, "GET", "/webservice.php?wsdl")
    assert content_type == "text/xml; charset=ISO-8859-1"

    def canonical(wsdl: bytes) -> bytes:
        return re.sub(rb'location="[^"]*"', b'location=""', wsdl).strip()

    assert canonical(body) == canonical(load_profile().wsdl_bytes())


@needs_php
def test_it_takes_names_style_accounts_and_ids_from_its_caller() -> None:
    service = Service(
        send=Operation(
            "MandarTexto",
            {"message": "texto", "number": "celular", "username": "cuenta", "password": "clave"},
        ),
        status=Operation(
            "Folio", {"messageid": "folio", "username": "cuenta", "password": "clave"}
        ),
        name="Mensajero",
        namespace="http://example.mx/mensajero",
        style="document",
        use="literal",
    )
    with ReferenceGateway(
        accounts={"ana": "s3creta"}, service=service, id_format="MX-%x", pending_queries=1
    ) as gateway:
        account = (("cuenta", "ana"), ("clave", "s3creta"))
        sent = soap(
            gateway.base_url,
            "MandarTexto",
            service.namespace,
            ("texto", "Hola"),
            ("celular", "525512345678"),
            *account,
        )
        assert text_of(sent) == f"100|MX-{load_profile().message_id.first:x}"
        folio = ("folio", text_of(sent).split("|")[1])
        answers = [
            text_of(soap(gateway.base_url, "Folio", service.namespace, folio, *account))
            for _ in range(2)
        ]
        assert answers == ["0", "3"]


@needs_php
@pytest.mark.parametrize(
    ("dialect", "accepted", "refused"),
    [
        (Dialect("separated", separator=";", order="id-code"), rb"\d+;100", rb"201"),
        (
            Dialect("separated", separator=",", text=True),
            rb"100,\d+,Mensaje Enviado Correctamente",
            rb"201,Usuario o password incorrectos\.",
        ),
        (Dialect("key-value", separator="&"), rb"codigo=100&id=\d+", rb"codigo=201"),
        (Dialect("json"), rb'\{"codigo":100,"id":"\d+"\}', rb'\{"codigo":201\}'),
        (Dialect("xml", html=True), rb"<html>.*<codigo>100</codigo><id>.*", rb".*>201<.*"),
    ],
    ids=lambda value: value.form if isinstance(value, Dialect) else "",
)
def test_it_speaks_the_profiles_dialect(dialect: Dialect, accepted: bytes, refused: bytes) -> None:
    with ReferenceGateway(with_dialect(dialect)) as gateway:
        assert re.fullmatch(accepted, send(gateway.base_url))
        assert re.fullmatch(refused, send(gateway.base_url, password="wrong"))


@needs_php
def test_it_returns_a_struct_through_soap() -> None:
    with ReferenceGateway(with_dialect(Dialect("struct"))) as gateway:
        account = (("username", "demo"), ("password", "demo"))
        body = soap(
            gateway.base_url,
            "enviar_mensaje",
            "urn:webservice",
            *account,
            ("number", "525512345678"),
            ("message", "Hola"),
        )
        root = etree.fromstring(body)
        assert root.findtext(".//return/codigo") == "100"
        assert (root.findtext(".//return/id") or "").isdigit()
        assert b"enviar_mensajeResultado" in ask(gateway.base_url, "GET", "/webservice.php?wsdl")[2]


@needs_php
def test_a_failure_to_start_says_why(nusoap_gateway: ReferenceGateway) -> None:
    taken = urlsplit(nusoap_gateway.base_url).port or 0
    with pytest.raises(ReferenceUnavailableError, match="in use"):
        ReferenceGateway(port=taken).start()


def test_missing_programs_are_named_with_the_packages_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ReferenceUnavailableError, match=r"apt-get install php-cli .*libnusoap-php"):
        ReferenceGateway().start()
