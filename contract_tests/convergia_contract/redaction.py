"""Takes the account's password out of what a failing test shows.

A traceback shows arguments, and some of them are requests.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

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
    """`text` without `password`: plain, as a URL spells it, as XML does, as Python's repr does."""
    spellings = {
        password,
        quote(password, safe=""),
        quote_plus(password),
        escape(password),
        repr(password)[1:-1],
    }
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, MASK)
    return text
