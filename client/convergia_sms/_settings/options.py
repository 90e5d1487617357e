"""Names of the settings, as keyword arguments and as environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from convergia_wsdl import Profile

    from convergia_sms._models import Transport
    from convergia_sms._timeouts import Timeout

__all__ = ["ACCOUNT_NAMES", "NAMES", "Origin", "SettingOptions", "check_names", "variable"]

Origin = Literal["argument", "prompt", "account", "environment", "default"]


class SettingOptions(TypedDict, total=False):
    """Keyword arguments of `Settings.resolve`, `Client` and `AsyncClient` for settings.

    None means not given. Then the environment variable applies (CONVERGIA_ and the name in
    capitals), or else the default.

    Attributes:
        account: the name of a table in the accounts file. User and password then come from there or
            from arguments, not from the environment.
        password_file: a file with the password, which is read for each request.
        base_url: the gateway's URL. Default: the guide's address.
        transport: `soap` or `http`. Default: `soap`.
        timeout: seconds for a whole call, or a `Timeout`. Default: 60 s in total, 5 s to connect,
            30 s without data.
        profile: the profile of the gateway, a file or a loaded `Profile`. Default: the packaged
            one.
        proxy: `http://host:port` or `http://user:password@host:port`. HTTP_PROXY and similar
            variables are not read.
        ca_file: PEM file of the authorities to trust for https. Default: the system's.
        client_cert: PEM file of a client certificate and its key.
        allowed_numbers: the only numbers that messages may go to, or a file with them. Any other
            raises `RecipientNotAllowedError`.
        redirect_to: a number that all messages go to instead of their own.
    """

    account: str | None
    password_file: str | os.PathLike[str] | None
    base_url: str | None
    transport: Transport | None
    timeout: float | Timeout | None
    profile: Profile | str | os.PathLike[str] | None
    proxy: str | None
    ca_file: str | os.PathLike[str] | None
    client_cert: str | os.PathLike[str] | None
    allowed_numbers: Iterable[str] | str | os.PathLike[str] | None
    redirect_to: str | None


# To add a setting, add it to the class above only.
NAMES = ("username", "password", *SettingOptions.__annotations__)
# The settings allowed in the accounts file.
ACCOUNT_NAMES = tuple(name for name in NAMES if name != "account")


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"CONVERGIA_{name.upper()}"


def check_names(names: Iterable[str]) -> None:
    """Require names of settings, as Python does for keyword arguments.

    Raises:
        TypeError: a name is not a setting.
    """
    for name in names:
        if name not in NAMES:
            raise TypeError(f"got an unexpected keyword argument {name!r}")
