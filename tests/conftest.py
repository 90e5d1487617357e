"""Fixtures and options for every test of this repository."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.default_signals import do_not_ignore_signals
from tests.exhaustive import ExhaustiveParts, load_parts
from tests.leftovers import nothing_left_behind
from tests.warm import COLD
from tests.warm.plugin import WarmStarts

__all__ = ["nothing_left_behind"]  # a fixture of every session

if TYPE_CHECKING:
    from collections.abc import Generator

# The same examples each time, and none judged by how long it took: machines are busy.
settings.register_profile(
    "repository",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repository")


REQUIRE_ALL = os.environ.get("CONVERGIA_REQUIRE_ALL") == "1"


def speak_english() -> None:
    """Pin the command's language, here and in child processes, whatever the locale is."""
    for name in ("CONVERGIA_LANG", "LANGUAGE"):
        os.environ.pop(name, None)
    os.environ["LC_MESSAGES"] = "C.UTF-8"
    if "LC_ALL" in os.environ:
        os.environ["LC_ALL"] = "C.UTF-8"


def pytest_configure(config: pytest.Config) -> None:
    speak_english()
    do_not_ignore_signals()
    config.pluginmanager.register(ExhaustiveParts(load_parts()))
    controls_workers = config.pluginmanager.hasplugin("dsession")
    if not COLD and not controls_workers:
        config.pluginmanager.register(WarmStarts())


def pytest_collection_finish() -> None:
    # What is imported by now stays: no collection need walk over it again.
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, where nothing may be missing, turn a skip into a failure with its reason."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, though CONVERGIA_REQUIRE_ALL=1: {reason}"
    return report
