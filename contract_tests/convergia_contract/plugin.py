"""The pytest plugin of the contract suite. Every test run loads it, so it must be cheap."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from .reference import ReferenceGateway

GUIDE_EXAMPLE = "520123456789"
"""The guide's example of a number, which no phone has."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for the gateway under test."""
    group = parser.getgroup("convergia", "contract tests for Convergia's SMS gateway")
    group.addoption(
        "--gateway-url",
        metavar="URL",
        help="base URL of the gateway under test (default: a mock server, started offline)",
    )
    group.addoption(
        "--gateway-username",
        metavar="NAME",
        help="account on the gateway (default: CONVERGIA_USERNAME, or demo); its password is"
        " CONVERGIA_PASSWORD, or demo",
    )
    group.addoption(
        "--gateway-account",
        metavar="NAME",
        help="table of the accounts' file with user and password (default: CONVERGIA_ACCOUNT)",
    )
    group.addoption(
        "--gateway-profile",
        metavar="FILE",
        default=os.environ.get("CONVERGIA_PROFILE") or None,
        help="profile.toml to test against (default: CONVERGIA_PROFILE, or the packaged one)",
    )
    group.addoption(
        "--reserved-numbers",
        choices=("auto", "yes", "no"),
        default="auto",
        help="whether the gateway has the mock server's reserved numbers (auto: ask the gateway)",
    )
    group.addoption(
        "--billable",
        action="store_true",
        help="also run the tests that make a gateway without reserved numbers send paid SMS",
    )
    group.addoption(
        "--send-to",
        metavar="NUMBER",
        default=GUIDE_EXAMPLE,
        help=f"number for paid SMS, 12 digits (default: {GUIDE_EXAMPLE}, the guide's example)",
    )
    group.addoption(
        "--call",
        metavar="OPERATION",
        dest="callable_operations",
        action="append",
        default=[],
        help="an operation besides send and status that may be called on a gateway without"
        " reserved numbers, because it may be repeated; may be given several times",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the suite's markers."""
    config.addinivalue_line(
        "markers", "billable: a gateway without reserved numbers would send a paid SMS"
    )
    config.addinivalue_line(
        "markers", "reserved_numbers: needs numbers that make the gateway answer a given code"
    )
    config.addinivalue_line("markers", "calls: calls an operation besides send and status")
    config.addinivalue_line("markers", "about(topic): the cause in `causes.py` if the test fails")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that cannot run against this gateway.

    Raises:
        pytest.UsageError: if `--call` names an operation that the WSDL does not have.
    """
    if any(map(_is_ours, items)):
        from .selection import deselect

        if named := config.getoption("callable_operations"):
            _check_callable(named, config.getoption("gateway_profile"))
        deselect(config, items)


def _check_callable(named: list[str], profile: str | None) -> None:
    from convergia_wsdl import load_profile

    from .suite.by_hand.operations import unknown_operations

    if unknown := unknown_operations(load_profile(profile), named):
        raise pytest.UsageError(f"--call {unknown}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the cause of a failure to its report, and mask the password in it."""
    report = yield
    if _is_ours(item) and report.when != "teardown":
        from .annotation import annotate

        annotate(item, call, report)
    if report.failed and _is_ours(item):
        from .redaction import redact

        redact(report)
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the causes of failures, and the reasons for tests that were deselected."""
    if "convergia_contract.selection" not in sys.modules:  # nothing of the suite was collected
        return
    from convergia_sms._counts import counted

    from .annotation import cause_lines
    from .selection import reasons

    if found_causes := cause_lines(terminalreporter.getreports("failed")):
        terminalreporter.section("causes")
        for line in found_causes:
            terminalreporter.write_line(line)
    if not (found := reasons(config)):
        return
    terminalreporter.section("not asked of this gateway")
    for reason, count in found.items():
        tests = counted(count, "1 test", f"{count} tests")
        terminalreporter.write_line(f"{tests}: {reason}")


@pytest.fixture(scope="session")
def nusoap_gateway() -> Iterator[ReferenceGateway]:
    """Yield a real PHP NuSOAP gateway with the packaged profile. Skip the test without PHP."""
    from .reference import ReferenceGateway, missing

    if (lacking := missing()) is not None:
        pytest.skip(f"no NuSOAP reference gateway: {lacking}")
    with ReferenceGateway() as gateway:
        yield gateway


def _is_ours(item: pytest.Item) -> bool:
    return "convergia_contract" in item.path.parts
