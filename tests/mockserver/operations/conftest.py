"""A mock server with NuSOAP's WSDL, and zeep as its client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.mockserver.operations.stacks import serving, zeep_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convergia_mockserver import MockServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MockServer]:
    with serving("nusoap", tmp_path) as running:
        yield running


@pytest.fixture
def service(server: MockServer) -> Iterator[Any]:
    with zeep_of(server) as proxy:
        yield proxy
