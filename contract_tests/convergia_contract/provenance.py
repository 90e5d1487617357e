"""The provenance of a report: the gateway, profile, WSDL, versions and date."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convergia_wsdl import Profile


def provenance(gateway: str, profile: Profile) -> dict[str, str]:
    """Return gateway, profile and WSDL with their digests, versions, and the date in UTC."""
    return {
        "gateway": gateway,
        "profile": profile.source,
        "profile_sha256": profile.digest(),
        "wsdl": profile.wsdl,
        "wsdl_sha256": profile.wsdl_digest(),
        "convergia_sms": _version("convergia-sms"),
        "zeep": _version("zeep"),
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # a checkout on the path, as in a zipped application
        return ""
