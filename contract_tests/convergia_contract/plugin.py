"""The contract suite's options and fixtures: loaded in every pytest run, so it stays cheap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .reference import ReferenceGateway


@pytest.fixture(scope="session")
def nusoap_gateway() -> Iterator[ReferenceGateway]:
    """A real PHP NuSOAP gateway with the packaged profile; skips, with the reason, without PHP."""
    from .reference import ReferenceGateway, missing

    if (lacking := missing()) is not None:
        pytest.skip(f"no NuSOAP reference gateway: {lacking}")
    with ReferenceGateway() as gateway:
        yield gateway
