"""Tests of every dialect of the profile, with an encoder written here."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import msgspec
import pytest
from convergia_sms._codecs.dialect import Array, DialectReader, Reading, Struct, Unreadable
from convergia_wsdl import Dialect, Keys, load_guide, load_profile
from hypothesis import example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

GUIDE = load_guide()
PROFILE = load_profile()
SEND_CODES = [code.code for code in GUIDE.send.codes]
SEPARATORS = ["|", ",", ";", "-", ":", " ", "\t", "\n"]
SPANISH = Keys(code="codigo", id="id", text="descripcion")
ENGLISH = Keys(code="code", id="messageId", text="description")

ids = st.from_regex(PROFILE.message_id.pattern, fullmatch=True)
ids_with_digit = ids.filter(lambda each: any(character.isdigit() for character in each))
# Codes other than 100 come without an id; what the guide lists, it may come with.
readings = st.one_of(
    st.builds(Reading, st.just(100), ids_with_digit),
    st.builds(Reading, st.sampled_from(SEND_CODES)),
)
dialects: SearchStrategy[Dialect] = st.builds(
    Dialect,
    form=st.sampled_from(["code", "separated", "key-value", "json", "xml", "struct", "array"]),
    separator=st.sampled_from(SEPARATORS),
    order=st.sampled_from(["code-id", "id-code"]),
    text=st.booleans(),
    html=st.booleans(),
    keys=st.sampled_from([SPANISH, ENGLISH]),
)


def encode(  # noqa: C901 # one branch a form
    dialect: Dialect, reading: Reading
) -> str | Struct | Array:
    """Return the reply of a gateway that speaks `dialect`."""
    text = (GUIDE.send.text(reading.code) or "") if dialect.text else ""
    named = [(dialect.keys.code, str(reading.code))]
    if reading.message_id:
        named.append((dialect.keys.id, reading.message_id))
    if dialect.order == "id-code":
        named.reverse()
    if text:
        named.append((dialect.keys.text, text))
    listed = [value for _, value in named]
    if dialect.form == "struct":
        return Struct(tuple(named))
    if dialect.form == "array":
        return Array(tuple(listed))
    if dialect.form == "code":
        body = f"{reading.code} {text}" if text else str(reading.code)
    elif dialect.form == "separated":
        body = dialect.separator.join(listed)
    elif dialect.form == "key-value":
        body = dialect.separator.join(f"{name}={value}" for name, value in named)
    elif dialect.form == "json":
        body = json.dumps(dict(named), ensure_ascii=False)
    else:
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in named)
        body = f"<?xml version='1.0' encoding='ISO-8859-1'?><respuesta>{inner}</respuesta>"
    if dialect.html:
        shown = body if dialect.form == "xml" else html.escape(body)
        head = "<!DOCTYPE html><html><head><title>SMS</title></head>"
        return f"{head}<body><p>{shown}</p></body></html>"
    return body


def reader(dialect: Dialect) -> DialectReader:
    return DialectReader(dialect, GUIDE.send, PROFILE)


AUTO = reader(Dialect(form="auto"))


@given(dialects, readings)
@settings(max_examples=150)
def test_a_dialect_reads_what_it_has_written(dialect: Dialect, reading: Reading) -> None:
    if dialect.form == "code":
        reading = Reading(reading.code)

    # A dialect that is only assumed does not make an id of "OK" or of a date.
    certain = DialectReader(dialect, GUIDE.send, PROFILE, strict=True)
    assert certain.read(encode(dialect, reading)) == reading


@given(dialects, readings)
@settings(max_examples=150)
def test_auto_reads_what_any_dialect_writes_or_says_that_it_cannot_tell(
    dialect: Dialect, reading: Reading
) -> None:
    if dialect.form == "code":
        reading = Reading(reading.code)

    read = AUTO.read(encode(dialect, reading))

    assert read == reading or isinstance(read, Unreadable)


@given(dialects, st.integers(100_000_000, 999_999_999))
@settings(max_examples=100)
def test_auto_reads_every_dialect_with_ids_as_the_gateway_counts_them(
    dialect: Dialect, message_id: int
) -> None:
    reading = Reading(100, "" if dialect.form == "code" else str(message_id))

    assert AUTO.read(encode(dialect, reading)) == reading


bodies = st.one_of(
    st.text(alphabet="0125367|,;-: \t\nabOK=&<>/{}\"'", max_size=24),
    st.builds(
        lambda pieces, separator: separator.join(pieces),
        st.lists(
            st.sampled_from(["100", "201", "205", "7", "1001", "a1", "codigo", "id", "codigo=100"]),
            max_size=4,
        ),
        st.sampled_from([*SEPARATORS, "=", "&"]),
    ),
    st.text(max_size=40),
)


@given(bodies, dialects, dialects)
@example("100|201", Dialect("separated"), Dialect("separated", order="id-code"))
@settings(max_examples=400)
def test_auto_refuses_a_reply_that_two_dialects_read_differently(
    body: str, one: Dialect, other: Dialect
) -> None:
    first, second = reader(one).read(body), reader(other).read(body)

    if isinstance(first, Reading) and isinstance(second, Reading) and first != second:
        assert isinstance(AUTO.read(body), Unreadable)


@given(bodies, dialects)
@settings(max_examples=400)
def test_auto_never_reads_what_a_dialect_reads_otherwise(body: str, dialect: Dialect) -> None:
    explicit, found = reader(dialect).read(body), AUTO.read(body)

    if isinstance(explicit, Reading) and isinstance(found, Reading):
        assert found == explicit


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda b: b.decode("latin-1"))))
@settings(max_examples=150)
def test_no_text_breaks_a_reader(body: str) -> None:
    for form in ("auto", "separated", "key-value", "json", "xml", "struct", "array", "code"):
        for marked_up in (False, True):
            read = reader(Dialect(form=form, html=marked_up)).read(body)
            assert isinstance(read, Reading | Unreadable)


@pytest.mark.parametrize(
    "body",
    [
        "100|205",  # an id may look like a code
        "205-100-201",
        "200 OK",
        "404 Not Found",
        "1",
        "0",
        "12",
        "1000",
        "100.0",
        "+100",
        "１００",  # noqa: RUF001
        '{"codigo": 100, "codigo": 201}',
        '{"codigo": 100, "interno": {"codigo": 201}}',
        "codigo=100&codigo=201",
        "100 Trafico no permitido",  # the text of 205
        "<codigo>100</codigo><codigo>201</codigo>",
        "<!DOCTYPE r [<!ENTITY e '100'>]><r><codigo>&e;</codigo></r>",
        "Error de Sistema",  # 200, 305 or 306
        "<html><body><h1>It works!</h1></body></html>",
        "<html><body>Error 500</body></html>",
        '{"status": "error", "code": 100, "id": 77}',
        '{"status": "ok", "code": 201}',
        '{"estatus": "Entregado", "code": 100}',  # a status query's text
        '{"code": 100, "mensaje": {"id": 77}, "cliente": {"id": 88}}',
        '<respuesta codigo="100">100000001</respuesta>',  # an id, or a count
        "",
        " \n ",
    ],
)
def test_auto_does_not_guess(body: str) -> None:
    assert isinstance(AUTO.read(body), Unreadable)


@pytest.mark.parametrize(
    ("body", "reading"),
    [
        ("100", Reading(100)),
        ("999", Reading(999)),
        (" 100|100000001 \r\n", Reading(100, "100000001")),
        ("100000001;100", Reading(100, "100000001")),
        ("100 - Mensaje Enviado Correctamente", Reading(100)),
        ("100|Mensaje Enviado Correctamente|77", Reading(100, "77")),
        ("OK 100", Reading(100)),
        ("Mensaje Enviado Correctamente: 100", Reading(100)),
        ("201 usuario o password incorrectos", Reading(201)),
        ("104: NÃºmero celular del SMS no incluido en la cadena original.", Reading(104)),
        ("codigo=100&id=77&descripcion=Mensaje+Enviado+Correctamente", Reading(100, "77")),
        ("Código: 100\nId mensaje= 77", Reading(100, "77")),
        ('{"code": 100, "messageId": 77}', Reading(100, "77")),
        ('{"respuesta": {"Codigo": "201", "id": null}}', Reading(201)),
        ('<respuesta codigo="100" id="77"/>', Reading(100, "77")),
        ("<r><estatus>100</estatus><folio>77</folio></r>", Reading(100, "77")),
        ('{"respuesta": {"codigo": 100, "mensaje": {"id": 77}}}', Reading(100, "77")),
        ('{"data": {"messageId": "77"}, "code": "100"}', Reading(100, "77")),
        ('{"code": 100, "id": 77, "cliente": {"id": 88}}', Reading(100, "77")),
        ("<r><estado><code>100</code></estado><id>77</id></r>", Reading(100, "77")),
        ("<codigo>100</codigo><id>77</id>", Reading(100, "77")),
        ('{"status": "OK", "code": 100, "id": 77}', Reading(100, "77")),
        ("status=error&code=201&id=", Reading(201)),
        (
            '{"estatus": "Mensaje Enviado Correctamente", "codigo": 100, "id": 77}',
            Reading(100, "77"),
        ),
        ("<html><body>100|77<br></body></html>", Reading(100, "77")),
        ("<b>100</b><br />\n77", Reading(100, "77")),
        (
            "<html><body>{&quot;codigo&quot;:100,&quot;id&quot;:&quot;77&quot;}</body></html>",
            Reading(100, "77"),
        ),
    ],
)
def test_auto_reads_what_only_one_reading_fits(body: str, reading: Reading) -> None:
    assert AUTO.read(body) == reading


@pytest.mark.parametrize("form", ["separated", "key-value", "json", "xml", "struct", "array"])
def test_a_reply_of_only_a_code_is_read_in_every_dialect(form: Any) -> None:
    assert reader(Dialect(form=form)).read("201") == Reading(201)


def test_a_status_reply_has_codes_of_its_own() -> None:
    status = DialectReader(Dialect(form="auto"), GUIDE.status, PROFILE)

    assert status.read("3") == Reading(3)
    assert status.read("3|Entregado") == Reading(3)
    assert status.read("4") == Reading(4)
    assert isinstance(status.read("100"), Unreadable)


def test_the_id_that_the_profile_describes_is_an_id_and_no_other() -> None:
    rules = msgspec.structs.replace(PROFILE.message_id, pattern="[0-9]{9}")
    strict = DialectReader(
        Dialect("separated"), GUIDE.send, msgspec.structs.replace(PROFILE, message_id=rules)
    )

    assert strict.read("100|100000001") == Reading(100, "100000001")
    assert isinstance(strict.read("100|77"), Unreadable)


@pytest.mark.parametrize(
    "hostile",
    [
        "<!--" * 16_000,
        "<" * 65_000,
        "<br>" * 16_000,
        "[" * 65_000,
        '{"a":' * 13_000,
        "<a>" * 21_000,
        "<script>" * 8_000,
        "Warning: " + " in " * 15_000,
        "100|" * 16_000,
        "codigo=" * 9_000,
        "\n" * 65_000,
        "Mensaje Enviado " * 4_000,
        "1" * 65_000,
        "<head>" * 10_000,
        "x" * 1_000_000,
    ],
    ids=lambda body: body[:12],
)
def test_a_hostile_body_is_refused(hostile: str) -> None:
    assert isinstance(AUTO.read(hostile), Unreadable)


DECLARED = Struct((("estatus", "100"), ("detalle", "OK"), ("folio", "77")))


@pytest.mark.parametrize("form", ["code", "separated", "json", "struct", "auto"])
def test_a_struct_of_the_services_own_is_read_under_every_dialect(form: Any) -> None:
    assert reader(Dialect(form=form)).read(DECLARED) == Reading(100, "77")


def test_the_names_that_a_dialect_gives_go_before_those_that_are_known() -> None:
    struct = Struct((("codigo", "100"), ("estatus", "201"), ("id", "77"), ("folio", "88")))

    assert reader(Dialect(form="struct")).read(struct) == Reading(100, "77")
    assert isinstance(AUTO.read(struct), Unreadable)


@pytest.mark.parametrize("form", ["json", "xml", "key-value"])
def test_a_text_with_other_names_than_the_dialects_is_not_read(form: Any) -> None:
    bodies = {"json": '{"status": 200}', "xml": "<status>200</status>", "key-value": "status=200"}

    assert isinstance(reader(Dialect(form=form)).read(bodies[form]), Unreadable)
