"""Tests of the client's errors for each code, with the guide's texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import convergia_sms
import pytest
from convergia_sms import AuthenticationError, DeliveryStatus, MessageNotFoundError, RejectedError

from convergia_contract.suite.guide_tables import REFUSALS, SEND_CODES

if TYPE_CHECKING:
    from convergia_contract.suite.through_client import SpeakerThroughClient
    from convergia_contract.target import Target

pytestmark: pytest.MarkDecorator = pytest.mark.about("client")

ERRORS = {
    101: "MissingParameterError",
    102: "MissingParameterError",
    103: "MissingParameterError",
    104: "MissingParameterError",
    105: "MessageTooLongError",
    109: "GatewayUnavailableError",
    110: "GatewayUnavailableError",
    200: "GatewayUnavailableError",
    201: "AuthenticationError",
    202: "AddressNotAllowedError",
    204: "QuotaExceededError",
    205: "TrafficNotAllowedError",
    254: "SendFailedError",
    305: "GatewayUnavailableError",
    306: "GatewayUnavailableError",
    307: "InvalidNumberError",
}


@pytest.mark.reserved_numbers
@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_its_error_with_the_guides_text(
    through_client: SpeakerThroughClient, target: Target, code: int
) -> None:
    with pytest.raises(RejectedError) as refused:
        through_client.client.send(f"520000000{code}", "Hola")
    expected = ERRORS.get(code)
    if expected is None:
        assert type(refused.value) is RejectedError
    else:
        assert isinstance(refused.value, getattr(convergia_sms, expected))
    assert refused.value.code == code
    assert refused.value.description == SEND_CODES[code]
    assert refused.value.retryable == (code in target.profile.errors.retryable)


@pytest.mark.billable
def test_a_receipt_says_what_was_sent_and_how(
    through_client: SpeakerThroughClient, target: Target
) -> None:
    receipt = through_client.client.send(target.accepted_number, "Hola", "pedido-1234")
    assert receipt.number == target.accepted_number
    assert receipt.transport == through_client.transport
    assert receipt.segments == 1


@pytest.mark.reserved_numbers
@pytest.mark.parametrize("state", DeliveryStatus)
def test_a_status_is_the_guides(
    through_client: SpeakerThroughClient, state: DeliveryStatus
) -> None:
    receipt = through_client.client.send(f"52000000100{state:d}", "Hola")
    assert through_client.client.status(receipt.message_id) is state


def test_an_unknown_message_is_not_found(through_client: SpeakerThroughClient) -> None:
    with pytest.raises(MessageNotFoundError):
        through_client.client.status("999999999999")


def test_a_wrong_password_shows_in_no_error(target: Target) -> None:
    for transport in ("http", "soap"):
        with (
            convergia_sms.Client(
                target.username,
                "no-es-esta-clave",
                base_url=target.base_url,
                transport=transport,
                profile=target.profile,
            ) as client,
            pytest.raises(AuthenticationError) as refused,
        ):
            client.send("525512345678", "Hola")
        assert "no-es-esta-clave" not in repr(refused.value) + str(refused.value)
