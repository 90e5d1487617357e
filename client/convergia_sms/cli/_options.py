"""Options that several commands share, and the settings that result from them."""

from __future__ import annotations

import functools
import inspect
import math
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar, get_args

import click
from click.core import ParameterSource

from convergia_sms._models import Transport

from ._failures import FIX_SETTING, UsageFailure
from ._output import prompt

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_sms._settings import SettingOptions, Settings

R = TypeVar("R")
_PASSWORD = "CONVERGIA_PASSWORD"  # noqa: S105 - the variable's name
_PASSWORD_FILE = "CONVERGIA_PASSWORD_FILE"  # noqa: S105 - the same


class _Seconds(click.FloatRange):
    """A number of seconds above 0. Rejects NaN, which click's range accepts."""

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail("'nan' is not a number of seconds.", param, ctx)
        return seconds


SECONDS = _Seconds(min=0, min_open=True)


def _profile_of_account(
    context: click.Context, option: click.Parameter, value: str | None
) -> str | None:
    """Return the profile of the option, or else the named account's, or else the variable's."""
    account = os.environ.get("CONVERGIA_ACCOUNT")
    if not account or context.get_parameter_source(str(option.name)) is ParameterSource.COMMANDLINE:
        return value
    from convergia_sms._settings.accounts import account_table

    try:
        named = account_table(account, os.environ).get("profile")
    except ValueError as error:
        raise UsageFailure(str(error), FIX_SETTING) from error
    return named if isinstance(named, str) else value


profile_option, account_profile_option = (
    click.option(
        "--profile",
        metavar="FILE",
        envvar="CONVERGIA_PROFILE",
        type=click.Path(dir_okay=False),
        callback=callback,
        help="The profile of the gateway (CONVERGIA_PROFILE).",
    )
    for callback in (None, _profile_of_account)
)


@dataclass(frozen=True, slots=True)
class Gateway:
    """The options about the gateway. None where the command line says nothing."""

    username: str | None
    options: SettingOptions

    def settings(self, *, credentials: bool = True) -> Settings:
        """Resolve the settings. Ask for the password if the environment has none.

        Args:
            credentials: False if no request will be made. Username and password stay empty.

        Raises:
            UsageFailure: a setting is missing or not valid.
        """
        from convergia_sms._settings import Settings

        account = self.options.get("account") or os.environ.get("CONVERGIA_ACCOUNT")
        try:
            typed = _prompt_for_password(account) if credentials else ""
        except ValueError as error:
            raise UsageFailure(str(error), FIX_SETTING) from error
        username = self.username if credentials else ""
        try:
            settings = Settings.resolve(username, typed, **self.options)
        except ValueError as error:
            raise UsageFailure(str(error), FIX_SETTING) from error
        if typed is None or not credentials:
            return settings
        return replace(settings, origins={**settings.origins, "password": "prompt"})


def _prompt_for_password(account: str | None) -> str | None:
    """Ask for the password on the terminal. None if the settings have it.

    Args:
        account: the named account, whose table may have the password. Without one, the environment
            may.

    Raises:
        UsageFailure: there is no password, and no terminal to ask on.
    """
    if account:
        from convergia_sms._settings.accounts import account_table

        if {"password", "password_file"} & account_table(account, os.environ).keys():
            return None
    elif os.environ.get(_PASSWORD) or os.environ.get(_PASSWORD_FILE):
        return None
    # If the text comes from a pipe, standard error still shows that there is a terminal.
    if not (sys.stdin.isatty() or sys.stderr.isatty()):
        raise UsageFailure(
            "the password is missing",
            f"set {_PASSWORD} or {_PASSWORD_FILE}, or run it in a terminal to be prompted",
        )
    return prompt("Password", hide_input=True)


def gateway_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options about the gateway to `command`, as its first argument.

    Commands of the outbox have their own `--account`. There, only CONVERGIA_ACCOUNT names this one.
    """
    named = "account" not in inspect.signature(command).parameters

    @functools.wraps(command)
    def with_gateway(
        base_url: str | None,
        username: str | None,
        transport: Transport | None,
        timeout: float | None,
        profile: str | None,
        **others: object,
    ) -> R:
        options: SettingOptions = {
            "base_url": base_url,
            "transport": transport,
            "timeout": timeout,
            "profile": profile,
        }
        if named:
            options["account"] = others.pop("account")  # type: ignore[typeddict-item]
        return command(Gateway(username, options), **others)

    if named:
        with_gateway = gateway_account_option(with_gateway)
    for option in reversed(_GATEWAY_OPTIONS):
        with_gateway = option(with_gateway)
    return with_gateway


def _refuse_password(_context: click.Context, _option: click.Parameter, value: object) -> None:
    if value is not None:
        raise click.UsageError(
            f"a password on the command line can be read by everybody on this machine and stays in"
            f" the shell's history: change it, then set {_PASSWORD} or let the command ask"
        )


gateway_account_option = click.option(
    "--account",
    metavar="NAME",
    help="A table in the accounts file (CONVERGIA_ACCOUNT).",
)
# Without `envvar`: click would hand over CONVERGIA_PROFILE as an argument, which wins over the
# account's profile.
gateway_profile_option = click.option(
    "--profile",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="The profile of the gateway (CONVERGIA_PROFILE).",
)
_GATEWAY_OPTIONS = (
    click.option("--base-url", metavar="URL", help="The gateway (CONVERGIA_BASE_URL)."),
    click.option("-u", "--username", metavar="USER", help="The account (CONVERGIA_USERNAME)."),
    click.option(
        "--password", hidden=True, expose_value=False, is_eager=True, callback=_refuse_password
    ),
    click.option(
        "-t",
        "--transport",
        type=click.Choice(get_args(Transport)),
        help="The transport, soap by default (CONVERGIA_TRANSPORT).",
    ),
    click.option(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="The most time for one call (CONVERGIA_TIMEOUT).",
    ),
    gateway_profile_option,
)
