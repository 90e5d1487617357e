"""Requests to the SOAP face, written by hand."""

from __future__ import annotations

from convergia_mockserver.faces.soap import SoapFace
from convergia_mockserver.faces.wire import RawRequest, Reply
from convergia_mockserver.gateway.calls import Call
from convergia_wsdl import Profile, load_guide, load_profile
from lxml import etree

ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"><e:Body>{}</e:Body></e:Envelope>'
)
SEND_ACTION = '"urn:webservice#enviar_mensaje"'


def face(profile: Profile | None = None) -> SoapFace:
    return SoapFace(load_guide(), profile or load_profile())


def enviar(inside: str) -> bytes:
    """An envelope around `enviar_mensaje`."""
    element = f'<n:enviar_mensaje xmlns:n="urn:webservice">{inside}</n:enviar_mensaje>'
    return ENVELOPE.format(element).encode()


def post(
    body: bytes,
    *,
    content_type: str | None = "text/xml; charset=utf-8",
    action: str | None = SEND_ACTION,
    **headers: str,
) -> RawRequest:
    """A POST to the web service; `headers` with `_` for `-`."""
    named = {"content-type": content_type, "soapaction": action}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = tuple((n.encode(), v.encode("latin-1")) for n, v in named.items() if v is not None)
    return RawRequest("POST", "/webservice.php", b"", raw, body)


def called(request: RawRequest, profile: Profile | None = None) -> Call:
    """The call that the face reads."""
    read = face(profile).read(request)
    assert isinstance(read, Call), read
    return read


def fault_text(request: RawRequest) -> str:
    """The fault that the face answers with."""
    reply = face().read(request)
    assert isinstance(reply, Reply)
    assert reply.status == 500
    assert dict(reply.headers)[b"content-type"] == b"text/xml; charset=ISO-8859-1"
    (text,) = etree.fromstring(reply.body).iter("faultstring")
    return text.text or ""
