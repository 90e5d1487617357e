"""Two gateways for the whole run: the mock server and a real NuSOAP, each on a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_contract.reference import ReferenceGateway, missing
from convergia_mockserver import MockServer

from tests.mockserver.differential.comparison import Comparison
from tests.mockserver.differential.exchange import Gateway, with_a_message
from tests.mockserver.differential.plan import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPARISONS = pytest.StashKey[dict[str, Comparison]]()


@pytest.fixture(scope="session")
def nusoap() -> Iterator[Gateway]:
    """A real NuSOAP gateway."""
    if (lacking := missing()) is not None:
        pytest.skip(lacking)
    with ReferenceGateway() as gateway:
        yield with_a_message(gateway.base_url)


@pytest.fixture(scope="session")
def mock() -> Iterator[Gateway]:
    """The mock server, which delivers at once as the real gateway does."""
    with MockServer(delivery_delay=0) as server:
        yield with_a_message(server.base_url)


@pytest.fixture
def comparison(request: pytest.FixtureRequest, nusoap: Gateway, mock: Gateway) -> Comparison:
    """The comparison of both gateways. A long run prints its figures at the end."""
    seen = request.config.stash.setdefault(_COMPARISONS, {})
    return seen.setdefault(request.node.name, Comparison(nusoap, mock))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of a long run."""
    if not EXAMPLES:
        return
    seed = terminalreporter.config.getoption("--hypothesis-seed")
    for name, comparison in terminalreporter.config.stash.get(_COMPARISONS, {}).items():
        terminalreporter.section(f"differential: {name}, seed {seed}")
        for outcome, count in comparison.outcomes.most_common():
            terminalreporter.line(f"{count:8,}  {outcome}")
        share = comparison.answers / max(1, comparison.total)
        terminalreporter.line(f"{comparison.total:8,}  in all; {share:.0%} answered with a code")
