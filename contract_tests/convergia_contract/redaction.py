"""Takes the account's password out of what a failing test shows.

A traceback shows arguments, and some of them are requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_sms._redaction import Redactor

from convergia_contract.target import DEFAULT_PASSWORD, password

if TYPE_CHECKING:
    import pytest

MASK = "***"


def redact(report: pytest.TestReport) -> None:
    """Mask the password of the environment in a failed test's report, however it is spelt."""
    try:
        secret = password()
    except ValueError:
        return  # it could not be read, so no request had it
    if secret == DEFAULT_PASSWORD:
        return  # the account is demo/demo, which is not secret
    shown = str(report.longrepr)
    if (masked := mask(shown, secret)) != shown:
        report.longrepr = masked
    report.sections = [(title, mask(text, secret)) for title, text in report.sections]


def mask(text: str, secret: str) -> str:
    """Return `text` without `secret`, as it is or escaped: see the client's `Redactor`."""
    raw = text.replace(repr(secret)[1:-1], MASK).encode("utf-8", "surrogatepass")
    return Redactor(secret).mask(raw).decode("utf-8", "surrogatepass")
