"""Checks of each setting's value. Errors never show a value that may hold a password."""

from __future__ import annotations

import math
import os
import re
import socket
from typing import TYPE_CHECKING

from convergia_wsdl import Profile, load_guide, load_profile

from convergia_sms._timeouts import Timeout

from .options import variable

if TYPE_CHECKING:
    from convergia_sms._models import Transport

    from .options import Origin

# Patterns instead of `urlsplit`, whose errors quote the URL.
# The characters that a URL may hold before its @.
_USERINFO = re.compile(r"[!$-.0-9:;=@A-Z_a-z~]*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LAST_PORT = 65_535
_AUTHORITY = re.compile(r"(?:[0-9A-Za-z._-]+|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{1,5}))?")


class SettingsError(ValueError):
    """A setting is missing or not valid. The error names it and shows no password."""


def text(name: str, value: object) -> str:
    """Require a `str`.

    Raises:
        TypeError: `value` has another type. The error does not show it.
    """
    # A secret wrapper or bytes would be sent as their repr, and the gateway would answer 201.
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    return value


def credential(name: str, value: object) -> str:
    """Require a username or password that can be sent. It may be empty.

    Raises:
        SettingsError: the value is missing or cannot be encoded.
        TypeError: it is not a `str`.
    """
    if value is None:
        raise SettingsError(
            f"the {name} is missing. Pass it as an argument, or set {variable(name)}"
        )
    credential = text(name, value)
    # A surrogate stands for bytes that are not in the locale's charset. Encoding it later would
    # raise an error that quotes the password.
    if _SURROGATE.search(credential):
        raise SettingsError(
            f"{name} contains bytes that are not text in the locale's charset. Set"
            f" {variable(name)} again, in UTF-8"
        )
    return credential


def profile(wanted: object) -> Profile:
    """Load the profile from a file, or the packaged one if None.

    Raises:
        ContractError: the profile cannot be read.
        TypeError: `wanted` is neither a file nor a `Profile`.
    """
    if isinstance(wanted, Profile):
        return wanted
    if wanted is None or isinstance(wanted, (str, os.PathLike)):
        return load_profile(None if wanted is None else os.fspath(wanted))
    raise TypeError(f"profile must be a file or a Profile, not {type(wanted).__name__}")


def checked_base_url(url: str) -> str:
    """Return `url` without trailing slashes.

    Raises:
        SettingsError: `url` is not a URL, or has more than scheme, host, port and path. The error
            does not show the rest, which may be a password.
    """
    write = "Write 'http://host:port', with a path if the gateway has one"
    scheme, _, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not scheme or not rest:
        host = re.split(r"[/?#]", url, maxsplit=1)[0]
        if "@" not in host and re.search("[.:]", host) and _names_a_host(host) and url.isascii():
            raise SettingsError(f"base_url: the scheme is missing. Write 'http://{host}'")
    readable = url.isascii() and url.isprintable() and " " not in url
    if not readable or not _names_a_host(authority.rpartition("@")[2]):
        raise SettingsError(f"base_url: the host or port is not valid. {write}")
    if scheme not in ("http", "https"):
        # The text before "://" is not shown, because it may begin with a user and password.
        raise SettingsError(f"base_url: the scheme is not http or https. {write}")
    if "@" in authority:
        raise SettingsError(
            f"base_url: it contains credentials. Pass them as username and password. {write}"
        )
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    for known in (load_guide().webservice.path, load_guide().status.path):
        if path.endswith(known):
            base = path.removesuffix(known)
            raise SettingsError(f"base_url: {known!r} is added by the client. Write {base!r}")
    if "?" in url or "#" in url:
        raise SettingsError(f"base_url: it has a query or a fragment. {write}")
    return url.rstrip("/")


def _names_a_host(authority: str) -> bool:
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        return False
    address, port = found.groups()
    return (address is None or _is_ipv6(address)) and (port is None or 0 < int(port) <= _LAST_PORT)


def _is_ipv6(address: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6, address)
    except OSError:
        return False
    return True


def proxy(value: object) -> str | None:
    """Require the URL of an HTTP proxy, or None.

    Raises:
        SettingsError: the value is not such a URL. The error does not show it, because it may
            contain a password.
        TypeError: it is not a `str`.
    """
    if value is None:
        return None
    url = text("proxy", value)
    scheme, _, rest = url.partition("://")
    userinfo, _, authority = rest.rstrip("/").rpartition("@")
    if scheme != "http" or not _names_a_host(authority) or not _USERINFO.fullmatch(userinfo):
        raise SettingsError(
            "proxy: it is not the URL of an HTTP proxy. Write 'http://host:port' or"
            " 'http://user:password@host:port'. Percent-encode special characters in user and"
            " password"
        )
    return url


def transport(value: object) -> Transport:
    """Require `soap` or `http`. None means `soap`.

    Raises:
        SettingsError: the value is something else.
    """
    if value is None:
        return "soap"
    if value == "soap" or value == "http":  # noqa: PLR1714 # mypy narrows by this
        return value
    raise SettingsError(f"transport must be 'soap' or 'http', not {value!r}")


def timeout(value: object, origin: Origin) -> Timeout:
    """Return the limits: seconds for a whole call, a `Timeout`, or the default if None.

    Raises:
        SettingsError: the value is not a number of seconds above 0.
    """
    if value is None:
        return Timeout()
    if isinstance(value, Timeout):
        return value
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        seconds = math.nan
    if not math.isfinite(seconds) or seconds <= 0:
        where = "CONVERGIA_TIMEOUT" if origin == "environment" else "timeout"
        raise SettingsError(f"{where} must be a number of seconds above 0, not {value!r}")
    return Timeout.within(seconds)


def path(value: object) -> str | None:
    """Return the path of a file as a text, or None."""
    return None if value is None else os.fspath(value)  # type: ignore[call-overload]
