"""Tests that the client finds send and status in any WSDL, and reports it if it cannot."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest
from convergia_sms import Client
from convergia_sms._codecs.binding import find_binding
from convergia_sms._codecs.service import Service, _LocalFiles
from convergia_sms._codecs.soap import SoapCodec
from convergia_sms._codecs.wire import Credentials
from convergia_wsdl import ContractError, Profile, load_guide, load_profile
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

GUIDE = load_guide()
FOLDER = Path(str(files("convergia_contract"))) / "wsdls"
WSDLS = sorted(FOLDER.glob("*.wsdl"), key=lambda each: each.name)
CREDENTIALS = Credentials("demo", "se<c&ret")


def profile_of(wsdl: Path | str) -> Profile:
    return msgspec.structs.replace(load_profile(), wsdl=str(wsdl))


@pytest.fixture(params=WSDLS, ids=lambda each: each.stem)
def wsdl(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_are_wsdls_of_every_kind_to_try() -> None:
    assert len(WSDLS) >= 6


def test_send_and_status_are_found_in_every_wsdl_with_every_part(wsdl: Path) -> None:
    service = Service(profile_of(wsdl))

    send = find_binding("send", service.signatures, profile_of(wsdl))
    status = find_binding("status", service.signatures, profile_of(wsdl))

    assert set(send.roles) == {"username", "password", "number", "message", "extra"}
    assert set(status.roles) == {"username", "password", "messageid"}


def test_each_value_goes_to_the_part_that_takes_it(wsdl: Path) -> None:
    profile = profile_of(wsdl)
    service = Service(profile)
    binding = find_binding("send", service.signatures, profile)

    body = SoapCodec(GUIDE, profile).send(CREDENTIALS, "525512345678", "a < b & ñ", "ref").body

    found = {
        etree.QName(element).localname: element.text
        for element in etree.fromstring(body).iter()
        if not len(element)
    }
    assert found == {
        binding.roles["username"].name: "demo",
        binding.roles["password"].name: "se<c&ret",
        binding.roles["number"].name: "525512345678",
        binding.roles["message"].name: "a < b & ñ",
        binding.roles["extra"].name: "ref",
    }


xml_texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r<>&\"'")
)


ALL = [load_profile().wsdl, *map(str, WSDLS)]


@pytest.mark.parametrize("path", ALL, ids=lambda path: Path(path).stem)
def test_the_template_gives_zeeps_own_envelope(path: str) -> None:
    profile = profile_of(path)
    service = Service(profile)
    codec = SoapCodec(GUIDE, profile)
    binding = find_binding("send", service.signatures, profile)

    @given(xml_texts, xml_texts, xml_texts)
    @settings(max_examples=60, deadline=None)
    def check(password: str, message: str, extra: str) -> None:
        given_values = {
            "username": "demo",
            "password": password,
            "number": "525512345678",
            "message": message,
            "extra": extra,
        }
        nested: dict[str, Any] = {}
        for role, part in binding.roles.items():
            place = nested
            for name in part.path[:-1]:
                place = place.setdefault(name, {})
            place[part.name] = given_values[role]
        request = codec.send(Credentials("demo", password), "525512345678", message, extra)

        expected, headers = service.envelope(binding.operation.name, nested)

        assert request.body == expected
        assert dict(request.headers) == headers

    check()


@pytest.mark.parametrize("text", ["\x00", "a\x0bb", "\ud800", "\ufffe"])
def test_a_text_with_characters_invalid_in_xml_is_refused_before_any_request(text: str) -> None:
    codec = SoapCodec(GUIDE, load_profile())

    with pytest.raises(ValueError, match="message: XML cannot contain the character U\\+"):
        codec.send(CREDENTIALS, "525512345678", text, None)


def test_a_client_with_an_ambiguous_wsdl_fails_when_it_is_built(tmp_path: Path) -> None:
    text = Path(load_profile().wsdl).read_text("iso-8859-1").replace('name="message"', 'name="m"')
    (tmp_path / "odd.wsdl").write_text(text, "iso-8859-1")
    (tmp_path / "profile.toml").write_text('wsdl = "odd.wsdl"')

    with pytest.raises(ContractError, match=r"enviar_mensaje\(username, password, number, m, "):
        Client("demo", "demo", profile=tmp_path / "profile.toml")


IMPORTING = (
    "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'>"
    "<import namespace='a' location='http://elsewhere.example/a.wsdl'/></definitions>"
)
WITH_ENTITY = (
    "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
    "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'>&e;</definitions>"
)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is not a WSDL"),
        ("<html/>", "offers no SOAP binding|is not a WSDL"),
        ("<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'/>", "offers no SOAP binding"),
        (
            IMPORTING,
            "refers to http://elsewhere.example",
        ),
        (
            IMPORTING.replace("elsewhere.example", "[::1"),
            "is not a WSDL that zeep can read: Invalid IPv6 URL",
        ),
        (
            WITH_ENTITY,
            "is not a WSDL",
        ),
    ],
)
def test_an_invalid_wsdl_or_one_with_external_imports_is_refused(
    tmp_path: Path, content: str, complaint: str
) -> None:
    (tmp_path / "x.wsdl").write_text(content)

    with pytest.raises(ContractError, match=complaint):
        Service(profile_of(tmp_path / "x.wsdl"))


def test_an_error_names_a_missing_wsdl_once(tmp_path: Path) -> None:
    with pytest.raises(ContractError) as caught:
        Service(profile_of(tmp_path / "x.wsdl"))
    assert str(caught.value) == f"{tmp_path}/x.wsdl cannot be read: No such file or directory"


def test_a_part_of_a_numeric_type_takes_digits_only(tmp_path: Path) -> None:
    text = Path(load_profile().wsdl).read_text("iso-8859-1")
    text = text.replace('name="number" type="xsd:string"', 'name="number" type="xsd:long"')
    (tmp_path / "typed.wsdl").write_text(text, "iso-8859-1")
    codec = SoapCodec(GUIDE, profile_of(tmp_path / "typed.wsdl"))

    assert (
        b"<number>525512345678</number>"
        in codec.send(CREDENTIALS, "525512345678", "Hola", None).body
    )
    with pytest.raises(ValueError, match="number: the WSDL wants a whole number"):
        codec.send(CREDENTIALS, "52-55", "Hola", None)


def test_zeep_opens_no_socket_for_any_wsdl(wsdl: Path, no_network: None) -> None:
    SoapCodec(GUIDE, profile_of(wsdl))


@pytest.mark.parametrize("smuggled", ["&#10;X-Evil: 1", "&#13;&#10;&#13;&#10;GET / HTTP/1.1", "ñ"])
def test_a_wsdl_whose_soapaction_is_invalid_as_a_header_is_refused(
    tmp_path: Path, smuggled: str
) -> None:
    text = load_profile().wsdl_bytes().decode("iso-8859-1")
    hostile = text.replace('soapAction="', f'soapAction="{smuggled}')
    assert hostile != text
    (tmp_path / "x.wsdl").write_text(hostile, "iso-8859-1")

    with pytest.raises(ContractError, match="cannot be an HTTP header"):
        SoapCodec(GUIDE, profile_of(tmp_path / "x.wsdl"))


def typed(tmp_path: Path, part: str, profile: str = "") -> Profile:
    """The packaged WSDL with another part behind the number of a send, and what a profile adds."""
    text = load_profile().wsdl_bytes().decode("iso-8859-1")
    known = '<part name="number" type="xsd:string" />'
    simple = (
        '<xsd:simpleType name="Ruta"><xsd:restriction base="xsd:string">'
        '<xsd:enumeration value="directa"/><xsd:enumeration value="barata"/>'
        "</xsd:restriction></xsd:simpleType></xsd:schema>"
    )
    text = text.replace(known, known + part).replace("</xsd:schema>", simple)
    (tmp_path / "typed.wsdl").write_text(text, "iso-8859-1")
    (tmp_path / "profile.toml").write_text(f'wsdl = "typed.wsdl"\n{profile}')
    return load_profile(tmp_path / "profile.toml")


@pytest.mark.parametrize(
    ("type_", "value", "written"),
    [
        ("xsd:int", "3", "3"),
        ("xsd:unsignedShort", "3", "3"),
        ("xsd:decimal", "1.50", "1.50"),
        ("xsd:boolean", "true", "true"),
        ("xsd:boolean", "0", "false"),
        ("xsd:date", "2026-11-26", "2026-11-26"),
        ("xsd:dateTime", "2026-11-26T10:00:00", "2026-11-26T10:00:00"),
        ("xsd:time", "10:00:00", "10:00:00"),
        ("tns:Ruta", "barata", "barata"),
        ("xsd:string", "MX", "MX"),
    ],
)
def test_the_profile_fills_a_part_of_any_simple_type(
    tmp_path: Path, type_: str, value: str, written: str
) -> None:
    part = f'<part name="prioridad" type="{type_}"/>'
    profile = typed(tmp_path, part, f'[binding]\nsend.values = {{ prioridad = "{value}" }}')

    request = SoapCodec(GUIDE, profile).send(CREDENTIALS, "525512345678", "Hola", None)

    assert f"<prioridad>{written}</prioridad>".encode() in request.body


@pytest.mark.parametrize(
    ("type_", "wanted"),
    [("xsd:int", "a whole number"), ("xsd:date", "a date"), ("tns:Ruta", "one of directa, barata")],
)
def test_a_part_without_a_value_is_an_error_with_the_line_to_add(
    tmp_path: Path, type_: str, wanted: str
) -> None:
    with pytest.raises(ContractError) as caught:
        SoapCodec(GUIDE, typed(tmp_path, f'<part name="prioridad" type="{type_}"/>'))

    assert wanted in str(caught.value)
    assert '[binding] send.values = { prioridad = "…" }' in str(caught.value)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ('{ prioridad = "alta" }', "prioridad: the WSDL wants a whole number, and not 'alta'"),
        ('{ nada = "1" }', "has no part 'nada'"),
        ('{ message = "x" }', "message takes the guide's 'message'"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(tmp_path: Path, values: str, complaint: str) -> None:
    part = '<part name="prioridad" type="xsd:int"/>'

    with pytest.raises(ContractError, match=complaint):
        SoapCodec(GUIDE, typed(tmp_path, part, f"[binding]\nsend.values = {values}"))


def test_an_extra_that_takes_a_number_needs_none(tmp_path: Path) -> None:
    text = load_profile().wsdl_bytes().decode("iso-8859-1")
    text = text.replace('name="extra" type="xsd:string"', 'name="extra" type="xsd:int"')
    (tmp_path / "x.wsdl").write_text(text, "iso-8859-1")
    (tmp_path / "p.toml").write_text('wsdl = "x.wsdl"\nbinding.send.values = { extra = "0" }')
    codec = SoapCodec(GUIDE, load_profile(tmp_path / "p.toml"))

    assert b"<extra>0</extra>" in codec.send(CREDENTIALS, "525512345678", "Hola", None).body
    assert b"<extra>7</extra>" in codec.send(CREDENTIALS, "525512345678", "Hola", "7").body
    with pytest.raises(ValueError, match="extra: the WSDL wants a whole number"):
        codec.send(CREDENTIALS, "525512345678", "Hola", "siete")


NOTICE = b"<br />\n<b>Notice</b>:  Undefined index: wsdl in <b>/x.php</b> on line <b>3</b><br />\n"


@pytest.mark.parametrize("before", [b"\n\n", b"\xef\xbb\xbf\n", NOTICE, b"<!-- a -->" + NOTICE])
@pytest.mark.parametrize("behind", [b"", b"\n", NOTICE])
def test_php_output_around_a_wsdl_is_ignored(tmp_path: Path, before: bytes, behind: bytes) -> None:
    (tmp_path / "x.wsdl").write_bytes(before + load_profile().wsdl_bytes() + behind)

    found = Service(profile_of(tmp_path / "x.wsdl")).signatures

    assert found == Service(load_profile()).signatures


def test_the_envelope_is_the_one_that_zeep_sends(wsdl: Path) -> None:
    import zeep

    profile = profile_of(wsdl)
    service = Service(profile)
    binding = find_binding("send", service.signatures, profile)
    values: dict[str, Any] = {}
    for part in binding.operation.parts:
        place = values
        for name in part.path[:-1]:
            place = place.setdefault(name, {})
        place[part.name] = "1"

    sent: dict[str, Any] = {}

    class Listening(_LocalFiles):
        def post_xml(self, _address: str, envelope: Any, headers: dict[str, str]) -> Any:
            sent.update(message=etree.tostring(envelope), headers=headers)
            raise OSError

    client: Any = zeep.Client(str(wsdl), transport=Listening(str(wsdl)))  # type: ignore[no-untyped-call]
    for known in client.wsdl.services.values():
        for port in known.ports.values():
            if binding.operation.name in port.binding.all():
                proxy = client.create_service(port.binding.name, "http://127.0.0.1:9")
                break
    with pytest.raises(OSError):  # noqa: PT011
        proxy[binding.operation.name](**values)

    body, headers = service.envelope(binding.operation.name, values)
    assert etree.tostring(etree.fromstring(body)) == etree.tostring(
        etree.fromstring(sent["message"])
    )
    assert headers == sent["headers"]
