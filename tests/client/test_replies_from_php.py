"""Tests of replies with other output of PHP around them, read only where no guess is needed."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import (
    DeliveryStatus,
    MessageNotFoundError,
    OutcomeUnknownError,
    QueryAuthenticationError,
    Receipt,
    RejectedError,
)
from convergia_sms._codecs.body import as_text, without_notices, without_trailing_markup
from convergia_sms._codecs.dialect import Array, Objects, Reading, Struct, Unreadable
from convergia_sms._codecs.envelope import Fault, read_envelope
from convergia_sms._codecs.soap import SoapCodec
from convergia_sms._codecs.wire import Reply
from convergia_wsdl import load_guide, load_profile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exhaustive import sampled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

CODES = [code.code for code in load_guide().send.codes]
# Over HTTP the client waits 50 ms for more behind each of these replies.
SOME_CODES = CODES[::6]
STATUSES = [code.code for code in load_guide().status.codes]
NOTICE = (
    b"<br />\n<b>Notice</b>:  Undefined index: extra in <b>/var/www/webservice.php</b> "
    b"on line <b>12</b><br />\n"
)
FOREIGN_NOTICE = NOTICE.decode().replace("Undefined index", "Índice no definido, año")
JUNK = b"\n<!-- served by web-2 in 0.01 s -->\n<script>count()</script>\n\0"
PLAIN_NOTICE = b"\nWarning: mysql_connect(): gone in /var/www/index.php on line 100\n"
AROUND: dict[str, tuple[bytes, bytes]] = {
    "byte order mark": (codecs.BOM_UTF8, b""),
    "blank lines": (b"\r\n \n\n", b"\n\n"),
    "notice before": (NOTICE, b""),
    "notice behind": (b"", NOTICE),
    "two notices": (NOTICE + NOTICE, b""),
    "plain notice": (PLAIN_NOTICE, b""),
    "trailing junk": (b"", JUNK),
    "all of it": (codecs.BOM_UTF8 + b"\n" + NOTICE + PLAIN_NOTICE, PLAIN_NOTICE + NOTICE),
}


def each_around(codes: Sequence[int], chosen: Sequence[int]) -> list[tuple[str, int]]:
    """Return every code within all that PHP writes, and the chosen ones within each of it."""
    most = [("all of it", code) for code in codes]
    return most + [(around, code) for around in AROUND for code in chosen if around != "all of it"]


START = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:c="http://schemas.xmlsoap.org/soap/encoding/"><e:Body>'
)
END = "</e:Body></e:Envelope>"


def envelope(inside: str) -> bytes:
    return f"{START}{inside}{END}".encode()


@pytest.fixture
def body(transport: str, wire: Any) -> Callable[[str], bytes]:
    """A reply's body by its face."""

    def make(said: str) -> bytes:
        whole: bytes = wire.says(transport, said)
        return whole.partition(b"\r\n\r\n")[2]

    return make


@pytest.mark.parametrize(
    ("around", "code"), sampled(each_around(CODES, (100, 205)), "variants", every=4)
)
def test_every_code_is_read_between_any_output_of_php(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, body: Any, around: str, code: int
) -> None:
    before, behind = AROUND[around]
    said = "100|100000001" if code == 100 else str(code)
    raw_gateway.script = [wire.reply(before + body(said) + behind)]

    outcome = caller().send()

    assert outcome.code == code
    assert isinstance(outcome, Receipt if code == 100 else RejectedError)


@pytest.mark.parametrize("said", ["iso-8859-1", "utf-8", "windows-1252", "utf-16", "nonsense"])
@pytest.mark.parametrize("meant", ["iso-8859-1", "utf-8"])
def test_no_charset_that_is_claimed_keeps_a_code_from_being_read(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, body: Any, said: str, meant: str
) -> None:
    guide = load_guide().send
    raw_gateway.script = [
        wire.reply(
            FOREIGN_NOTICE.encode(meant)
            + body("100|100000001" if code == 100 else f"{code}|{guide.text(code)}")
            .decode()
            .encode(meant),
            "200 OK",
            f"Content-Type: text/html; charset={said}",
        )
        for code in SOME_CODES
    ]

    outcomes = caller().call(*[("send", "5512345678", "Hola")] * len(SOME_CODES))

    assert [outcome.code for outcome in outcomes] == SOME_CODES


