"""Tests that a learned form of an envelope gives the same result as parsing it."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver.faces.dialects import Fields
from convergia_mockserver.faces.soap.face import SoapFace
from convergia_mockserver.faces.soap.learned import LearnedReplies, LearnedRequests
from convergia_mockserver.faces.soap.soap_call import SoapCall
from convergia_mockserver.faces.wire import RawRequest
from convergia_wsdl import load_guide, load_profile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mockserver.differential.soap_requests import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver.faces.wire import Reply
    from convergia_mockserver.gateway.calls import Call

    from tests.mockserver.differential.exchange import Request

FACE = SoapFace(load_guide(), load_profile())
TEXTS = st.one_of(
    st.sampled_from(
        ["demo", "525512345678", "Hola", "0", " x", "x ", "a\tb", "a\nb", "a\rb", "ñandú", "€",
         "😀", "&amp;", "&#233;", "]]", "--", "\u0080", "\u00ad", "a\u0301", "\x01", "Zq1qZ",
         "x" * 300, "<b/>", "<!-- c -->", "<![CDATA[d]]>", ""]
    ),
    st.text(max_size=12),
)  # fmt: skip


def raw(request: Request) -> RawRequest:
    lines = tuple(
        (name.lower().encode(), value.encode()) for name, value in request.headers.items()
    )
    return RawRequest("POST", "/webservice.php", b"", lines, request.body)


def counting() -> tuple[LearnedRequests, Callable[[], int]]:
    """A reader without learned forms, and the number of its full parses."""
    calls = 0

    def read(request: RawRequest) -> Call | Reply:
        nonlocal calls
        calls += 1
        return FACE.read_at_length(request)

    return LearnedRequests(read), lambda: calls


@settings(max_examples=60)
@given(requests(), st.lists(st.lists(TEXTS, min_size=8, max_size=8), min_size=1, max_size=3))
def test_any_request_is_read_as_at_length(request: Request, others: list[list[str]]) -> None:
    known, _ = counting()
    first = raw(request)
    for _ in range(3):
        assert known.read(first) == FACE.read_at_length(first)
    for texts in others:
        pieces = first.body.replace(b"><", b">\0<").split(b">")
        changed = [pieces[0]]
        for number, piece in enumerate(pieces[1:]):
            text, mark, rest = piece.partition(b"<")
            if mark and text.strip():
                text = texts[number % len(texts)].encode("utf-8", "surrogatepass")
            changed.append(text.replace(b"\0", b"") + mark + rest)
        other = replace(first, body=b">".join(changed))
        assert known.read(other) == FACE.read_at_length(other)


ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><e:Envelope '
    'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:i="http://www.w3.org/2001/'
    'XMLSchema-instance" xmlns:d="http://www.w3.org/2001/XMLSchema"><e:Body>'
    '<w:enviar_mensaje xmlns:w="urn:webservice"><username{}>{}</username><password>demo</password>'
    "<number>525512345678</number><message>{}</message><extra></extra></w:enviar_mensaje></e:Body>"
    "</e:Envelope>"
)


def post(message: str, username: str = "demo", attributes: str = "") -> RawRequest:
    headers = ((b"content-type", b"text/xml; charset=utf-8"), (b"soapaction", b'"x"'))
    body = ENVELOPE.format(attributes, username, message).encode()
    return RawRequest("POST", "/webservice.php", b"", headers, body)


def test_a_form_that_came_twice_needs_no_parser() -> None:
    known, at_length = counting()
    for message in ("uno", "dos"):
        known.read(post(message))
    learned = at_length()
    for message in ("tres", "Mañana a las 8: 100 %", "x" * 160):
        call = known.read(post(message))
        assert isinstance(call, SoapCall)
        assert call.arguments["message"] == message
        assert call == FACE.read_at_length(post(message))
    assert at_length() == learned


@pytest.mark.parametrize("message", ["5 €", "a &amp; b", "  x", "<b>x</b>", "a\rb", "😀"])
def test_a_message_that_does_not_fit_a_learned_form_is_parsed_and_the_form_is_kept(
    message: str,
) -> None:
    known, at_length = counting()
    for text in ("uno", "dos"):
        known.read(post(text))
    before = at_length()
    assert known.read(post(message)) == FACE.read_at_length(post(message))
    assert at_length() == before + 1
    known.read(post("tres"))
    assert at_length() == before + 1


def test_a_damaged_second_text_does_not_corrupt_the_learned_form() -> None:
    known, at_length = counting()
    for text in ("uno", "5 €", "tres"):
        known.read(post(text))
    before = at_length()
    known.read(post("cuatro"))
    assert at_length() == before


def test_a_text_that_php_converts_is_never_taken_for_a_constant() -> None:
    known, _ = counting()
    for username in ("5", "6", "7", "8"):
        request = post("Hola", username, ' i:type="d:int"')
        call = known.read(request)
        assert isinstance(call, SoapCall)
        assert call.arguments["username"] == username
        assert call == FACE.read_at_length(request)


def test_a_text_that_the_charset_changes_is_always_parsed() -> None:
    # With blanks around the `=` NuSOAP's own check does not see the charset, and its parser does.
    known, _ = counting()
    for message in ("uno", "dos", "~", "a~b"):
        request = post(message)
        request = replace(
            request, body=request.body.replace(b'encoding="UTF-8"', b'encoding = "hz"')
        )
        assert known.read(request) == FACE.read_at_length(request)


def test_a_compressed_body_that_contains_its_length_is_always_parsed() -> None:
    known, _ = counting()
    length = len(post("12345").body)
    # One stored block of deflate behind what NuSOAP takes for gzip's header: readable as it is.
    head = b"0123456789" + b"\1" + struct.pack("<HH", length, length ^ 0xFFFF)
    assert b"\0" not in head
    for message in ("12345", "54321", "abcde", "longer", "x"):
        request = post(message)
        headers = (*request.headers, (b"content-encoding", b"gzip"))
        request = replace(request, headers=headers, body=head + request.body)
        assert known.read(request) == FACE.read_at_length(request)
    assert len(known) == 0


def test_an_envelope_with_more_texts_than_arguments_costs_no_experiment() -> None:
    known, at_length = counting()
    request = post("Hola")
    header = b"<e:Header>" + b"<t>x</t>" * 50 + b"</e:Header><e:Body>"
    request = replace(request, body=request.body.replace(b"<e:Body>", header))
    for _ in range(4):
        assert known.read(request) == FACE.read_at_length(request)
    assert at_length() == 4


def test_the_number_of_forms_is_bounded() -> None:
    known, _ = counting()
    for number in range(200):
        for _ in range(2):
            known.read(post("Hola", "demo", f' a{number}="1"'))
    assert len(known) == 64


@given(st.integers(0, 10**20), st.sampled_from([100, 105, 201, 307]), st.booleans())
def test_any_reply_is_written_as_at_length(number: int, code: int, zero: bool) -> None:
    written: list[Fields] = []

    def write(name: str, fields: Fields, namespace: str | None, soap12: bool) -> bytes:
        written.append(fields)
        text = f"{name}|{fields.code}|{fields.message_id}|{fields.text}|{namespace}|{soap12}"
        return text.encode()

    known = LearnedReplies(write)
    id_ = f"{'0' * zero}{number}" if code == 100 else None
    fields = Fields(code, id_, "texto")
    expected = write("enviar", fields, "urn:w", False)
    for _ in range(2):
        assert known.write("enviar", fields, "urn:w", soap12=False) == expected
    other = Fields(code, None if id_ is None else "48213-x", "texto")
    assert known.write("enviar", other, "urn:w", soap12=False) == write(
        "enviar", other, "urn:w", False
    )


def test_a_namespace_that_holds_the_id_is_written_as_at_length() -> None:
    def write(_name: str, fields: Fields, namespace: str | None, _soap12: bool) -> bytes:
        return f"{namespace}|{fields.message_id}".encode()

    marks: list[str] = []

    def note(name: str, fields: Fields, namespace: str | None, soap12: bool) -> bytes:
        marks.append(fields.message_id or "")
        return write(name, fields, namespace, soap12)

    LearnedReplies(note).write("send", Fields(100, "1"), "urn:w", soap12=False)
    mark = marks[-1]
    known = LearnedReplies(write)
    for id_ in (mark, "100000001"):
        fields = Fields(100, id_)
        written = known.write("send", fields, f"urn:{mark}", soap12=False)
        assert written == write("send", fields, f"urn:{mark}", False)


def test_a_reply_without_an_id_is_written_once() -> None:
    written: list[Fields] = []

    def write(_name: str, fields: Fields, _namespace: str | None, _soap12: bool) -> bytes:
        written.append(fields)
        return b"<doc/>"

    known = LearnedReplies(write)
    for _ in range(5):
        assert known.write("enviar", Fields(201), None, soap12=False) == b"<doc/>"
    assert len(written) == 1
