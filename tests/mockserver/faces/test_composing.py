"""Tests that the SOAP face understands the calls that the portal posts, with every WSDL."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from convergia_mockserver.faces.soap.composing import compose
from convergia_mockserver.faces.soap.face import SoapFace
from convergia_mockserver.faces.wire import RawRequest
from convergia_mockserver.gateway.calls import Call
from convergia_wsdl import load_guide, load_profile

PROFILES = [None, *sorted((Path(str(files("convergia_contract"))) / "wsdls").glob("*.toml"))]
SEND = {
    "username": "demo",
    "password": "s<e&c\"r'eto",
    "number": "525512345678",
    "message": "Hola ñandú\n<b>",
    "extra": "ref-1",
}


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem if path else "packaged")
def test_a_composed_send_is_read_with_its_arguments(path: Path | None) -> None:
    profile = load_profile(path)
    headers, body = compose(profile, "send", SEND)

    call = SoapFace(load_guide(), profile).read(
        RawRequest("POST", "/webservice.php", b"", headers, body)
    )

    assert isinstance(call, Call)
    assert call.operation == "send"
    assert {name: call.arguments[name] for name in SEND} == SEND


def test_missing_arguments_are_empty_and_characters_invalid_in_xml_become_question_marks() -> None:
    _, body = compose(load_profile(), "send", {"username": "demo", "message": "a\x01b"})

    assert b"<message>a?b</message>" in body
    assert b"<password></password>" in body
