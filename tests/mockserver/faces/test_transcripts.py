"""Tests of the replies against transcripts of a real NuSOAP 0.9.5: see transcripts/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from convergia_mockserver.faces.soap import SoapFace
from convergia_mockserver.faces.wire import RawRequest, Reply
from convergia_mockserver.gateway.calls import Answer, Call
from convergia_wsdl import load_guide, load_profile
from lxml import etree

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


def gateway(call: Call) -> Answer:
    """The reference gateway's rules, as far as the transcripts go."""
    if call.operation == "status":
        return Answer(3)
    for code, name in ((101, "username"), (102, "password"), (103, "message"), (104, "number")):
        if not call.arguments.get(name):
            return Answer(code)
    if call.arguments["password"] != "demo":
        return Answer(201)
    assert call.arguments["message"] == "Hola ñandú, adiós"
    return Answer(100, "100000001")


def request_of(transcript: str) -> RawRequest:
    head, _, body = transcript.partition("\n\n")
    headers = [line.partition(": ") for line in head.splitlines()[1:]]
    return RawRequest(
        method="POST",
        path="/webservice.php",
        query=b"",
        headers=tuple((name.lower().encode(), value.encode()) for name, _, value in headers),
        body=body.rstrip("\n").encode(),
    )


def canonical(document: bytes) -> bytes:
    return etree.tostring(etree.fromstring(document), method="c14n")


def test_there_are_transcripts_of_four_clients_and_by_hand() -> None:
    clients = {path.name.partition(".")[0] for path in TRANSCRIPTS}
    assert clients == {"by-hand", "node-soap", "php-soapclient", "suds", "zeep"}


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_reply_is_what_nusoap_replied(path: Path) -> None:
    sent, _, received = path.read_text(encoding="utf-8").partition("\n=====\n")
    head, _, body = received.strip("\n").partition("\n\n")
    status, *lines = head.splitlines()
    headers = dict(line.split(": ", 1) for line in lines)

    face = SoapFace(load_guide(), load_profile())
    read = face.read(request_of(sent))
    reply = read if isinstance(read, Reply) else face.write(read, gateway(read))

    assert reply.status == int(status.split()[0])
    got = {name.decode(): value.decode() for name, value in reply.headers}
    assert got["content-type"] == headers["Content-Type"]
    assert got["server"] == headers["Server"]
    assert got["x-soap-server"] == headers["X-SOAP-Server"]
    assert canonical(reply.body) == canonical(body.encode("latin-1"))


def test_a_reply_is_nusoaps_to_the_byte() -> None:
    path = next(path for path in TRANSCRIPTS if path.name == "zeep.send-accepted.txt")
    sent, _, received = path.read_text(encoding="utf-8").partition("\n=====\n")
    face = SoapFace(load_guide(), load_profile())
    call = face.read(request_of(sent))
    assert isinstance(call, Call)
    reply = face.write(call, gateway(call))
    length = re.search(r"Content-Length: (\d+)", received)
    assert length is not None
    assert len(reply.body) == int(length[1])
    assert reply.body.decode("latin-1") == received.strip("\n").partition("\n\n")[2]
