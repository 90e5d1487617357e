"""Tests of how operations and their parts are recognized, by their names or by the profile."""

from __future__ import annotations

import msgspec
import pytest
from convergia_sms._codecs.binding import Part, Signature, find_binding
from convergia_wsdl import ContractError, OperationOverride, Profile, load_guide, load_profile

GUIDE = load_guide()


def signature(name: str, *parts: str) -> Signature:
    return Signature(name, tuple(Part((part,)) for part in parts))


SEND = ("user", "pass", "to", "text")
STATUS = ("user", "pass", "msgid")


@pytest.mark.parametrize(
    "parts",
    [
        ("usuario", "contraseña", "teléfono", "mensaje"),
        ("strUsuario", "strClave", "strCelular", "strTexto"),
        ("in_user_name", "in_password", "in_phone_number", "in_message_text"),
        ("login", "pwd", "MSISDN", "SMS", "referencia"),
        ("apiUser", "apiPassword", "numeroDestino", "textoMensaje", "datoExtra"),
    ],
)
def test_parts_are_known_by_spanish_and_english_names(parts: tuple[str, ...]) -> None:
    found = find_binding("send", [signature("x", *parts)], load_profile())

    assert [part.name for part in found.roles.values()] == list(parts)


def test_an_operation_with_a_part_that_the_guide_lacks_gives_way_to_one_without() -> None:
    plain, scheduled = signature("enviar", *SEND), signature("enviar_en", *SEND, "fecha")

    assert find_binding("send", [scheduled, plain], load_profile()).operation == plain


def test_two_operations_with_the_same_parts_are_told_apart_by_the_verb() -> None:
    send, check = signature("enviar_sms", *SEND), signature("validar_sms", *SEND)

    assert find_binding("send", [check, send], load_profile()).operation == send


def test_ambiguous_operations_are_an_error_that_shows_the_candidates() -> None:
    both = [signature("enviar_sms", *SEND), signature("enviar_flash", *SEND)]

    with pytest.raises(ContractError) as caught:
        find_binding("send", both, load_profile())

    assert "enviar_sms(user, pass, to, text)" in str(caught.value)
    assert "enviar_flash(user, pass, to, text)" in str(caught.value)
    assert "binding.send" in str(caught.value)


def test_a_wsdl_without_a_send_shows_what_it_has() -> None:
    with pytest.raises(ContractError, match=r"the operations are saldo\(user, pass\)"):
        find_binding("send", [signature("saldo", "user", "pass")], load_profile())


def overruled(override: OperationOverride) -> Profile:
    profile = load_profile()
    binding = msgspec.structs.replace(profile.binding, send=override)
    return msgspec.structs.replace(profile, binding=binding)


def test_the_profile_overrules_what_would_be_found() -> None:
    both = [signature("enviar_sms", *SEND), signature("enviar_flash", *SEND)]

    found = find_binding("send", both, overruled(OperationOverride("enviar_flash")))

    assert found.operation.name == "enviar_flash"


def test_the_profile_names_the_parts_that_no_word_fits() -> None:
    odd = signature("f", "p1", "p2", "p3", "p4", "extra")
    parts = {"username": "p1", "password": "p2", "number": "p3", "message": "p4"}

    found = find_binding("send", [odd], overruled(OperationOverride("f", parts)))

    assert {role: part.name for role, part in found.roles.items()} == {**parts, "extra": "extra"}


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        (OperationOverride("no_such"), "has no operation 'no_such'; it has enviar"),
        (OperationOverride("enviar", {"number": "nope"}), "has no part 'nope'"),
        (OperationOverride("enviar", {"nope": "to"}), "no parameter 'nope'"),
        (OperationOverride("raro"), "say in `parts` which part takes message, number"),
    ],
)
def test_a_profile_that_names_a_missing_part_of_the_wsdl_is_reported(
    override: OperationOverride, complaint: str
) -> None:
    known = [signature("enviar", *SEND), signature("raro", "user", "pass", "p3", "p4")]

    with pytest.raises(ContractError, match=complaint):
        find_binding("send", known, overruled(override))


def test_an_id_of_something_else_makes_no_status_query() -> None:
    known = [signature("saldo", "usuario", "clave", "idEmpresa"), signature("x", *STATUS)]

    assert find_binding("status", known, load_profile()).operation == known[1]
    with pytest.raises(ContractError, match="no operation takes messageid"):
        find_binding("status", known[:1], load_profile())


@pytest.mark.parametrize("name", ["strId", "in_id", "sIdMensaje", "id_mensaje_enviado", "p_id_sms"])
def test_an_id_is_the_messages_when_no_other_word_says_whose(name: str) -> None:
    known = [signature("estatus", "usuario", "clave", name)]

    assert find_binding("status", known, load_profile()).roles["messageid"].name == name
