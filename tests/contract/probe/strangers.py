"""Gateways that differ from every assumption at once, each in its own way."""

from __future__ import annotations

import msgspec
from convergia_contract.reference import Operation, ReferenceGateway, Service
from convergia_wsdl import Dialect, Keys, Profile, load_profile

DOCUMENT = Service(
    send=Operation(
        "MandarTexto",
        {
            "message": "texto",
            "number": "celular",
            "username": "usuario",
            "password": "clave",
            "extra": "referencia",
        },
    ),
    status=Operation(
        "ConsultarFolio", {"messageid": "folio", "username": "usuario", "password": "clave"}
    ),
    name="Mensajero",
    namespace="http://mensajero.example.mx/sms",
    style="document",
    use="literal",
)
RPC = Service(
    send=Operation(
        "sendSMS",
        {"username": "user", "password": "pass", "number": "to", "message": "text", "extra": "tag"},
        result="out",
    ),
    status=Operation(
        "querySMS", {"username": "user", "password": "pass", "messageid": "msgId"}, result="out"
    ),
    name="SmsApi",
    namespace="urn:sms-api",
)
ENGLISH = Keys(code="status", id="messageId", text="message")


def profile(
    http_send: Dialect, http_status: Dialect, soap_send: Dialect, soap_status: Dialect
) -> Profile:
    """A gateway with other dialects, and with every other assumption wrong."""
    packaged = load_profile()
    replace = msgspec.structs.replace
    http = replace(
        packaged.reply.http,
        send=http_send,
        status=http_status,
        content_type="text/plain; charset=utf-8",
    )
    soap = replace(packaged.reply.soap, send=soap_send, status=soap_status)
    return replace(
        packaged,
        reply=replace(packaged.reply, http=http, soap=soap),
        message_id=replace(packaged.message_id, first=7),
        number=replace(packaged.number, pattern="52[0-9]{10}|[0-9]{10}"),
        text=replace(packaged.text, max_length=70),
        errors=replace(
            packaged.errors,
            precedence=(
                104, 103, 307, 105, 102, 101, 201, 202, 205, 204, 109, 110, 200, 254, 305, 306,
            ),
            status_precedence=(6, 5),
        ),
    )  # fmt: skip


def semicolons() -> ReferenceGateway:
    spelt = Dialect("separated", separator=";", order="id-code")
    with_text = Dialect("separated", separator=";", text=True)
    return ReferenceGateway(
        profile(spelt, with_text, spelt, with_text),
        service=DOCUMENT,
        id_format="#%d",
        pending_queries=1,
    )


def json_and_structs() -> ReferenceGateway:
    spelt = Dialect("json", keys=ENGLISH, text=True)
    struct = Dialect("struct", keys=ENGLISH)
    return ReferenceGateway(
        profile(spelt, spelt, struct, struct),
        service=RPC,
        id_format="sms-%04x",
        pending_queries=2,
    )


def pairs_in_html_and_arrays() -> ReferenceGateway:
    spelt = Dialect("key-value", separator="&", html=True, keys=ENGLISH)
    return ReferenceGateway(
        profile(spelt, spelt, Dialect("array"), Dialect("array")),
        service=RPC,
        id_format="%d00",
        pending_queries=1,
    )


def xml_with_text() -> ReferenceGateway:
    spelt = Dialect("xml", text=True)
    return ReferenceGateway(
        profile(spelt, spelt, spelt, spelt), service=DOCUMENT, pending_queries=0
    )


STRANGERS = (semicolons, json_and_structs, pairs_in_html_and_arrays, xml_with_text)
