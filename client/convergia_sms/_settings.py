"""Where the gateway is and who calls it: arguments, else the environment, else the guide."""

from __future__ import annotations

import math
import os
import re
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from convergia_wsdl import Profile, load_guide, load_profile

from convergia_sms._timeouts import Timeout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_sms._models import Transport


__all__ = ["Origin", "Settings"]

Origin = Literal["argument", "environment", "default"]

_VARIABLES = {
    "base_url": "CONVERGIA_BASE_URL",
    "username": "CONVERGIA_USERNAME",
    "password": "CONVERGIA_PASSWORD",  # the variable's name
    "transport": "CONVERGIA_TRANSPORT",
    "timeout": "CONVERGIA_TIMEOUT",
    "profile": "CONVERGIA_PROFILE",
    "proxy": "CONVERGIA_PROXY",
    "ca_file": "CONVERGIA_CA_FILE",
    "client_cert": "CONVERGIA_CLIENT_CERT",
}
# Told by a pattern, not by what `urlsplit` raises: its errors quote the URL.
# What a URL may hold before its @, beside what only starts another part of it.
_USERINFO = re.compile(r"[!$-.0-9:;=@A-Z_a-z~]*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LAST_PORT = 65_535
_AUTHORITY = re.compile(r"(?:[0-9A-Za-z._-]+|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{1,5}))?")


class SettingsError(ValueError):
    """A setting that cannot be worked with; the text says which, and shows no password."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a client works with. Password and proxy do not show in a repr.

    Attributes:
        username: the account's user; may be empty, which the gateway answers with 101.
        password: its password; never shown.
        base_url: scheme, host, port and a path without a slash at its end.
        transport: `soap` or `http`.
        timeout: how long a call may take.
        profile: the assumptions in force.
        proxy: the URL of an HTTP proxy, credentials and all; None for none.
        ca_file: a PEM file of the authorities to trust instead of the system's.
        client_cert: a PEM file with a client certificate and its key.
        origins: where each of these came from.
    """

    username: str
    password: str = field(repr=False)
    base_url: str
    transport: Transport
    timeout: Timeout
    profile: Profile = field(repr=False)
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    client_cert: str | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def resolve(
        cls,
        username: str | None = None,
        password: str | None = None,
        *,
        base_url: str | None = None,
        transport: Transport | None = None,
        timeout: float | Timeout | None = None,
        profile: Profile | str | os.PathLike[str] | None = None,
        proxy: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        client_cert: str | os.PathLike[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Settings:
        """Settings from arguments, else from `CONVERGIA_*` variables, else the defaults.

        Args:
            username: CONVERGIA_USERNAME. There is no default.
            password: CONVERGIA_PASSWORD. There is no default.
            base_url: CONVERGIA_BASE_URL; the guide's by default.
            transport: CONVERGIA_TRANSPORT; `soap` by default.
            timeout: CONVERGIA_TIMEOUT; seconds for a whole call, or a `Timeout`.
            profile: CONVERGIA_PROFILE; a file, or a profile already loaded.
            proxy: CONVERGIA_PROXY; `http://host:port`, `http://user:password@host:port`.
            ca_file: CONVERGIA_CA_FILE.
            client_cert: CONVERGIA_CLIENT_CERT.
            environment: read instead of `os.environ`. An empty variable counts as unset.

        Raises:
            ValueError: something is missing or malformed. No message shows a value that may hold
                a password.
            ContractError: the profile cannot be read (a `ValueError` too).
            TypeError: a text that is no `str`, a profile that is none.
        """
        given: dict[str, object] = {
            "username": username,
            "password": password,
            "base_url": base_url,
            "transport": transport,
            "timeout": timeout,
            "profile": profile,
            "proxy": proxy,
            "ca_file": ca_file,
            "client_cert": client_cert,
        }
        try:
            return cls._resolved(given, os.environ if environment is None else environment)
        except (TypeError, ValueError) as error:
            # A traceback that shows variables must find no password in this frame or below it.
            del password, base_url, proxy, environment, given
            raise error.with_traceback(None)  # noqa: B904 - the same error

    @classmethod
    def _resolved(cls, given: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
        found, origins = _gather(given, environment)
        return cls(
            username=_credential("username", found["username"]),
            password=_credential("password", found["password"]),
            base_url=checked_base_url(
                _text("base_url", found["base_url"] or load_guide().base_url)
            ),
            transport=_transport(found["transport"]),
            timeout=_timeout(found["timeout"], origins["timeout"]),
            profile=_profile(found["profile"]),
            proxy=_proxy(found["proxy"]),
            ca_file=_path(found["ca_file"]),
            client_cert=_path(found["client_cert"]),
            origins=origins,
        )


def _gather(
    given: Mapping[str, object], environment: Mapping[str, str]
) -> tuple[dict[str, object], dict[str, Origin]]:
    found: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    for name, value in given.items():
        variable = environment.get(_VARIABLES[name]) or None
        found[name] = variable if value is None else value
        if value is not None:
            origins[name] = "argument"
        else:
            origins[name] = "default" if variable is None else "environment"
    return found, origins


def _text(name: str, value: object) -> str:
    # A secret's wrapper or bytes would go out as their repr, and the gateway would answer 201.
    if not isinstance(value, str):
        raise TypeError(f"{name}: a str, not {type(value).__name__}")
    return value


def _credential(name: str, value: object) -> str:
    if value is None:
        raise ValueError(f"no {name}: pass {name}=, or set {_VARIABLES[name]}")
    text = _text(name, value)
    # What Python makes of a variable that is not in the locale's charset. Told here: the error of
    # whoever encodes it later quotes it, password and all.
    if _SURROGATE.search(text):
        raise ValueError(
            f"{name}: holds what is no character; if it came from {_VARIABLES[name]}, that is not"
            " in the locale's charset (UTF-8, most likely)"
        )
    return text


def _profile(wanted: object) -> Profile:
    if isinstance(wanted, Profile):
        return wanted
    if wanted is None or isinstance(wanted, (str, os.PathLike)):
        return load_profile(None if wanted is None else os.fspath(wanted))
    raise TypeError(f"profile: a file or a Profile, not {type(wanted).__name__}")


def checked_base_url(url: str) -> str:
    """`url` without a slash at its end.

    Raises:
        ValueError: it is none, or holds more than scheme, host, port and path; the message shows
            nothing of it, for that may be a password.
    """
    shown = "base_url: 'http://host:port', with a path if need be"
    scheme, _, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    readable = url.isascii() and url.isprintable() and " " not in url
    if not readable or not _names_a_host(authority.rpartition("@")[2]):
        raise ValueError(f"{shown}; this one's host or port cannot be read")
    if scheme not in ("http", "https"):
        raise ValueError(f"{shown}; this one's scheme is {scheme!r}")
    if "@" in authority:
        raise ValueError(f"{shown}; credentials go in username= and password=")
    if "?" in url or "#" in url:
        raise ValueError(f"{shown}; this one has a query or a fragment")
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


def _proxy(value: object) -> str | None:
    if value is None:
        return None
    url = _text("proxy", value)
    scheme, _, rest = url.partition("://")
    userinfo, _, authority = rest.rstrip("/").rpartition("@")
    if scheme != "http" or not _names_a_host(authority) or not _USERINFO.fullmatch(userinfo):
        # Its text may hold the proxy's password.
        raise ValueError(
            "proxy: 'http://host:port' or 'http://user:password@host:port', with all but letters"
            " and digits of user and password percent-encoded"
        )
    return url


def _transport(value: object) -> Transport:
    if value is None:
        return "soap"
    if value == "soap" or value == "http":  # noqa: PLR1714 # mypy narrows by this
        return value
    raise ValueError(f"transport: 'soap' or 'http', not {value!r}")


def _timeout(value: object, origin: Origin) -> Timeout:
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
        raise ValueError(f"{where}: seconds, more than 0, not {value!r}")
    return Timeout.within(seconds)


def _path(value: object) -> str | None:
    return None if value is None else os.fspath(value)  # type: ignore[call-overload]
