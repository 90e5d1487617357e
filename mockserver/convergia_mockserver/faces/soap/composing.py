"""Composing a SOAP request from the profile's WSDL, for people who try the gateway."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from lxml import etree

from .binding import bind
from .wsdl import read_wsdl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Profile
    from lxml.etree import _Element

    from .schema_types import Shape

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
# XML 1.0 does not allow these characters, even escaped.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Headers = tuple[tuple[bytes, bytes], ...]


def compose(
    profile: Profile, purpose: Literal["send", "status"], arguments: Mapping[str, str]
) -> tuple[Headers, bytes]:
    """Return the headers and the envelope of a SOAP request.

    Args:
        purpose: the operation of the guide.
        profile: the profile, whose WSDL gives the names, the order and the style.
        arguments: the arguments by the guide's names. A missing one is sent as an empty element. A
            character that XML does not allow is sent as `?`.

    Raises:
        ContractError: if the WSDL cannot be read, or its operations cannot be bound.
    """
    send, status = bind(read_wsdl(profile.wsdl_bytes(), profile.wsdl), profile)
    bound = send if purpose == "send" else status
    operation = bound.operation
    values = {
        (argument.position, argument.path): arguments.get(argument.parameter, "")
        for argument in bound.arguments
    }
    envelope = etree.Element(f"{{{_ENVELOPE}}}Envelope", nsmap={"SOAP-ENV": _ENVELOPE})
    body = etree.SubElement(envelope, f"{{{_ENVELOPE}}}Body")
    if operation.style == "rpc":
        name, namespace = operation.name, operation.input.namespace
    else:
        element = operation.input.parts[0].shape
        name, namespace = element.name, element.namespace
    call = etree.SubElement(body, _tag(name, namespace))
    for position, shape in enumerate(operation.arguments):
        _write(call, shape, position, (), values)
    headers = (
        (b"content-type", b"text/xml; charset=utf-8"),
        (b"soapaction", f'"{operation.soap_action}"'.encode()),
    )
    return headers, etree.tostring(envelope, encoding="utf-8", xml_declaration=True)


def _write(
    parent: _Element,
    shape: Shape,
    position: int,
    path: tuple[str, ...],
    values: Mapping[tuple[int, tuple[str, ...]], str],
) -> None:
    element = etree.SubElement(parent, _tag(shape.name, shape.namespace))
    if shape.kind == "struct":
        for inner in shape.fields:
            _write(element, inner, position, (*path, inner.name), values)
    else:
        element.text = _NOT_XML.sub("?", values.get((position, path), ""))


def _tag(name: str, namespace: str) -> str:
    return f"{{{namespace}}}{name}" if namespace else name
