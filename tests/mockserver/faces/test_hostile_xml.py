"""Tests that hostile input gives a call or a clear reply, and that the face survives."""

from __future__ import annotations

import gzip

import pytest
from convergia_mockserver.faces.http_get import HttpFace
from convergia_mockserver.faces.soap.xml_reader import MAX_BODY, MAX_DEPTH
from convergia_mockserver.faces.wire import RawRequest, Reply
from convergia_mockserver.gateway.calls import Answer, Call
from convergia_wsdl import load_guide, load_profile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mockserver.faces.soap import called, enviar, face, fault_text, post

REFUSED = "error in msg parsing:\na document type declaration is not accepted"
SOAP = face()
HTTP = HttpFace(load_guide(), load_profile())


@pytest.mark.parametrize(
    "document_type",
    [
        "<!DOCTYPE a>",
        '<!DOCTYPE a [<!ENTITY x "demo">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]>',
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_a_document_type_is_refused_before_anything_in_it_is_acted_on(document_type: str) -> None:
    body = document_type.encode() + enviar("<username>&x;</username>")
    assert fault_text(post(body)) == REFUSED
    utf_16 = (document_type + enviar("").decode()).encode("utf-16")
    assert fault_text(post(utf_16)) == REFUSED


def test_an_undeclared_entity_is_a_fault() -> None:
    assert fault_text(post(enviar("<username>&x;</username>"))).endswith("Undeclared entity error")


def test_nesting_has_a_limit() -> None:
    def nested(depth: int) -> bytes:
        return enviar("<a>" * depth + "</a>" * depth)

    around = 3  # Envelope, Body and the operation
    assert called(post(nested(MAX_DEPTH - around))).arguments == {"username": ""}
    expected = f"error in msg parsing:\nelements are nested deeper than {MAX_DEPTH}"
    assert fault_text(post(nested(MAX_DEPTH - around + 1))) == expected


def test_size_has_a_limit_before_and_after_decompression() -> None:
    large = enviar("<username>" + "x" * MAX_BODY + "</username>")
    expected = f"error in msg parsing:\nthe request is larger than {MAX_BODY} bytes"
    assert fault_text(post(large)) == expected
    assert fault_text(post(gzip.compress(large), content_encoding="gzip")) == expected


def test_many_repeated_elements_are_one_array() -> None:
    assert called(post(enviar("<a/>" * 20_000))).arguments == {"username": ""}


headers = st.lists(
    st.tuples(
        st.sampled_from([b"content-type", b"soapaction", b"content-encoding", b"host"]),
        st.one_of(
            st.sampled_from([b"text/xml; charset=utf-8", b"text/xml", b"gzip", b"deflate", b""]),
            st.binary(max_size=20),
        ),
    ),
    max_size=4,
).map(tuple)
fragments = st.sampled_from(
    (
        *(b"<", b">", b"</", b"/>", b"<a", b"<a>", b"</a>", b' b="c"', b"&", b"&amp;", b"&#0;"),
        *(b"]]>", b"<!--", b"-->", b"<![CDATA[", b"<!DOCTYPE a [", b"<?xml", b"?>", b"\xff"),
        *(b"\xff\xfe", b"\0", b"\n", b"x", b"=", b'"', b"\xc3\xb1", b"\xc3"),
        b"<?xml version='1.0' encoding='us-ascii'?>",
    )
)
pieces = st.lists(fragments, max_size=12).map(b"".join)
bodies = st.one_of(
    st.binary(max_size=60), pieces, pieces.map(lambda inside: enviar("|").replace(b"|", inside))
)


@settings(max_examples=300, deadline=None)
@given(bodies, headers)
def test_any_posted_body_is_read_and_answered(
    body: bytes, raw: tuple[tuple[bytes, bytes], ...]
) -> None:
    request = RawRequest("POST", "/webservice.php", b"", raw, body)
    read = SOAP.read(request)
    if isinstance(read, Call):
        read = SOAP.write(read, Answer(100, "7"))
    assert isinstance(read, Reply)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["GET", "POST", "HEAD"]), st.text(max_size=8))
def test_any_query_string_is_read_and_answered(query: bytes, method: str, host: str) -> None:
    for face_, path in ((HTTP, "/"), (HTTP, "/estatus_mensaje.php"), (SOAP, "/webservice.php")):
        read = face_.read(RawRequest(method, path, query, (), host=host))
        if isinstance(read, Call):
            read = face_.write(read, Answer(201))
        assert isinstance(read, Reply)
