"""`convergia contract`: holds a gateway to the contract."""

from __future__ import annotations

import os
import sys

import click
from convergia_sms.cli._failures import ALLOW_LIVE, CommandFailure, UsageFailure
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._options import profile_option
from convergia_wsdl import live_url_blocked


@click.command()
@click.argument("url", required=False)
@click.option(
    "--username",
    envvar="CONVERGIA_USERNAME",
    default="demo",
    show_default=True,
    help="Account there (CONVERGIA_USERNAME); its password is CONVERGIA_PASSWORD, else that of"
    " CONVERGIA_PASSWORD_FILE, else demo.",
)
@profile_option
@click.option(
    "--reserved-numbers",
    type=click.Choice(["auto", "yes", "no"]),
    default="auto",
    show_default=True,
    help="Whether the gateway has the mock server's reserved numbers; auto: when it says so.",
)
@click.option("--billable", is_flag=True, help="Also run the tests that send paid SMS.")
@click.option("--send-to", metavar="NUMBER", help="Where paid SMS go, 12 digits.")
@click.option(
    "--call",
    "callable_operations",
    multiple=True,
    metavar="OPERATION",
    help="Another operation of the WSDL that may be called there; may be given several times.",
)
@click.option("-k", "expression", metavar="EXPRESSION", help="Only tests whose name fits.")
@click.option(
    "--junitxml", metavar="FILE", type=click.Path(dir_okay=False), help="Write a JUnit report."
)
@json_option
@click.pass_context
def contract(  # noqa: PLR0917 - click passes by name
    context: click.Context,
    url: str | None,
    username: str,
    profile: str | None,
    reserved_numbers: str,
    billable: bool,
    send_to: str | None,
    callable_operations: tuple[str, ...],
    expression: str | None,
    junitxml: str | None,
) -> None:
    """Hold the gateway at URL to the contract; without URL, a mock server of our own, offline.

    Every code of the guide, over SOAP and HTTP, asked through the client and with plain requests.
    Nothing that costs is asked of a gateway without reserved numbers, unless --billable says so.

    Exit codes: 0 it keeps the contract, 1 it does not, 2 wrongly called.
    """
    from .running import run
    from .summary import Progress, document, print_summary
    from .target import answers, password

    if url is not None and not url.startswith(("http://", "https://")):
        raise click.BadParameter(f"{url!r} is no http:// or https:// URL", param_hint="URL")
    options = [f"--gateway-username={username}", f"--reserved-numbers={reserved_numbers}"]
    options += [f"--gateway-profile={profile}"] if profile else []
    options += ["--billable"] if billable else []
    options += [f"--send-to={send_to}"] if send_to else []
    options += [f"--call={name}" for name in callable_operations]
    options += ["-k", expression] if expression else []
    options += [f"--junitxml={os.path.abspath(junitxml)}"] if junitxml else []  # noqa: PTH100
    if url is not None and (reason := live_url_blocked(url)) is not None:
        raise CommandFailure(reason, ALLOW_LIVE)
    try:
        password()
    except ValueError as error:
        raise UsageFailure(str(error), "mend CONVERGIA_PASSWORD_FILE, or unset it") from None
    if url is not None and not answers(url):
        raise CommandFailure(
            f"nothing answers at {url}", "check the URL, and that a gateway runs there"
        )
    with Progress(enabled=not json_wanted() and sys.stderr.isatty()) as progress:
        outcome = run(url, options, progress)
    if outcome.exit_code not in {0, 1}:
        raise UsageFailure(
            outcome.trouble or f"the suite did not run (pytest ended with {outcome.exit_code})"
        )
    if json_wanted():
        print_json(document(outcome))
    else:
        print_summary(outcome)
    context.exit(outcome.exit_code)
