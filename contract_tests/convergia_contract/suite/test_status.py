"""Tests of queries: every code, and messages sent over the other transport."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from convergia_contract.suite.guide_tables import ACCEPTED, DELIVERY_STATES, STATUS_CODES

if TYPE_CHECKING:
    from convergia_contract.suite.by_hand import HttpByHand, SoapByHand, SpeakerByHand
    from convergia_contract.suite.speaker import Speaker
    from convergia_contract.target import Target

pytestmark: pytest.MarkDecorator = pytest.mark.about("status")

UNKNOWN_ID = "999999999999"
WRONG = "no-es-esta-clave"


def sent(speaker: Speaker, number: str) -> str:
    answer = speaker.send(number)
    assert answer.code == ACCEPTED
    assert answer.message_id
    return answer.message_id


@pytest.mark.reserved_numbers
@pytest.mark.parametrize("state", STATUS_CODES)
@pytest.mark.about("codes")
def test_every_status_is_answered(speaker: Speaker, state: int) -> None:
    assert speaker.status(sent(speaker, f"52000000100{state}")).code == state


@pytest.mark.billable
def test_a_message_sent_by_get_is_found_through_soap(
    http_by_hand: HttpByHand, soap_by_hand: SoapByHand, target: Target
) -> None:
    assert soap_by_hand.status(sent(http_by_hand, target.accepted_number)).code in DELIVERY_STATES


@pytest.mark.billable
def test_a_message_sent_through_soap_is_found_by_get(
    http_by_hand: HttpByHand, soap_by_hand: SoapByHand, target: Target
) -> None:
    assert http_by_hand.status(sent(soap_by_hand, target.accepted_number)).code in DELIVERY_STATES


@pytest.mark.billable
def test_an_accepted_message_has_a_delivery_state(speaker: Speaker, target: Target) -> None:
    assert speaker.status(sent(speaker, target.accepted_number)).code in DELIVERY_STATES


def test_an_unknown_id_is_6(speaker: Speaker) -> None:
    assert speaker.status(UNKNOWN_ID).code == 6


@pytest.mark.about("precedence")
def test_wrong_credentials_and_an_unknown_id_get_the_profiles_first_code(
    speaker: Speaker, target: Target
) -> None:
    first = target.profile.errors.status_precedence[0]
    assert speaker.status(UNKNOWN_ID, password=WRONG).code == first


@pytest.mark.about("precedence")
def test_missing_credentials_and_an_unknown_id_get_the_profiles_first_code(
    by_hand: SpeakerByHand, target: Target
) -> None:
    first = target.profile.errors.status_precedence[0]
    assert by_hand.ask("status", {"messageid": UNKNOWN_ID}).code == first


@pytest.mark.billable
@pytest.mark.about("credentials")
def test_a_wrong_password_is_5(speaker: Speaker, target: Target) -> None:
    assert speaker.status(sent(speaker, target.accepted_number), password=WRONG).code == 5


def test_no_id_is_6(by_hand: SpeakerByHand, target: Target) -> None:
    account = {"username": target.username, "password": target.password}
    assert by_hand.ask("status", account).code == 6


@pytest.mark.about("credentials")
def test_a_refusal_does_not_repeat_the_password(by_hand: SpeakerByHand) -> None:
    assert WRONG.encode() not in by_hand.status(UNKNOWN_ID, password=WRONG).raw
