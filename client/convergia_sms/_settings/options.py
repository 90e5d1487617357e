"""The settings that a caller may pass by name, and the variables that stand in for them."""

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
    """The keyword arguments of `Settings.resolve`, `Client` and `AsyncClient` that are settings.

    None counts as not given. Then the environment variable decides, which is CONVERGIA_ and the
    name in capitals, else the default.

    Attributes:
        account: the name of a table of settings in the accounts' file. User and password then come
            from there, or from arguments, and not from the environment.
        password_file: read at each request instead of a password.
        base_url: where the gateway is. Default: the guide's address.
        transport: `soap` or `http`. Default: `soap`.
        timeout: seconds for a whole call, or a `Timeout`. Default: 60 s in all, 5 s to connect,
            30 s between two bytes.
        profile: the assumptions in force, a file or a loaded `Profile`. Default: the packaged one.
        proxy: `http://host:port` or `http://user:password@host:port`. No other variable is read.
        ca_file: PEM file of the authorities to trust for https. Default: the system's.
        client_cert: PEM file of a client certificate and its key.
        allowed_numbers: the numbers that a message may go to, or a file with them. Any other raises
            `RecipientNotAllowedError`.
        redirect_to: a number that every message goes to instead of its own.
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


# Written out by hand nowhere else: a setting is added to the class above.
NAMES = ("username", "password", *SettingOptions.__annotations__)
# What the accounts' file may hold.
ACCOUNT_NAMES = tuple(name for name in NAMES if name != "account")


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"CONVERGIA_{name.upper()}"


def check_names(names: Iterable[str]) -> None:
    """Require names of settings, as Python does of a function's keyword arguments.

    Raises:
        TypeError: a name is not a setting.
    """
    for name in names:
        if name not in NAMES:
            raise TypeError(f"got an unexpected keyword argument {name!r}")
