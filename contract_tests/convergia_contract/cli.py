"""`convergia contract`: tests a gateway against the contract."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource
from convergia_sms import Settings
from convergia_sms.cli._failures import (
    ALLOW_LIVE,
    FIX_SETTING,
    CommandFailure,
    UnreachableFailure,
    UsageFailure,
)
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._options import profile_option
from convergia_wsdl import is_base_url, live_url_blocked, load_profile

if TYPE_CHECKING:
    from convergia_wsdl import Profile

    from .known import KnownDeviation
    from .outcome import Outcome

_FILE = click.Path(dir_okay=False, path_type=Path)
_INTERRUPTED = 130


@click.command()
@click.argument("url", required=False)
@click.option(
    "--username",
    help="Account on the gateway (CONVERGIA_USERNAME, or demo). Its password is CONVERGIA_PASSWORD,"
    " that in CONVERGIA_PASSWORD_FILE, or demo.",
)
@click.option(
    "--account",
    metavar="NAME",
    help="A table of settings in the accounts' file (CONVERGIA_ACCOUNT): its user, password and"
    " profile, and without URL its base_url.",
)
@profile_option
@click.option(
    "--reserved-numbers",
    type=click.Choice(["auto", "yes", "no"]),
    default="auto",
    show_default=True,
    help="Whether the gateway has the mock server's reserved numbers. auto asks the gateway.",
)
@click.option("--billable", is_flag=True, help="Also run the tests that send paid SMS.")
@click.option("--send-to", metavar="NUMBER", help="Number for paid SMS, 12 digits.")
@click.option(
    "--call",
    "callable_operations",
    multiple=True,
    metavar="OPERATION",
    help="Another operation of the WSDL that may be called. May be repeated.",
)
@click.option(
    "-k", "expression", metavar="EXPRESSION", help="Run only the tests whose name matches."
)
@click.option("--junitxml", metavar="FILE", type=_FILE, help="Write a JUnit report.")
@click.option(
    "--html", "html_file", metavar="FILE", type=_FILE, help="Write the report as one HTML page."
)
@click.option(
    "--known",
    "known_file",
    metavar="FILE",
    type=_FILE,
    help="TOML file of accepted deviations. One that no longer occurs fails.",
)
@click.option(
    "--write-known",
    metavar="FILE",
    type=_FILE,
    help="Write such a file from the results of this run. Fill in the reasons yourself.",
)
@json_option
@click.pass_context
def contract(  # noqa: PLR0917 - click passes by name
    context: click.Context,
    url: str | None,
    username: str | None,
    account: str | None,
    profile: str | None,
    reserved_numbers: str,
    billable: bool,
    send_to: str | None,
    callable_operations: tuple[str, ...],
    expression: str | None,
    junitxml: Path | None,
    html_file: Path | None,
    known_file: Path | None,
    write_known: Path | None,
) -> None:
    """Test the gateway at URL against the contract. Without URL, test a mock server offline.

    The tests cover every code of the guide over SOAP and HTTP, through the client and with plain
    requests. Requests that cost money are not sent to a gateway without reserved numbers, unless
    --billable is given.

    Failures with the same cause are reported once, with evidence and a cure.

    The exit code is 0 if the gateway keeps the contract, apart from the deviations in --known. It
    is 1 if it does not, 2 for wrong arguments, and 4 if nothing answers.
    """
    from .outcome import OWN_GATEWAY
    from .provenance import provenance
    from .running import run
    from .summary import Progress

    url, profile = _of_account(context, account, username, url, profile)
    options = [f"--reserved-numbers={reserved_numbers}"]
    options += [f"--gateway-username={username}"] if username else []
    options += [f"--gateway-account={account}"] if account else []
    options += [f"--gateway-profile={profile}"] if profile else []
    options += ["--billable"] if billable else []
    options += [f"--send-to={send_to}"] if send_to else []
    options += [f"--call={name}" for name in callable_operations]
    options += ["-k", expression] if expression else []
    options += [f"--junitxml={junitxml.absolute()}"] if junitxml else []
    known = _known(known_file)
    assumptions = load_profile(profile)
    _check_wsdl(assumptions, callable_operations)
    _check_folders(junitxml, html_file, write_known)
    _check_gateway(url, username, account)
    with Progress(enabled=not json_wanted() and sys.stderr.isatty()) as progress:
        outcome = run(url, options, progress)
    if not outcome.ran:
        raise UsageFailure(
            outcome.trouble or f"the suite did not run (pytest ended with {outcome.exit_code})"
        )
    outcome.provenance = provenance(url or OWN_GATEWAY, assumptions)
    _report(outcome, known, html_file, write_known)
    if outcome.interrupted:
        context.exit(_INTERRUPTED)
    context.exit(UnreachableFailure.exit_code if outcome.silent else int(not outcome.kept))


def _of_account(
    context: click.Context,
    account: str | None,
    username: str | None,
    url: str | None,
    profile: str | None,
) -> tuple[str | None, str | None]:
    """Return URL and profile as given, or else those of the account.

    The URL of CONVERGIA_ACCOUNT is not used. Without URL the run stays offline.
    """
    named = account or os.environ.get("CONVERGIA_ACCOUNT")
    if not named:
        return url, profile
    given = context.get_parameter_source("profile") is ParameterSource.COMMANDLINE
    try:
        settings = Settings.resolve(
            username, account=named, base_url=url, profile=profile if given else None
        )
    except ValueError as error:
        raise UsageFailure(str(error), FIX_SETTING) from None
    if account and url is None:
        if settings.origins["base_url"] != "account":
            raise UsageFailure(
                f"account: [{account}] has no base_url", "give the URL of the gateway"
            )
        url = settings.base_url
    return url, profile if settings.origins["profile"] == "default" else settings.profile.source


def _check_wsdl(profile: Profile, callable_operations: tuple[str, ...]) -> None:
    from .suite.by_hand.operations import other_operations, unknown_operations

    try:
        other_operations(profile)
    except AssertionError as error:
        raise UsageFailure(str(error), "name the operations in the profile's [binding]") from None
    if unknown := unknown_operations(profile, callable_operations):
        raise UsageFailure(f"--call {unknown}", "`convergia wsdl show` lists the operations")


def _check_folders(*files: Path | None) -> None:
    for file in filter(None, files):
        if not file.absolute().parent.is_dir():
            raise UsageFailure(f"{file}: its folder does not exist", "create it first")


def _check_gateway(url: str | None, username: str | None, account: str | None) -> None:
    """Check the URL and the account before the run."""
    from .target import answers, credentials

    if url is not None and not is_base_url(url):
        # The URL is not shown, because it may contain a password.
        raise click.BadParameter(
            "it must be 'http://host:port', with a path if needed", param_hint="URL"
        )
    if url is not None and (reason := live_url_blocked(url)) is not None:
        raise CommandFailure(reason, ALLOW_LIVE)
    try:
        credentials(username, account)
    except ValueError as error:
        raise UsageFailure(str(error), FIX_SETTING) from None
    if url is not None and not answers(url):
        raise UnreachableFailure(
            f"nothing answers at {url}", "check the URL, and that a gateway is running there"
        )


def _report(
    outcome: Outcome,
    known: tuple[KnownDeviation, ...],
    html_file: Path | None,
    known_file: Path | None,
) -> None:
    from .html_page import page
    from .known import judge, known_text
    from .summary import document, print_summary

    judge(outcome, known)
    if html_file:
        html_file.write_text(page(outcome), encoding="utf-8")
    if known_file:
        known_file.write_text(known_text(outcome.deviations), encoding="utf-8")
    if json_wanted():
        print_json(document(outcome))
    else:
        print_summary(outcome)


def _known(file: Path | None) -> tuple[KnownDeviation, ...]:
    from .known import read_known

    try:
        return () if file is None else read_known(file)
    except ValueError as error:
        raise UsageFailure(
            str(error), "correct the file, or write it again with --write-known"
        ) from None
