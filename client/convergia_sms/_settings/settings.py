"""The `Settings` class: from arguments, a named account, the environment and defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convergia_wsdl import Profile, load_guide

from . import checks, recipients, secrets
from .accounts import account_table
from .checks import SettingsError
from .options import NAMES, SettingOptions, check_names, variable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from convergia_sms._models import Transport
    from convergia_sms._timeouts import Timeout

    from .options import Origin
    from .secrets import PasswordSource

__all__ = ["Settings", "resolved"]

_CREDENTIALS = frozenset({"username", "password", "password_file"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a client. Its repr does not show the password and the proxy.

    Attributes:
        username: the account's user. If it is empty, the gateway answers 101.
        password: the account's password, or the function that returns it for each request. Never
            shown.
        base_url: scheme, host, port and path, without a trailing slash.
        transport: `soap` or `http`.
        timeout: the limits of a call.
        profile: the profile of the gateway.
        proxy: the URL of an HTTP proxy, with credentials, or None.
        ca_file: a PEM file of the authorities to trust instead of the system's.
        client_cert: a PEM file with a client certificate and its key.
        allowed_numbers: the only numbers (12 digits) that messages may go to. None for all.
        redirect_to: the number that all messages go to, or None.
        account: the named account that the settings came from, or None.
        origins: the source of each setting.
    """

    username: str
    password: PasswordSource = field(repr=False)
    base_url: str
    transport: Transport
    timeout: Timeout
    profile: Profile = field(repr=False)
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    client_cert: str | None = None
    allowed_numbers: frozenset[str] | None = field(default=None, repr=False)
    redirect_to: str | None = None
    account: str | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Wrap secrets that `dataclasses.asdict` would copy."""
        for name in ("password", "proxy"):
            if isinstance(value := getattr(self, name), str):
                object.__setattr__(self, name, secrets.SecretText(value))

    def __deepcopy__(self, memo: object) -> Settings:
        # The settings are immutable, and a secret must not be copied.
        return self

    @classmethod
    def resolve(
        cls,
        username: str | None = None,
        password: PasswordSource | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        **options: Unpack[SettingOptions],
    ) -> Settings:
        """Resolve settings from arguments, the named account, `CONVERGIA_*` variables and defaults.

        The first of these that has a setting is used. With a named account, credentials never come
        from the variables.

        Args:
            username: the account's user. If None, the named account's, or CONVERGIA_USERNAME
                without one. There is no default.
            password: the account's password, or a function that returns it (for `AsyncClient` also
                an async one) and is called for each new request. If None, the named account's, or
                CONVERGIA_PASSWORD without one. There is no default.
            environment: read instead of `os.environ`. An empty variable counts as unset.
            options: see `SettingOptions`.

        Raises:
            ValueError: a setting is missing or not valid. The error never shows a value that may
                contain a password.
            ContractError: the profile cannot be read (also a `ValueError`).
            TypeError: a text is not a `str`, the profile is neither a file nor a `Profile`, or an
                option is unknown.
        """
        given: dict[str, object] = {"username": username, "password": password, **options}
        try:
            check_names(given)
            return cls._resolved(given, os.environ if environment is None else environment)
        except (TypeError, ValueError) as error:
            # A traceback that shows variables must not find a password in this frame or below it.
            del password, environment, options, given
            raise error.with_traceback(None)  # noqa: B904 - the same error

    def reveal_password(self) -> str:
        """Return the password, by calling the function if it is one.

        Raises:
            SettingsError: the function failed, or did not return a password. The error does not
                show what it returned.
        """
        password = self.password
        if isinstance(password, str):
            return password
        answer = secrets.ask(password)
        if isinstance(answer, secrets.NoPassword):
            raise SettingsError(answer.reason)
        return answer.value

    @classmethod
    def _resolved(cls, given: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
        found, origins = _gather(given, environment)
        allowed = recipients.allowed_numbers(found["allowed_numbers"])
        return cls(
            username=checks.credential("username", found["username"]),
            password=secrets.password_source(found["password"], found["password_file"]),
            base_url=checks.checked_base_url(
                checks.text("base_url", found["base_url"] or load_guide().base_url)
            ),
            transport=checks.transport(found["transport"]),
            timeout=checks.timeout(found["timeout"], origins["timeout"]),
            profile=checks.profile(found["profile"]),
            proxy=checks.proxy(found["proxy"]),
            ca_file=checks.path(found["ca_file"]),
            client_cert=checks.path(found["client_cert"]),
            allowed_numbers=allowed,
            redirect_to=recipients.redirect_to(found["redirect_to"], allowed),
            account=found["account"],  # type: ignore[arg-type] # a str, for its table was found
            origins=origins,
        )


def _gather(
    given: Mapping[str, object], environment: Mapping[str, str]
) -> tuple[dict[str, object], dict[str, Origin]]:
    found: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    account = given.get("account") or environment.get(variable("account"))
    table = account_table(account, environment) if account else {}
    for name in NAMES:
        # Do not use the username or password of another account.
        hidden = account and name in _CREDENTIALS
        ways: list[tuple[Origin, object]] = [
            ("argument", given.get(name)),
            ("account", table.get(name)),
            ("environment", None if hidden else environment.get(variable(name)) or None),
        ]
        origins[name], found[name] = next(
            (way for way in ways if way[1] is not None), ("default", None)
        )
    _take_one_password(found, origins)
    return found, origins


def _take_one_password(found: dict[str, object], origins: dict[str, Origin]) -> None:
    """Let a given password or file override the other in the environment."""
    for name, other in (("password", "password_file"), ("password_file", "password")):
        if origins[name] == "argument" and origins[other] in ("account", "environment"):
            found[other], origins[other] = None, "default"
    if found["password"] is None and found["password_file"] is not None:
        origins["password"] = origins["password_file"]


def resolved(settings: Settings, **others: object) -> Settings:
    """Require resolved settings, and no other setting beside them.

    Raises:
        TypeError: `settings` is not a `Settings`, or another setting is given.
    """
    given = [name for name, value in others.items() if value is not None]
    del others
    if not isinstance(settings, Settings):
        raise TypeError(
            f"settings must be a Settings, from Settings.resolve(…), not {type(settings).__name__}"
        )
    if given:
        check_names(given)
        raise TypeError(f"settings= already contains {', '.join(given)}: pass one or the other")
    return settings