@pytest.mark.parametrize("type_", ["xsd:int", "xsd:integer", "xsd:unsignedShort", "xsd:anyType"])
@pytest.mark.parametrize("transport", ["soap"])
def test_a_code_is_read_whatever_its_declared_type(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, body: Any, type_: str
) -> None:
    said = ["100|100000001" if code == 100 else str(code) for code in CODES]
    raw_gateway.script = [
        wire.reply(body(each).replace(b"xsd:string", type_.encode())) for each in said
    ]

    outcomes = caller().call(*[("send", "5512345678", "Hola")] * len(CODES))

    assert [outcome.code for outcome in outcomes] == CODES


@pytest.mark.parametrize(
    ("around", "status"), sampled(each_around(STATUSES, (3, 5)), "variants", every=4)
)
def test_every_status_code_is_read_between_any_output_of_php(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, body: Any, around: str, status: int
) -> None:
    before, behind = AROUND[around]
    raw_gateway.script = [wire.reply(before + body(str(status)) + behind)]

    (outcome,) = caller().call(("status", "100000001"))

    if status in list(DeliveryStatus):
        assert outcome is DeliveryStatus(status)
    else:
        assert type(outcome) is {5: QueryAuthenticationError, 6: MessageNotFoundError}[status]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   \r\n ",
        codecs.BOM_UTF8,
        NOTICE,
        b"<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body></html>",
        b"<br />\n<b>Fatal error</b>:  Uncaught Error in <b>/x.php</b> on line <b>100</b><br />\n",
        b"<br />\n<b>Parse error</b>: syntax error in <b>/x.php</b> on line <b>3</b><br />\n100",
        b"100|1\n100|2",
        b"100 de 200 mensajes",
        b"100|1\nxyz",
        envelope("<r><return xsi:nil='true'/></r>"),
    ],
)
def test_an_ambiguous_reply_leaves_the_outcome_unknown_and_is_kept(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, raw: bytes
) -> None:
    raw_gateway.script = [wire.reply(raw)]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert error.raw == raw


# As PHP's own SoapServer writes an associative array.
MAP = (
    "<r><return><item><key>c</key><value>100</value></item>"
    "<item><key>i</key><value>7</value></item></return></r>"
)


@pytest.mark.parametrize(
    ("inside", "returned"),
    [
        ("<r><return>100|1</return></r>", "100|1"),
        ('<r><return xsi:type="xsd:int">101</return></r>', "101"),
        ('<r><return xsi:type="xsd:string"><![CDATA[100|1]]></return></r>', "100|1"),
        ('<r><return xsi:nil="true"/></r>', ""),
        ("<r><return/></r>", ""),
        ("<r/>", ""),
        ("<r><!-- c --><return>1<!-- c -->01</return><?php x?></r>", "101"),
        ("<r><return>100|1 & 2</return></r>", "100|1 & 2"),
        ("<r><return>N&uacute;mero</return></r>", "N&uacute;mero"),
        ("<r><return>&#49;00</return></r>", "100"),
        ("<r><c>100</c><i>7</i></r>", Struct((("c", "100"), ("i", "7")))),
        (
            "<r><return><c>100</c><i>7</i></return></r>",
            Struct((("c", "100"), ("i", "7"))),
        ),
        ("<r><return><c>100</c></return></r>", Struct((("c", "100"),))),
        ("<r><return><item>100</item><item>7</item></return></r>", Array(("100", "7"))),
        (
            '<r><return c:arrayType="xsd:string[1]"><item>100</item></return></r>',
            Array(("100",)),
        ),
        (
            "<r><a><b>100</b><c>1</c></a><d>2</d></r>",
            Objects(((("d", "2"),), (("b", "100"), ("c", "1")))),
        ),
        (
            MAP,
            Struct((("c", "100"), ("i", "7"))),
        ),
        (
            '<r><return href="#id0"/></r><multiRef id="id0"><c>100</c><i>7</i></multiRef>',
            Struct((("c", "100"), ("i", "7"))),
        ),
        (
            "<e:Fault><faultcode>e:Server</faultcode><faultstring>ups</faultstring></e:Fault>",
            Fault("e:Server", "ups"),
        ),
    ],
)
def test_an_envelope_gives_what_it_returns(inside: str, returned: object) -> None:
    assert read_envelope(envelope(inside)) == returned


