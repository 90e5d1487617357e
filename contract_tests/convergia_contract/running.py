"""Run the suite in this process and collect the results."""

from __future__ import annotations

import contextlib
import io
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .causes import NO_ANSWER
from .outcome import OWN_GATEWAY, Finding, Outcome, deviations
from .selection import SUITE, why_not_asked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .outcome import Verdict

# The module of an exception's class, which is removed from messages.
_CLASS = re.compile(r"^(?:\w+\.)+(?=\w+:)")
PATIENCE = 3
"""The number of consecutive tests without any answer after which the run ends."""


class Recorder:
    """A pytest plugin that records the result of every test, and passes it to `on_result`."""

    def __init__(self, outcome: Outcome, on_result: Callable[[Finding], None]) -> None:
        self._outcome = outcome
        self._on_result = on_result
        self._unanswered = 0

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep the session, which is ended early if nothing answers."""
        self._session = session

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Record that the user interrupted the run."""
        # pytest itself ends a session with a subclass of KeyboardInterrupt.
        self._outcome.interrupted = excinfo.type is KeyboardInterrupt

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Record tests that cannot run against this gateway."""
        for item in items:
            self._note(item.nodeid, "not asked", why_not_asked(item))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the result of a test, or its failure to begin."""
        properties = {name: str(value) for name, value in report.user_properties}
        if report.failed:
            self._note(report.nodeid, "failed", _reason(report), properties)
        elif report.skipped:
            self._note(report.nodeid, "skipped", _reason(report), properties)
        elif report.when == "call":
            self._note(report.nodeid, "passed", "", properties)
        if report.failed or report.when == "call":
            self._stop_where_nothing_answers(silent=properties.get("cause") == NO_ANSWER.name)

    def _stop_where_nothing_answers(self, *, silent: bool) -> None:
        # Otherwise each of hundreds of tests would wait for its timeout.
        self._unanswered = self._unanswered + 1 if silent else 0
        if self._unanswered == PATIENCE:
            self._outcome.silent = True
            self._session.shouldstop = "nothing answers any more"

    def _note(
        self, test: str, verdict: Verdict, reason: str, properties: Mapping[str, str] | None = None
    ) -> None:
        finding = Finding(test.removeprefix("suite/"), verdict, reason, properties or {})
        self._outcome.findings.append(finding)
        self._on_result(finding)


def run(
    url: str | None, options: Sequence[str], on_result: Callable[[Finding], None] = lambda _: None
) -> Outcome:
    """Run the suite against `url`, or against a mock server that it starts.

    The current folder has no influence: its pytest configuration and other plugins are not loaded.

    Args:
        url: the base URL of the gateway. If None, the suite starts a mock server.
        options: further arguments for pytest.
        on_result: called with the result of each test when it ends.
    """
    outcome = Outcome(url or OWN_GATEWAY)
    arguments = [
        str(SUITE),
        f"--config-file={SUITE / 'pytest.ini'}",
        f"--rootdir={Path(__file__).parent}",
        "--disable-plugin-autoload",
        "-pconvergia_contract.plugin",
        "-pno:terminal",
        *([] if url is None else [f"--gateway-url={url}"]),
        *options,
    ]
    began = time.monotonic()
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        outcome.exit_code = int(pytest.main(arguments, plugins=[Recorder(outcome, on_result)]))
    outcome.seconds = time.monotonic() - began
    outcome.deviations = deviations(outcome.findings)
    outcome.trouble = errors.getvalue().strip()
    return outcome


def _reason(report: pytest.TestReport) -> str:
    """Return the exception's message, or the skip's reason. Both may have several lines."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return _CLASS.sub("", str(crash.message))
    # A redacted report is plain text. pytest begins its error lines with `E `.
    lines = str(report.longrepr).splitlines()
    return "\n".join(line[1:].strip() for line in lines if line.startswith("E ")) or lines[-1]
