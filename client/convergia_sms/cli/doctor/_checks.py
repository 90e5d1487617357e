"""Checks of `convergia doctor` that need no request to the gateway."""

from __future__ import annotations

import platform
import ssl
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

from convergia_sms._counts import counted
from convergia_sms.cli._failures import UsageFailure

if TYPE_CHECKING:
    from convergia_sms._settings import Settings
    from convergia_sms.cli._options import Gateway

Verdict = Literal["done", "to do", "cannot be known"]
_PACKAGES = ("convergia-sms", "zeep", "lxml", "httptools", "click", "spyne")


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the checklist.

    Attributes:
        name: the subject, with the same name as in docs/go-live.md.
        verdict: the result.
        finding: the finding, in words.
        cure: what to do, with the command for it. Empty if there is nothing to do.
        blocking: True if nothing works before it is done.
    """

    name: str
    verdict: Verdict
    finding: str
    cure: str = ""
    blocking: bool = False


def blocked(name: str, finding: str, cure: str) -> Check:
    """Return a check that failed and prevents sending."""
    return Check(name, "to do", finding, cure, blocking=True)


def versions() -> dict[str, object]:
    """Return the versions of this program, its main dependencies, Python and OpenSSL."""
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
    """Return the settings, each value with its source, and the check that failed if any.

    The password is never shown, only whether there is one.
    """
    try:
        settings = gateway.settings()
    except UsageFailure as error:
        return None, {}, blocked("settings", error.message, error.cure)
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
    count = len(settings.allowed_numbers)
    return counted(count, "1 number", f"{count:,} numbers")


def recipients(settings: Settings) -> Check:
    """Check who gets messages: a limit is right in staging, but a mistake in production."""
    if settings.redirect_to is not None:
        finding = f"every message goes to {settings.redirect_to}"
        return Check("recipients", "to do", finding, "unset CONVERGIA_REDIRECT_TO in production")
    if settings.allowed_numbers is not None:
        count = len(settings.allowed_numbers)
        finding = counted(
            count,
            "only 1 number may get a message",
            f"only {count:,} numbers may get a message",
        )
        cure = "unset CONVERGIA_ALLOWED_NUMBERS in production"
        return Check("recipients", "to do", finding, cure)
    return Check("recipients", "done", "a message goes to its own number, whichever that is")


def charset(settings: Settings) -> Check:
    """Report which characters of a text the gateway would damage, as the profile assumes."""
    text = settings.profile.text
    assumed = text.soap_charset if settings.transport == "soap" else text.http_charset
    assumption = (
        f"{assumed} is assumed over {settings.transport}" if assumed else "nothing is damaged"
    )
    return Check(
        "charset",
        "cannot be known",
        f"{assumption}; only a message on a phone shows it",
        "`convergia send --dry-run NUMBER TEXT` tells what would be damaged; send yourself one SMS"
        " with ñ, á and €",
    )


WATCHED = Check(
    "unknown",
    "cannot be known",
    "a person must decide about messages with an unknown outcome: a lost reply proves nothing",
    "`convergia bulk reconcile` lists them; `convergia worker --metrics` and the rule"
    " ConvergiaUnknownMessages raise the alarm",
)
ALLOWED_ADDRESS = Check(
    "address",
    "cannot be known",
    "only a send shows whether Convergia allows this address: it answers others with code 202",
    "give Convergia the address that your requests leave from; `convergia send` to your own phone"
    " shows that it is allowed",
)


def contract(settings: Settings) -> dict[str, object]:
    """Return the profile and the WSDL that are used."""
    profile = settings.profile
    return {
        "profile": profile.source,
        "wsdl": profile.wsdl,
        "wsdl sha256": profile.wsdl_digest(),
        "length limit": f"{profile.text.max_length} {profile.text.unit}",
        "soap charset": profile.text.soap_charset or "nothing is lost",
        "http charset": profile.text.http_charset,
    }
