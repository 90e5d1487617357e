from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer

from tests.mockserver.portal.browser import Browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver.gateway import Space


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


@pytest.fixture
def space(server: MockServer) -> Space:
    return server.world.fresh("portal")


@pytest.fixture
def visitor(server: MockServer, space: Space) -> Browser:
    return Browser(server.url_for("portal", space.name))


@pytest.fixture
def browser(visitor: Browser) -> Browser:
    """A visitor who is logged in as demo."""
    assert visitor.log_in().status == 200
    return visitor
