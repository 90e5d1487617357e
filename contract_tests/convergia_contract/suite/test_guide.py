"""Tests that the contract's data agrees with the guide."""

from __future__ import annotations

import pytest
from convergia_wsdl import load_guide

from convergia_contract.suite.guide_tables import SEND_CODES, STATUS_CODES

pytestmark: pytest.MarkDecorator = pytest.mark.about("guide")


def test_the_send_codes_are_the_guides() -> None:
    assert {code.code: code.text for code in load_guide().send.codes} == SEND_CODES


def test_the_status_codes_are_the_guides() -> None:
    assert {code.code: code.text for code in load_guide().status.codes} == STATUS_CODES


def test_the_urls_are_the_guides() -> None:
    guide = load_guide()
    base = "http://smswebservices.convergia.net.mx:8181"
    assert guide.base_url + guide.send.path == f"{base}/"
    assert guide.base_url + guide.status.path == f"{base}/estatus_mensaje.php"
    assert guide.base_url + guide.webservice.path == f"{base}/webservice.php"
    assert guide.portal_url == "http://smsportal.convergia.net.mx"


def test_the_parameters_are_the_guides() -> None:
    guide = load_guide()
    send = [(part.name, part.optional) for part in guide.send.parameters]
    assert send == [
        ("username", False),
        ("password", False),
        ("number", False),
        ("message", False),
        ("extra", True),
    ]
    status = [(part.name, part.optional) for part in guide.status.parameters]
    assert status == [("username", False), ("password", False), ("messageid", False)]
