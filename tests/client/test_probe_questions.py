"""Tests that a probe's requests are free, and that its conclusions follow from the replies."""

from __future__ import annotations

import pytest
from convergia_sms._codecs.dialect import Array, Struct
from convergia_sms._codecs.wire import Credentials
from convergia_sms._probe.dialects import Inferred, Sample, infer
from convergia_sms._probe.hypotheses import hypothesis
from convergia_sms._probe.limits import TextLimit, number_pattern, text_limit
from convergia_sms._probe.precedence import Contest, order
from convergia_sms._probe.questions import questions
from convergia_sms._probe.toml_values import spell_dialect
from convergia_sms._probe.transport import OperationReplies
from convergia_wsdl import Dialect, Keys, load_guide, load_profile
from hypothesis import given
from hypothesis import strategies as st

SEND = load_guide().send
REFUSED = frozenset(code.code for code in SEND.codes if code.code != 100)
ACCEPTED = frozenset({100})


def test_no_question_could_send_a_message() -> None:
    account = Credentials("ana", "s3creta")
    for question in questions(account):
        given_account = (question.arguments.get("username"), question.arguments.get("password"))
        if question.operation == "send" and given_account == ("ana", "s3creta"):
            assert "number" not in question.arguments


@given(st.permutations([101, 102, 103, 104, 201, 307, 105]))
def test_an_order_is_found_from_who_wins_in_every_pair(true: list[int]) -> None:
    contests = [
        Contest(frozenset({one, other}), min(one, other, key=true.index))
        for one in true
        for other in true
        if one != other
    ]
    assert order(contests, sorted(true)) == tuple(true)


def test_contradicting_replies_show_no_order() -> None:
    contests = [Contest(frozenset({101, 102}), 101), Contest(frozenset({101, 102}), 102)]
    assert order(contests, [101, 102]) is None


@pytest.mark.parametrize(
    ("refused", "accepted", "dialect"),
    [
        ("201", "100|77", Dialect("separated")),
        ("201", "100-77", Dialect("separated", separator="-")),
        ("201", "77 100", Dialect("separated", separator=" ", order="id-code")),
        (
            "201 Usuario o password incorrectos.",
            "100 77 Mensaje Enviado Correctamente",
            Dialect("separated", separator=" ", text=True),
        ),
        ("<p>201</p>", "<p>100,77</p>", Dialect("separated", separator=",", html=True)),
        (
            "cod=201",
            "cod=100;folio=77",
            Dialect("key-value", separator=";", keys=Keys("cod", "folio")),
        ),
        (
            '{"code": 201}',
            '{"code": 100, "message_id": "77"}',
            Dialect("json", keys=Keys("code", "message_id")),
        ),
        (
            "<r><code>201</code></r>",
            "<r><code>100</code><mid>77</mid></r>",
            Dialect("xml", keys=Keys("code", "mid")),
        ),
    ],
    ids=lambda value: value.form if isinstance(value, Dialect) else "",
)
def test_a_dialect_is_found_from_a_refusal_and_an_accepted_reply(
    refused: str, accepted: str, dialect: Dialect
) -> None:
    samples = [Sample(refused, REFUSED), Sample(accepted, ACCEPTED, accepted=True)]
    found = infer(samples, Dialect("separated"), SEND, load_profile())
    assert found is not None
    assert found.open == ()
    for field in ("form", "html", "text"):
        assert getattr(found.dialect, field) == getattr(dialect, field)
    if dialect.form in ("separated", "key-value"):
        assert found.dialect.separator == dialect.separator
    if dialect.form == "separated":
        assert found.dialect.order == dialect.order
    else:
        assert (found.dialect.keys.code, found.dialect.keys.id) == (
            dialect.keys.code,
            dialect.keys.id,
        )


@pytest.mark.parametrize(
    ("returned", "form"),
    [
        (Struct((("estado", "201"), ("folio", ""))), "struct"),
        (Array(("201", "Usuario o password incorrectos.")), "array"),
    ],
)
def test_a_soap_refusal_shows_the_form_of_replies(returned: Struct | Array, form: str) -> None:
    found = infer([Sample(returned, REFUSED)], Dialect("separated"), SEND, load_profile())
    assert found is not None
    assert found.dialect.form == form


def test_a_refusal_of_only_a_code_leaves_the_place_of_the_id_open() -> None:
    found = infer([Sample("201", REFUSED)], Dialect("separated"), SEND, load_profile())
    assert found is not None
    assert found.dialect == Dialect("separated")
    assert "separator" in found.open


