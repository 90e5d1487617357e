"""The gateways that other SOAP clients call: the mock server, and NuSOAP for comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_contract.reference import ReferenceGateway
    from convergia_mockserver import MockServer


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    from convergia_mockserver import MockServer

    with MockServer(delivery_delay=0) as server:
        yield server


@pytest.fixture(
    scope="module",
    params=["mock", pytest.param("nusoap", marks=pytest.mark.exhaustive("languages"))],
)
def base_url(request: pytest.FixtureRequest) -> str:
    if request.param == "mock":
        server: MockServer = request.getfixturevalue("mock")
        return server.base_url
    reference: ReferenceGateway = request.getfixturevalue("nusoap_gateway")
    return reference.base_url
