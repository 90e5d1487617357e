"""`convergia wsdl`: show the cached WSDL, compare it with the live one, refresh it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._failures import FIX_SETTING, CommandFailure, UnreachableFailure, UsageFailure, interruptible
from ._help import HelpGroup
from ._json import json_option, json_wanted, print_json
from ._language import translated
from ._options import Gateway, account_profile_option, gateway_options
from ._output import visible
from ._table import print_table

if TYPE_CHECKING:
    from convergia_wsdl import Profile

    from convergia_sms._settings import Settings
    from convergia_sms._webservice.description import Description

_base_url_option = click.option(
    "--base-url",
    metavar="URL",
    help="The gateway (CONVERGIA_BASE_URL). The guide's by default.",
)


@click.group(cls=HelpGroup)
def wsdl() -> None:
    """Show, compare and refresh the cached WSDL."""


@wsdl.command()
@account_profile_option
@json_option
def show(profile: str | None) -> None:
    """Show the operations of the cached WSDL, and those that the client uses."""
    from convergia_wsdl import ContractError, load_profile

    from convergia_sms._webservice.cache import bindings
    from convergia_sms._webservice.description import describe

    assumed = load_profile(profile)
    described = describe(assumed.wsdl_bytes(), assumed.wsdl)
    roles: dict[str, tuple[str, dict[str, str]]] = {}
    trouble = ""
    try:
        for operation, binding in bindings(assumed).items():
            parts = {part.name: role for role, part in binding.roles.items()}
            roles[binding.operation.name] = (operation, parts)
    except ContractError as error:
        trouble = str(error)
    if json_wanted():
        print_json(_document(assumed, described, roles))
    else:
        _print(assumed, described, roles)
    if trouble:
        raise CommandFailure(trouble, "name the operations in the profile's [binding]")


@wsdl.command()
@click.argument("operation")
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--repeatable",
    is_flag=True,
    help="The operation may be called twice: retry it if no answer comes.",
)
@gateway_options
@json_option
def call(gateway: Gateway, *, operation: str, arguments: tuple[str, ...], repeatable: bool) -> None:
    """Call any OPERATION of the WSDL, and print what it returns.

    NAME=VALUE is a text. NAME:=JSON is a number, a list or a struct. pedido.folio=7 is a part of a
    struct. User and password are filled in.

    Exits with 0 if it answered, 1 if it answered a SOAP Fault or was not called, 2 if the arguments
    are wrong, 3 if the outcome is unknown.
    """
    from convergia_sms import Client

    from ._wsdl_values import parsed, print_value

    values = parsed(arguments)
    with Client(settings=gateway.settings()) as client:
        try:
            with interruptible():
                value = client.call(operation, values, repeatable=repeatable)
        except (TypeError, ValueError) as error:
            raise UsageFailure(str(error), "`convergia wsdl show` lists operations") from error
    print_value(value)


@wsdl.command("stubs")
@account_profile_option
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write. Standard output by default.",
)
def write_stubs(profile: str | None, output: Path | None) -> None:
    """Write a typed Python module for the WSDL.

    It has a method for each operation, sync and async, and a TypedDict for each type.
    `sms.service(Operations)` returns the methods. The same WSDL always gives the same file.
    """
    from convergia_wsdl import load_profile

    from convergia_sms._webservice.stubs import stubs

    text = stubs(load_profile(profile))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageFailure(f"--output: {output}: {error.strerror}", "name another file") from error


@wsdl.command()
@_base_url_option
@account_profile_option
@json_option
def diff(base_url: str | None, profile: str | None) -> None:
    """Compare the cached WSDL with the gateway's, by meaning. Exit code 1 if they differ."""
    from convergia_wsdl import ContractError, load_profile

    from convergia_sms._webservice.cache import bindings_of
    from convergia_sms._webservice.comparison import differences
    from convergia_sms._webservice.description import describe

    assumed = load_profile(profile)
    settings = _settings(base_url, assumed)
    where, document = settings.base_url, _fetched(settings)
    try:
        live = describe(document, where)
    except ContractError as error:
        raise CommandFailure(
            str(error), "check the base URL: the web service does not answer there"
        ) from error
    found = differences(describe(assumed.wsdl_bytes(), assumed.wsdl), live)
    try:
        bindings_of(document, where, assumed)
    except ContractError as error:
        found.append(f"the client could not use it: {error}")
    if json_wanted():
        print_json({"cached": assumed.wsdl, "gateway": where, "differences": found})
    elif found:
        for sentence in found:
            click.echo(visible(translated(sentence)))
    else:
        click.echo(translated(f"{where} offers what the cached WSDL says."))
    click.get_current_context().exit(1 if found else 0)


