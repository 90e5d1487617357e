"""Takes the account's password out of what a failing test shows.

A traceback shows arguments, and some of them are requests.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from convergia_sms._redaction import Redactor

if TYPE_CHECKING:
    import pytest

MASK = "***"


def redact(report: pytest.TestReport) -> None:
    """Mask the password of the environment in a failed test's report, however it is spelt."""
    password = os.environ.get("CONVERGIA_PASSWORD")
    if not password:
        return  # the account is demo/demo, which is nobody's secret
    shown = str(report.longrepr)
    if (masked := mask(shown, password)) != shown:
        report.longrepr = masked
    report.sections = [(title, mask(text, password)) for title, text in report.sections]


def mask(text: str, password: str) -> str:
    """Return `text` without `password`, as it is or escaped: see the client's `Redactor`."""
    raw = text.replace(repr(password)[1:-1], MASK).encode("utf-8", "surrogatepass")
    return Redactor(password).mask(raw).decode("utf-8", "surrogatepass")
