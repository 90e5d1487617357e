"""Two gateways for the whole run: the mock server and a real NuSOAP, each on a socket."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from convergia_contract.reference import ReferenceGateway, missing
from convergia_mockserver import MockServer

from tests.mockserver.differential.exchange import Gateway, with_a_message
from tests.mockserver.differential.plan import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

_OUTCOMES = pytest.StashKey[Counter[str]]()


@pytest.fixture(scope="session")
def nusoap() -> Iterator[Gateway]:
    """The real one."""
    if (lacking := missing()) is not None:
        pytest.skip(lacking)
    with ReferenceGateway() as gateway:
        yield with_a_message(gateway.base_url)


@pytest.fixture(scope="session")
def mock() -> Iterator[Gateway]:
    """Ours; it delivers at once, as the real one does."""
    with MockServer(delivery_delay=0) as server:
        yield with_a_message(server.base_url)


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> Counter[str]:
    """How often each outcome was seen, for the figures at the end."""
    return request.config.stash.setdefault(_OUTCOMES, Counter())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of a long run."""
    outcomes = terminalreporter.config.stash.get(_OUTCOMES, Counter())
    if EXAMPLES and outcomes:
        terminalreporter.section("differential")
        for outcome, count in sorted(outcomes.items()):
            terminalreporter.line(f"{count:8,}  {outcome}")