@wsdl.command()
@_base_url_option
@account_profile_option
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write webservice.wsdl and a profile.toml that names it into DIR.",
)
@json_option
def refresh(base_url: str | None, profile: str | None, output: Path | None) -> None:
    """Store the gateway's WSDL in the cache. The old one is kept beside it.

    Nothing is changed if the client would find no operation to send or query with in it, or if it
    imports from elsewhere: imports are never followed.
    """
    from convergia_wsdl import ContractError, load_profile

    from convergia_sms._webservice.cache import bindings_of, replace_wsdl
    from convergia_sms._webservice.comparison import differences
    from convergia_sms._webservice.description import describe

    assumed = load_profile(profile)
    if output is None and assumed.source == load_profile().source:
        raise UsageFailure(
            "the WSDL in use is the package's own, which an upgrade would overwrite",
            "add --output DIR, then set CONVERGIA_PROFILE=DIR/profile.toml",
        )
    settings = _settings(base_url, assumed)
    where, document = settings.base_url, _fetched(settings)
    cached = describe(assumed.wsdl_bytes(), assumed.wsdl)
    target, new_profile, user = Path(assumed.wsdl), None, assumed
    if output is not None:
        target, new_profile = output / "webservice.wsdl", output / "profile.toml"
        if new_profile.exists():
            user = _profile_of(new_profile, target)
            new_profile = None
    try:
        found = differences(cached, describe(document, where))
        bindings_of(document, where, user)
    except ContractError as error:
        raise CommandFailure(str(error), "nothing was changed") from error
    target.parent.mkdir(parents=True, exist_ok=True)
    if new_profile is not None:
        new_profile.write_text(_profile_with(target.name, where, assumed), encoding="utf-8")
    kept = replace_wsdl(target, document)
    if json_wanted():
        print_json(
            {
                "gateway": where,
                "wsdl": str(target),
                "kept": None if kept is None else str(kept),
                "differences": found,
            }
        )
        return
    for sentence in found:
        click.echo(visible(translated(sentence)))
    served = f"{target} is what {where} serves"
    click.echo(translated(f"{served}; the old one is {kept}" if kept else served))


def _settings(base_url: str | None, assumed: Profile) -> Settings:
    """Return the settings to reach the gateway. A WSDL needs no account."""
    from convergia_sms._settings import Settings

    try:
        return Settings.resolve("", "", base_url=base_url, profile=assumed)
    except ValueError as error:
        raise UsageFailure(str(error), FIX_SETTING) from error


def _fetched(settings: Settings) -> bytes:
    """Fetch the gateway's WSDL. Exit code 4 if nothing answers."""
    from convergia_sms._errors import ConnectionFailedError
    from convergia_sms._webservice.fetching import fetch_wsdl

    try:
        return fetch_wsdl(settings)
    except ConnectionFailedError as error:
        cure = "check CONVERGIA_BASE_URL and the network, or run `convergia doctor`"
        raise UnreachableFailure(str(error), cure) from error


def _profile_of(settings: Path, wsdl: Path) -> Profile:
    """Return the existing profile beside the WSDL, which must name this WSDL."""
    from convergia_wsdl import load_profile

    known = load_profile(settings)
    if Path(known.wsdl).resolve() != wsdl.resolve():
        raise CommandFailure(
            f"{settings} names another WSDL, {known.wsdl}",
            f'write wsdl = "{wsdl.name}" in it, or use another --output',
        )
    return known


def _profile_with(wsdl: str, where: str, assumed: Profile) -> str:
    """Return a copy of the current profile that names another WSDL."""
    from convergia_sms._webservice.profile_changes import changes

    carried = "".join(f"{key} = {value}\n" for key, value in changes(assumed).items())
    return f'# The WSDL that {where} serves.\nwsdl = "{wsdl}"\n{carried}'


def _document(
    assumed: Profile, described: Description, roles: dict[str, tuple[str, dict[str, str]]]
) -> dict[str, object]:
    return {
        "wsdl": assumed.wsdl,
        "namespace": described.namespace,
        "address": described.address,
        "operations": [
            {
                "name": one.name,
                "style": one.style,
                "use": one.use,
                "action": one.action,
                "namespace": one.namespace,
                "binding": roles.get(one.name, (None, {}))[0],
                "takes": [
                    {
                        "part": value.name,
                        "type": value.type,
                        "parameter": roles.get(one.name, ("", {}))[1].get(value.name),
                    }
                    for value in one.takes
                ],
                "returns": [{"part": value.name, "type": value.type} for value in one.returns],
            }
            for one in described.operations.values()
        ],
    }


def _print(
    assumed: Profile, described: Description, roles: dict[str, tuple[str, dict[str, str]]]
) -> None:
    rows: list[tuple[str, ...]] = []
    unused = "neither" if roles else ""
    for one in described.operations.values():
        binding, parts = roles.get(one.name, (unused, {}))
        rows += [
            (one.name, binding, "takes", value.name, value.type, parts.get(value.name, ""))
            for value in one.takes
        ]
        rows += [
            (one.name, binding, "returns", value.name, value.type, "") for value in one.returns
        ]
        if not one.takes and not one.returns:
            rows.append((one.name, binding, "", "", "", ""))
    if sys.stdout.isatty():
        click.echo(visible(f"{assumed.wsdl} ({described.namespace})"))
    print_table(("Operation", "Used to", "", "Part", "Type", "The guide's"), rows, worded=(2,))
