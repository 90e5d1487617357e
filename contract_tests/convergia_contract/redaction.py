"""Masking the account's password in the reports of failed tests.

A traceback shows arguments, which may be requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_sms._redaction import Redactor

from convergia_contract.target import DEFAULT_PASSWORD, password

if TYPE_CHECKING:
    import pytest

MASK = "***"


def redact(report: pytest.TestReport) -> None:
    """Mask the environment's password in the report of a failed test, in any encoding."""
    try:
        secret = password()
    except ValueError:
        return  # no request contained an unreadable password
    if secret == DEFAULT_PASSWORD:
        return  # the password of demo/demo is not secret
    shown = str(report.longrepr)
    if (masked := mask(shown, secret)) != shown:
        report.longrepr = masked
    report.sections = [(title, mask(text, secret)) for title, text in report.sections]


def mask(text: str, secret: str) -> str:
    """Mask a secret in a text, plain or encoded. See the client's `Redactor`."""
    raw = text.replace(repr(secret)[1:-1], MASK).encode("utf-8", "surrogatepass")
    return Redactor(secret).mask(raw).decode("utf-8", "surrogatepass")
