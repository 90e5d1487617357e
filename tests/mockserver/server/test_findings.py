"""Tests of findings in the journal, which the sender of a request would not notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mockserver.server import wire

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway


def kinds(gateway: MockGateway) -> dict[str, str]:
    return {finding.kind: finding.text for finding in gateway.requests[-1].findings}


@pytest.mark.parametrize("text", ["cuesta 5 €", "cuesta 5 &#8364;", "cuesta 5 &#x20AC;"])
def test_characters_that_soap_lost_are_named(convergia_mockserver: MockGateway, text: str) -> None:
    wire.send("soap", convergia_mockserver.base_url, message=text)
    assert convergia_mockserver.messages[-1].text == "cuesta 5 ?"
    assert kinds(convergia_mockserver)["charset"].startswith("these arrived as '?'")
    assert "€ (U+20AC)" in kinds(convergia_mockserver)["charset"]


def test_characters_that_soap_would_lose_are_named(convergia_mockserver: MockGateway) -> None:
    wire.send("http", convergia_mockserver.base_url, message="5 € ñ")
    assert "€ (U+20AC)" in kinds(convergia_mockserver)["charset"]
    assert "ñ" not in kinds(convergia_mockserver)["charset"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x" * 160, "GSM-7, 160 septets, 1 SMS"),
        ("€" * 80, "GSM-7, 160 septets, 1 SMS"),
        ("á" * 71, "UCS-2, 71 UTF-16 units, 2 SMS"),
    ],
)
def test_encoding_and_parts_are_printed(
    convergia_mockserver: MockGateway, text: str, told: str
) -> None:
    wire.send("http", convergia_mockserver.base_url, message=text)
    assert kinds(convergia_mockserver)["encoding"] == told


def test_loopback_is_not_a_network(convergia_mockserver: MockGateway) -> None:
    wire.send("http", convergia_mockserver.base_url)
    assert "cleartext-password" not in kinds(convergia_mockserver)
