"""Tests of a gateway without a profile: its replies are understood, and never wrongly."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from convergia_sms import OutcomeUnknownError
from convergia_sms._codecs.dialect import DialectReader, Objects, Reading, Struct, Unreadable
from convergia_sms._codecs.http_get import HttpCodec
from convergia_sms._codecs.wire import Reply
from convergia_wsdl import Dialect, Keys, load_guide, load_profile

from benchmarks.reading import count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GUIDE, PROFILE = load_guide(), load_profile()
SEND = DialectReader(PROFILE.reply.http.send, GUIDE.send, PROFILE)
ACCEPTED = Reading(100, "48213")


@pytest.mark.parametrize(
    "seed",
    [0, *(pytest.param(seed, marks=pytest.mark.exhaustive("gallery")) for seed in (1, 2, 3))],
)
def test_no_reply_is_read_wrongly_and_few_are_not_understood(seed: int) -> None:
    tally = count(1_500, seed)

    assert tally.examples == []
    assert (tally.wrong, tally.lost_ids) == (0, 0)
    assert sum(tally.unread.values()) < tally.readable * 0.02


@pytest.mark.parametrize(
    "body",
    [
        "100 - Mensaje Enviado Correctamente - ID: 48213",
        "OK: 100, folio 48213",
        "Folio No. 48213; código: 100",
        "MENSAJE ENVIADO CORRECTAMENTE. Id de mensaje: 48213",
        "codigo=100&amp;id=48213",
        "codigo=100&#38;id=48213",
        "100|48213|",
        "[100, 48213]",
        '["48213", "100"]',
        '"100|48213"',
        '{"d": "100|48213"}',
        '[{"name": "codigo", "value": 100}, {"name": "id", "value": 48213}]',
        "<table><tr><td>100</td><td>48213</td></tr></table>",
        "<table><tr><th>Código</th><th>Folio</th></tr><tr><td>100</td><td>48213</td></tr></table>",
        "<table><tr><td>Código:</td><td>100<tr><td>Folio:</td><td>48213</table>",
        "100<br>48213",
        "Codigo: 100<br/>ID: 48213<br/>",
        "<ul><li>100</li><li>48213</li></ul>",
        "codigo;folio\n100;48213",
        "<codigo valor='100'/><folio valor='48213'/>",
        "<r><dato nombre='codigo'>100</dato><dato nombre='id'>48213</dato></r>",
        '<string xmlns="http://tempuri.org/">100|48213</string>',
        '{"status": "ok", "success": true, "error": null, "errors": [], "code": 100, "id": 48213}',
    ],
)
def test_an_accepted_reply_is_understood_in_any_spelling(body: str) -> None:
    read = SEND.read(body)

    assert read == ACCEPTED
    assert isinstance(read, Reading)
    assert read.unforeseen or body == "100|48213"


@pytest.mark.parametrize(
    "body",
    [
        '{"success": false, "code": 100}',
        '{"error": 100}',
        '{"error": "sin saldo", "codigo": 100, "id": 7}',
        '{"errors": ["sin saldo"], "codigo": 100}',
        '{"codigo": 100, "descripcion": "Trafico no permitido"}',
        '{"codigo": 100, "descripcion": "No se envió"}',
        '{"resultado": {"codigo": 100}, "estado": "rechazado"}',
        '{"status": 200, "message": "OK"}',
        '{"status": 200}',
        '{"status": 503, "error": "Service Unavailable"}',
        '{"cantidad": 100}',
        "<cantidad>100</cantidad>",
        "ERROR: 100",
        "ERROR|100|48213",
        "100|2026-11-26 10:00:00",
        "100,12.50",
        "100 -1",
        "100;0",
        "100||1",
        "205|100",
        "Saldo: 100",
        "codigo id folio\n100 201 7",
        '{"codigo": 100, "id": 482',
        "[100, 482",
        "<html><body>100|482",
        "<p>100|482",
        "<table><tr><td>100</td><td>482",
        'codigo="100" id="482',
        "<r><codigo>100</codigo><id>482",
    ],
)
def test_nothing_is_read_from_what_contradicts_itself_or_was_cut_off(body: str) -> None:
    read = SEND.read(body)

    assert isinstance(read, Unreadable) or (read == Reading(100) and "|2026" not in body), read
    if "482" in body or "0|" in body or "100}" in body:
        assert isinstance(read, Unreadable), read


@pytest.mark.parametrize(
    ("returned", "reading"),
    [
        (Struct((("return", "100"), ("idMensaje", "48213"))), ACCEPTED),
        (Struct((("return", "100|48213"), ("descripcion", "OK"))), ACCEPTED),
        (Struct((("enviarResult", "48213;100"),)), ACCEPTED),
        (Objects(((("version", "2"),), (("codigo", "100"), ("folio", "48213")))), ACCEPTED),
        (Objects(((("id", "48213"),), (("codigo", "100"),))), ACCEPTED),
    ],
)
def test_structures_of_soap_are_understood_too(returned: Any, reading: Reading) -> None:
    assert SEND.read(returned) == reading


@pytest.mark.parametrize(
    "returned",
    [
        Struct((("cantidad", "100"), ("folio", "48213"))),
        Struct((("return", "100"), ("error", "sin saldo"))),
        Struct((("return", "100"), ("codigo", "201"))),
        Objects(((("codigo", "100"),), (("codigo", "201"),))),
    ],
)
def test_a_contradictory_structure_is_not_understood(returned: Any) -> None:
    assert isinstance(SEND.read(returned), Unreadable)


@pytest.mark.parametrize("said", ["100|205", "205|100"])
def test_an_assumed_dialect_does_not_decide_which_of_two_codes_is_the_id(
    said: str,
) -> None:
    dialect = Dialect("separated")

    assert isinstance(SEND.read(said), Unreadable)
    assert DialectReader(dialect, GUIDE.send, PROFILE, strict=True).read("100|205") == Reading(
        100, "205"
    )


def test_a_strict_profile_reads_only_its_own_dialect(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text("reply.strict = true")
    codec = HttpCodec(GUIDE, load_profile(tmp_path / "profile.toml"))

    assert codec.read("send", Reply(200, body=b"100|48213")) == ACCEPTED
    assert isinstance(codec.read("send", Reply(200, body=b"[100, 48213]")), Unreadable)


def test_the_log_says_once_that_the_profile_does_not_describe_the_gateway(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    raw_gateway.script = [wire.says(transport, "folio 48213, OK: 100")]

    with caplog.at_level(logging.WARNING, "convergia_sms"):
        results = caller().call(*[("send", "5512345678", "Hola")] * 3)

    assert [each.message_id for each in results] == ["48213"] * 3
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1
    assert "`convergia probe --output DIR` writes a profile" in said[0]


@pytest.mark.parametrize("repeated", ["525512345678", "5512345678"])
def test_the_number_is_not_taken_for_the_id(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str, repeated: str
) -> None:
    raw_gateway.script = [wire.says(transport, f"100|{repeated}")]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert "repeats the number" in str(error)


def test_a_replys_own_dialect_goes_before_the_others() -> None:
    dialect = msgspec.structs.replace(Dialect("key-value"), separator=";")
    read = DialectReader(dialect, GUIDE.send, PROFILE).read("codigo=100;id=48213")

    assert read == ACCEPTED
    assert isinstance(read, Reading)
    assert not read.unforeseen


@pytest.mark.parametrize("body", ["_", "__ -", "100 _ 48213", "_._ 100", "Folio: _", "OK __"])
def test_a_word_of_only_punctuation_breaks_no_reading(body: str) -> None:
    read = SEND.read(body)

    assert read == ACCEPTED or isinstance(read, Unreadable), read


NAMED = {
    Dialect("json", keys=Keys("responseCode")): '{"responseCode": 100, "trackingId": "48213"}',
    Dialect("xml"): "<sms><codigo>100</codigo><folio>48213</folio></sms>",
    Dialect("key-value", separator=";"): "codigo=100;folio=48213",
    Dialect("key-value", separator="&"): "codigo=100&id=&folio=48213",
}


@pytest.mark.parametrize("dialect", NAMED, ids=lambda dialect: dialect.form)
def test_an_id_under_a_name_that_the_profile_does_not_have_is_not_lost(dialect: Dialect) -> None:
    read = DialectReader(dialect, GUIDE.send, PROFILE).read(NAMED[dialect])

    assert read == ACCEPTED
    assert isinstance(read, Reading)
    assert read.unforeseen
    strict = DialectReader(dialect, GUIDE.send, PROFILE, strict=True).read(NAMED[dialect])
    assert strict == Reading(100)


@pytest.mark.parametrize(
    "body", ['{"codigo": 100, "folio": "1", "ticket": "2"}', '{"codigo": 100, "fecha": "48213"}']
)
def test_an_id_that_could_be_another_is_left_out_of_what_was_accepted(body: str) -> None:
    assert DialectReader(Dialect("json"), GUIDE.send, PROFILE).read(body) == Reading(100)


@pytest.mark.parametrize("word", ["OK", "enviado", "true", "2026-11-26", "12.50", "10.0.0.1", "0"])
def test_an_assumed_dialect_does_not_take_other_values_for_an_id(word: str) -> None:
    body = f"100|{word}"

    read = SEND.read(body)

    assert isinstance(read, Unreadable) or read == Reading(100), read
    strict = DialectReader(Dialect("separated"), GUIDE.send, PROFILE, strict=True)
    assert strict.read(body) == Reading(100, word)


@pytest.mark.parametrize("notices", [1, 2])
@pytest.mark.parametrize("end", ["<br />\n", "\n", "\r\n\r\n"])
def test_a_php_notice_before_the_reply_is_ignored(notices: int, end: str) -> None:
    notice = "<br />\n<b>Notice</b>:  Undefined index: x in <b>/s.php</b> on line <b>205</b>"
    codec = HttpCodec(GUIDE, PROFILE)

    body = (notice + end) * notices + "Warning: gone in /s.php on line 100\n100|48213"

    assert codec.read("send", Reply(200, body=body.encode())) == ACCEPTED


@pytest.mark.parametrize("order", ["code-id", "id-code"])
def test_the_key_of_a_maps_only_entry_is_not_an_id(order: Any) -> None:
    entry = Struct((("key", "Status"), ("value", "100")))

    assert DialectReader(Dialect("array", order=order), GUIDE.send, PROFILE).read(entry) == Reading(
        100
    )
