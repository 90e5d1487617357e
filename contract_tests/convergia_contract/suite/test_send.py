"""Tests of sending: every code, by its natural cause if possible, with every speaker."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from convergia_contract.suite.guide_tables import ACCEPTED, MISSING, SEND_CODES

if TYPE_CHECKING:
    from convergia_wsdl import Profile

    from convergia_contract.suite.by_hand import SpeakerByHand
    from convergia_contract.suite.speaker import Speaker
    from convergia_contract.target import Target

pytestmark: pytest.MarkDecorator = pytest.mark.about("acceptance")

NUMBER = "525512345678"
WRONG = "no-es-esta-clave"


def complete(target: Target) -> dict[str, str]:
    """Return complete arguments with a wrong password, so that nothing can be sent."""
    return {
        "username": target.username,
        "password": WRONG,
        "number": NUMBER,
        "message": "Hola",
        "extra": "",
    }


def first_of(target: Target, *codes: int) -> int:
    """Return the code that has precedence in the profile if several apply."""
    return min(codes, key=target.profile.errors.precedence.index)


def code_without(target: Target, parameter: str) -> int:
    """Return the code of a call without `parameter` and with a wrong password."""
    also = [307] if parameter == "number" else []
    return first_of(target, MISSING[parameter], 201, *also)


def longest(profile: Profile) -> str:
    """Return a text of the profile's maximum length."""
    if profile.text.unit != "segments":
        return "a" * profile.text.max_length
    parts = profile.text.max_length
    return "a" * (160 if parts == 1 else 153 * parts)


@pytest.mark.reserved_numbers
@pytest.mark.parametrize("code", SEND_CODES)
@pytest.mark.about("codes")
def test_every_code_is_answered(speaker: Speaker, code: int) -> None:
    assert speaker.send(f"520000000{code}").code == code


@pytest.mark.parametrize("parameter", MISSING)
@pytest.mark.about("precedence")
def test_an_empty_parameter_has_its_code(
    by_hand: SpeakerByHand, target: Target, parameter: str
) -> None:
    answer = by_hand.ask("send", {**complete(target), parameter: ""})
    assert answer.code == code_without(target, parameter)


@pytest.mark.parametrize("parameter", MISSING)
@pytest.mark.about("precedence")
def test_an_absent_parameter_has_its_code(
    by_hand: SpeakerByHand, target: Target, parameter: str
) -> None:
    arguments = complete(target)
    del arguments[parameter]
    assert by_hand.ask("send", arguments).code == code_without(target, parameter)


@pytest.mark.about("precedence")
def test_several_missing_parameters_get_the_profiles_first_code(
    by_hand: SpeakerByHand, target: Target
) -> None:
    assert by_hand.ask("send", {}).code == first_of(target, *MISSING.values(), 201, 307)


@pytest.mark.about("credentials")
def test_a_wrong_password_is_201(speaker: Speaker) -> None:
    assert speaker.send(NUMBER, password=WRONG).code == 201


@pytest.mark.about("credentials")
def test_an_unknown_user_is_201(speaker: Speaker) -> None:
    assert speaker.send(NUMBER, username="nadie-se-llama-asi", password=WRONG).code == 201


@pytest.mark.about("credentials")
def test_a_refusal_does_not_repeat_the_password(by_hand: SpeakerByHand) -> None:
    assert WRONG.encode() not in by_hand.send(NUMBER, password=WRONG).raw


@pytest.mark.about("numbers")
def test_a_text_that_is_not_a_number_is_307(by_hand: SpeakerByHand, target: Target) -> None:
    assert not re.fullmatch(target.profile.number.pattern, "no-es-un-numero")
    assert by_hand.send("no-es-un-numero").code == 307


@pytest.mark.billable
@pytest.mark.parametrize("number", ["52551234567", "5255123456789", "5512345678", "+525512345678"])
@pytest.mark.about("numbers")
def test_a_number_of_another_length_is_307(
    by_hand: SpeakerByHand, target: Target, number: str
) -> None:
    if re.fullmatch(target.profile.number.pattern, number):
        pytest.skip(f"the profile accepts {number}")
    assert by_hand.send(number).code == 307


@pytest.mark.billable
def test_a_message_is_accepted_with_an_id(speaker: Speaker, target: Target) -> None:
    answer = speaker.send(target.accepted_number)
    assert answer.code == ACCEPTED
    assert re.fullmatch(target.profile.message_id.pattern, answer.message_id or "")


@pytest.mark.billable
def test_two_messages_have_two_ids(by_hand: SpeakerByHand, target: Target) -> None:
    ids = {by_hand.send(target.accepted_number).message_id for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.billable
@pytest.mark.parametrize("extra", ["", "pedido-1234"])
def test_the_extra_may_be_empty_or_given(speaker: Speaker, target: Target, extra: str) -> None:
    assert speaker.send(target.accepted_number, extra=extra).code == ACCEPTED


@pytest.mark.billable
@pytest.mark.parametrize(
    "text",
    ["¿Mañana a las 5? ¡Sí!", "100% & más + <nada>", "dos\nlíneas"],
    ids=["accents", "reserved", "lines"],
)
def test_spanish_and_reserved_characters_are_accepted(
    speaker: Speaker, target: Target, text: str
) -> None:
    assert speaker.send(target.accepted_number, text).code == ACCEPTED


@pytest.mark.billable
@pytest.mark.about("length")
def test_the_longest_text_is_accepted(speaker: Speaker, target: Target) -> None:
    assert speaker.send(target.accepted_number, longest(target.profile)).code == ACCEPTED


@pytest.mark.billable
@pytest.mark.about("length")
def test_a_longer_text_is_105(speaker: Speaker, target: Target) -> None:
    assert speaker.send(target.accepted_number, longest(target.profile) + "a").code == 105
