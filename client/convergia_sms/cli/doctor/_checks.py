"""What `convergia doctor` can tell without a word to the gateway."""

from __future__ import annotations

import platform
import ssl
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

from convergia_sms.cli._failures import UsageFailure

if TYPE_CHECKING:
    from convergia_sms._settings import Settings
    from convergia_sms.cli._options import Gateway

Verdict = Literal["ok", "warning", "failed", "skipped"]
_PACKAGES = ("convergia-sms", "zeep", "lxml", "httptools", "click", "spyne")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found and, unless all is well, what to do."""

    name: str
    verdict: Verdict
    finding: str
    cure: str = ""


def versions() -> dict[str, object]:
    """Of this program, of what it stands on, and of Python and OpenSSL."""
    found: dict[str, object] = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    found["python"] = f"{platform.python_version()} ({sys.platform})"
    found["openssl"] = ssl.OPENSSL_VERSION.removeprefix("OpenSSL ")
    return found


def settings_in_force(
    gateway: Gateway,
) -> tuple[Settings | None, dict[str, object], Check | None]:
    """Return the settings, each value with its source, and the check that failed if they cannot be.

    Never the password: only that there is one.
    """
    try:
        settings = gateway.settings()
    except UsageFailure as error:
        return None, {}, Check("settings", "failed", error.message, error.cure)
    values: dict[str, object] = {
        "account": settings.account or "none",
        "base_url": settings.base_url,
        "username": settings.username,
        "password": "set",
        "transport": settings.transport,
        "timeout": f"{settings.timeout.total:g} s",
        "profile": settings.profile.source,
        "proxy": "set" if settings.proxy else "none",
        "ca_file": settings.ca_file or "the system's",
        "client_cert": settings.client_cert or "none",
        "allowed_numbers": _allowed(settings),
        "redirect_to": settings.redirect_to or "none",
    }
    shown: dict[str, object] = {
        name: {"value": value, "source": settings.origins[name]} for name, value in values.items()
    }
    return settings, shown, None


def _allowed(settings: Settings) -> str:
    if settings.allowed_numbers is None:
        return "all"
    return f"{len(settings.allowed_numbers):,} of them"


def recipients(settings: Settings) -> Check:
    """Warn that not everybody gets a message: right in staging, a mistake in production."""
    if settings.redirect_to is not None:
        finding = f"every message goes to {settings.redirect_to}"
        return Check("recipients", "warning", finding, "unset CONVERGIA_REDIRECT_TO in production")
    if settings.allowed_numbers is not None:
        finding = f"only {len(settings.allowed_numbers):,} numbers may get a message"
        cure = "unset CONVERGIA_ALLOWED_NUMBERS in production"
        return Check("recipients", "warning", finding, cure)
    return Check("recipients", "ok", "a message goes to its own number, whichever that is")


def contract(settings: Settings) -> dict[str, object]:
    """Return the profile and the WSDL in force."""
    profile = settings.profile
    return {
        "profile": profile.source,
        "wsdl": profile.wsdl,
        "wsdl sha256": profile.wsdl_digest(),
        "length limit": f"{profile.text.max_length} {profile.text.unit}",
        "soap charset": profile.text.soap_charset or "nothing is lost",
        "http charset": profile.text.http_charset,
    }
