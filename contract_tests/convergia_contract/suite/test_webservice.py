"""Tests of the SOAP service: its WSDL, its page of functions and its faults."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from convergia_contract.suite.by_hand import exchange
from convergia_contract.suite.by_hand.operations import addresses, operations

if TYPE_CHECKING:
    from convergia_contract.suite.by_hand import SoapByHand
    from convergia_contract.target import Target

pytestmark: pytest.MarkDecorator = pytest.mark.about("wsdl")

PATH = "/webservice.php"


def test_the_wsdl_offers_the_profiles_operations(target: Target) -> None:
    reply = exchange(target, "GET", f"{PATH}?wsdl")
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/xml")
    assert set(operations(reply.body)) == set(operations(target.profile.wsdl_bytes()))


def test_the_wsdl_names_the_address_it_was_served_from(target: Target) -> None:
    located = addresses(exchange(target, "GET", f"{PATH}?wsdl").body)
    assert located
    here = urlsplit(target.base_url)
    for location in map(urlsplit, located):
        assert (location.hostname, location.port) == (here.hostname, here.port)
        assert location.path == here.path + PATH


@pytest.mark.about("page")
def test_the_page_names_the_functions(target: Target, soap_by_hand: SoapByHand) -> None:
    reply = exchange(target, "GET", PATH)
    assert reply.status == 200
    assert b"<html" in reply.body.lower()
    for bound in soap_by_hand.bound.values():
        assert bound.operation.name.encode() in reply.body


@pytest.mark.about("faults")
def test_broken_xml_is_a_fault_and_the_next_request_an_answer(soap_by_hand: SoapByHand) -> None:
    envelope = soap_by_hand.envelope("status", {"messageid": "999999999999"})
    reply = soap_by_hand.post(envelope[: len(envelope) // 2], "")
    # A malformed envelope has no SOAP version.
    assert reply.status in soap_by_hand.fault_statuses
    assert soap_by_hand.has_fault(reply, of_any_version=True)
    assert soap_by_hand.status("999999999999").code == 6


@pytest.mark.about("faults")
def test_an_unknown_operation_is_a_fault(soap_by_hand: SoapByHand) -> None:
    element = soap_by_hand.bound["send"].operation.element
    envelope = soap_by_hand.envelope("send", {}).replace(element, "no_existe")
    reply = soap_by_hand.post(envelope, "urn:no-existe")
    assert reply.status in soap_by_hand.fault_statuses
    assert soap_by_hand.has_fault(reply)


@pytest.mark.about("content-type")
def test_a_reply_has_soaps_content_type(soap_by_hand: SoapByHand) -> None:
    envelope = soap_by_hand.envelope("status", {"messageid": "999999999999"})
    reply = soap_by_hand.post(envelope, soap_by_hand.bound["status"].operation.action)
    assert reply.status == 200
    assert reply.headers["content-type"].startswith(soap_by_hand.media_type)
