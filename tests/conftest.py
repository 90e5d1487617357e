"""What every test of this repository shares."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator

# Hypothesis fails an example that takes 200 ms, which on a busy machine any may.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

REQUIRE_ALL = os.environ.get("CONVERGIA_REQUIRE_ALL") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing may be missing: there a skip is a failure that says what was not installed."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, though CONVERGIA_REQUIRE_ALL=1: {reason}"
    return report