def test_a_reply_without_its_code_has_no_dialect() -> None:
    page = Sample("<h1>It works!</h1>", REFUSED)
    assert infer([page], Dialect("separated"), SEND, load_profile()) is None


@given(st.integers(1, 30_000))
def test_the_longest_text_is_found(limit: int) -> None:
    found = text_limit(lambda text: len(text) > limit)
    assert found == TextLimit(limit, "characters")


def test_a_limit_in_septets_counts_the_euro_twice() -> None:
    assert text_limit(lambda text: len(text) + text.count("€") > 160) == TextLimit(160, "septets")


def test_a_missing_limit_is_not_a_finding() -> None:
    assert text_limit(lambda _: False) is None
    assert text_limit(lambda _: True) is None


def test_the_pattern_of_numbers_follows_what_is_taken() -> None:
    assumed = "52[0-9]{10}"
    assert number_pattern(lambda number: len(number) != 12, assumed) == assumed
    assert number_pattern(lambda number: len(number) != 10, assumed) == "[0-9]{10}"
    assert number_pattern(lambda _: True, assumed) is None


@pytest.mark.parametrize(
    "refused",
    [
        '{"codigo": 201, "detalle": "abc123"}',
        "<r><codigo>201</codigo><fecha>20261126</fecha></r>",
        "codigo=201;intento=1",
        Struct((("codigo", "201"), ("version", "2"))),
    ],
)
def test_the_value_beside_the_code_of_a_refusal_is_not_taken_for_an_id(
    refused: str | Struct,
) -> None:
    found = infer([Sample(refused, REFUSED)], Dialect("separated"), SEND, load_profile())
    assert found is not None
    assert "keys.id" in found.open
    assert found.dialect.keys.id == "id"


def test_an_empty_member_of_a_known_name_shows_the_name_of_ids() -> None:
    samples = [Sample('{"codigo": 201, "nota": "", "Folio": null}', REFUSED)]
    found = infer(samples, Dialect("separated"), SEND, load_profile())
    assert found is not None
    assert (found.open, found.dialect.keys.id) == ((), "Folio")


def test_a_field_that_no_reply_showed_is_not_written() -> None:
    dialect = Dialect("json", keys=Keys("cod"))
    assert '{ form = "json"' in spell_dialect(dialect, ("keys.id",))
    assert 'keys = { code = "cod", text = "descripcion" }' in spell_dialect(dialect, ("keys.id",))
    # What the profile in force says otherwise than the packaged one stays said.
    own = Dialect("json", keys=Keys("cod", "folio"))
    assert 'id = "folio"' in spell_dialect(own, ("keys.id",))


BAR = Inferred(Dialect("separated", separator=";", order="id-code"))
JSON = Inferred(Dialect("json", keys=Keys("status", "ticket")))


@pytest.mark.parametrize(
    ("shown", "other", "guess"),
    [
        # A bare refusal is what a separated reply without an id is.
        (Inferred(Dialect("separated"), ("form", "separator", "order")), BAR, BAR),
        (Inferred(Dialect("separated"), ("form", "separator", "order")), JSON, None),
        # Names are alike whatever form holds them; the code's own name was seen here.
        (
            Inferred(Dialect("struct", keys=Keys("codigo")), ("keys.id",)),
            JSON,
            Inferred(Dialect("struct", keys=Keys("codigo", "ticket"))),
        ),
        (
            Inferred(Dialect("separated", separator="|", text=True), ("order",)),
            BAR,
            Inferred(Dialect("separated", separator="|", text=True, order="id-code")),
        ),
        (Inferred(Dialect("json"), ("keys.id",)), Inferred(Dialect("xml"), ("keys.id",)), None),
        (JSON, BAR, None),
    ],
)
def test_the_form_of_one_transport_is_the_hypothesis_for_the_other(
    shown: Inferred, other: Inferred, guess: Inferred | None
) -> None:
    assert hypothesis(shown, OperationReplies(other), answered=True) == guess


def test_a_transport_without_an_answer_is_assumed_to_be_like_the_other() -> None:
    assert hypothesis(None, OperationReplies(BAR), answered=False) == BAR
    assert hypothesis(None, OperationReplies(BAR), answered=True) is None
    struct = OperationReplies(Inferred(Dialect("struct")))
    assert hypothesis(None, struct, answered=False) is None
    assert hypothesis(None, None, answered=False) is None