@pytest.mark.parametrize(
    "raw",
    [
        envelope("<r><return>100</return></r>") * 2,
        envelope(""),
        b"<e:Envelope xmlns:e='urn:other'><e:Body><r>100</r></e:Body></e:Envelope>",
        envelope("<r><return>100</r>"),
        envelope("<r><return>100</return></r>")[:-12],
        b"<!DOCTYPE e:Envelope [<!ENTITY x '100'>]>" + envelope("<r><return>&x;</return></r>"),
        envelope("<a>" * 300 + "100" + "</a>" * 300),
        b"<Envelope>" * 1000,
    ],
)
def test_an_envelope_that_leaves_room_for_doubt_is_unreadable(raw: bytes) -> None:
    assert isinstance(read_envelope(raw), Unreadable)


@pytest.mark.parametrize(
    "before",
    [
        b"<!-- web-2 -->",
        b"<!-- <!DOCTYPE x> -->\n",
        b"<!-- " + envelope("<r><return>201</return></r>") + b" -->",
        b"<?xml version='1.0'?><!-- a --><!-- b -->",
        codecs.BOM_UTF8 * 3 + b"\n" + NOTICE + codecs.BOM_UTF8 + b"<!-- a -->" + PLAIN_NOTICE,
    ],
)
def test_a_comment_before_the_envelope_hides_nothing(before: bytes) -> None:
    assert read_envelope(before + envelope("<r><return>100|1</return></r>")) == "100|1"


def test_no_entity_is_expanded_and_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("100|1")
    raw = (
        f"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM '{secret.as_uri()}'>]>"
        f"{START}<r><return>&e;</return></r>{END}"
    ).encode()

    assert isinstance(read_envelope(raw), Unreadable)
    # In a comment it declares nothing, and the reference stays what it is: five characters of text.
    commented = raw.replace(b"<!DOCTYPE", b" <!-- ").replace(b"]>", b" -->")
    assert read_envelope(commented) == "&e;"


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
def test_a_soap_fault_leaves_the_outcome_unknown(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, status: str
) -> None:
    raw = envelope("<e:Fault><faultcode>e:Server</faultcode><faultstring>x</faultstring></e:Fault>")
    raw_gateway.script = [wire.reply(raw, status)]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert (error.raw, error.http_status) == (raw, int(status[:3]))


@given(st.binary(max_size=300))
@settings(max_examples=500)
def test_no_bytes_break_the_decoders(raw: bytes) -> None:
    assert isinstance(without_trailing_markup(without_notices(as_text(raw))), str)
    assert isinstance(read_envelope(raw), str | Struct | Array | Objects | Fault | Unreadable)


CODEC = SoapCodec(load_guide(), load_profile())
WHOLE = envelope("<r><return xsi:type='xsd:string'>100|100000001</return></r>")


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=3), st.integers(0, 3))
@settings(max_examples=500)
def test_a_damaged_envelope_is_never_read_as_another_message(
    place: int, inserted: bytes, removed: int
) -> None:
    damaged = WHOLE[:place] + inserted + WHOLE[place + removed :]

    read = CODEC.read("send", Reply(200, body=damaged))

    # The value itself may be what was damaged; what surrounds it must not become a value.
    if isinstance(read, Reading) and b">100|100000001<" in damaged:
        assert read == Reading(100, "100000001")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("100|1<!-- a --><!-- b -->\n\0", "100|1"),
        ("100|1 <SCRIPT src='x'>f()</SCRIPT>", "100|1"),
        ("100|1<!-- a --> 2", "100|1<!-- a --> 2"),
        ("100|1<!-- a --> 2 -->", "100|1<!-- a --> 2 -->"),
        ("100|1<scripted>x</script>", "100|1<scripted>x</script>"),
        ("<!-- 100|1 -->", ""),
        ("100|1 -->", "100|1 -->"),
    ],
)
def test_only_invisible_markup_is_removed_from_a_pages_end(text: str, left: str) -> None:
    assert without_trailing_markup(text) == left


@given(st.lists(st.sampled_from(["<!--", "-->", "<script>", "</script>", "100", " ", "İ"])))
def test_removing_markup_from_a_pages_end_leaves_none_and_adds_nothing(
    pieces: list[str],
) -> None:
    text = "".join(pieces)

    left = without_trailing_markup(text)

    assert text.startswith(left)
    assert without_trailing_markup(left) == left


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_text_without_notices_is_unchanged(text: str) -> None:
    if " on line " not in text:
        assert without_notices(text) == text
