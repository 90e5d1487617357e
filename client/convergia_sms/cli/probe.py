"""`convergia probe`: compare a gateway with the assumptions, and write a profile of it."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._failures import ALLOW_LIVE, FIX_SETTING, CommandFailure, UnreachableFailure, UsageFailure
from ._json import json_option, json_wanted, print_json
from ._language import translated
from ._options import Gateway, gateway_account_option, gateway_profile_option
from ._output import notify, prompt, visible
from ._table import print_table

if TYPE_CHECKING:
    from convergia_sms._probe.conclusions import Conclusions
    from convergia_sms._probe.session import Observed, RealMessage


@click.command()
@click.option(
    "--base-url",
    metavar="URL",
    help="The gateway (CONVERGIA_BASE_URL). The guide's by default.",
)
@click.option("--username", help="An account (CONVERGIA_USERNAME).")
@gateway_account_option
@gateway_profile_option
@click.option("--send-to", metavar="NUMBER", help="Also send one real message, and follow it.")
@click.option(
    "--wait",
    "patience",
    default=120.0,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to follow it.",
)
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write profile.toml, webservice.wsdl and transcript.txt into DIR.",
)
@click.option(
    "--check", is_flag=True, help="Write nothing. Exit with 1 if anything differs from the profile."
)
@click.option(
    "--timeout", default=15.0, show_default=True, metavar="SECONDS", help="For each reply."
)
@json_option
@click.pass_context
def probe(  # noqa: PLR0917 - click passes by name
    context: click.Context,
    base_url: str | None,
    username: str | None,
    account: str | None,
    profile: str | None,
    send_to: str | None,
    patience: float,
    output: Path | None,
    check: bool,
    timeout: float,
) -> None:
    """Find out how a gateway does what the guide leaves open.

    It makes only calls that cost nothing: calls that lack a parameter, calls with an account that
    no gateway has, and a status query for an unknown id. --send-to sends one message, after you
    have typed the number again.

    The profile in --output DIR contains what was found. Use it with
    CONVERGIA_PROFILE=DIR/profile.toml, or with --profile on any command.

    Exits with 0 if a client with that profile understands every reply, 1 if it does not (with
    --check: or if anything differs from the profile), 2 if a setting is missing, 4 if the gateway
    cannot be reached.
    """
    from convergia_wsdl import live_url_blocked, load_guide

    from convergia_sms._codecs.wire import Credentials
    from convergia_sms._errors import ConnectionFailedError
    from convergia_sms._probe.conclusions import conclude
    from convergia_sms._probe.files import write_files
    from convergia_sms._probe.gateway import ProbedGateway
    from convergia_sms._probe.session import observe
    from convergia_sms._probe.understanding import next_step, understand
    from convergia_sms._redaction import Redactor
    from convergia_sms._transports.endpoint import endpoint_of

    if check and output is not None:
        raise UsageFailure("--check writes nothing", "leave out --output or --check")
    settings = Gateway(
        username or _prompt_for_user(account),
        {"base_url": base_url, "account": account, "profile": profile, "timeout": timeout},
    ).settings()
    if (reason := live_url_blocked(settings.base_url)) is not None:
        raise CommandFailure(reason, ALLOW_LIVE)
    if output is not None:
        _make(output)
    message = None if send_to is None else _confirmed(send_to, patience)
    password = settings.reveal_password()
    endpoint = endpoint_of(settings)
    numbers = [] if message is None else [message.number]
    redactor = Redactor(password, endpoint.proxy_secret, numbers=numbers)
    guide = load_guide()
    gateway = ProbedGateway(endpoint, guide, redactor, settings.timeout)
    credentials = Credentials(settings.username, password)
    with (
        closing(gateway),
        tempfile.TemporaryDirectory(prefix="convergia-probe-") as folder,
    ):
        try:
            seen = observe(
                gateway, credentials, guide, settings.profile, folder=Path(folder), message=message
            )
        except ConnectionFailedError as error:
            cure = "check CONVERGIA_BASE_URL and the network, or run `convergia doctor`"
            raise UnreachableFailure(str(error), cure) from error
    found = conclude(seen, guide, settings.profile)
    written = (
        []
        if output is None
        else write_files(output, found, settings.base_url, seen.wsdl, gateway.transcript)
    )
    understood = understand(seen, found, guide, settings.profile)
    step = next_step(understood, seen, found, written)
    if json_wanted():
        degrees = [
            {
                "transport": one.transport,
                "operation": one.operation,
                "degree": one.degree,
                "note": one.note,
            }
            for one in understood
        ]
        document = _document(settings.base_url, found, seen, written)
        print_json({**document, "understood": degrees, "next_step": step})
    else:
        _print(found, seen, written)
        for one in understood:
            note = f" ({one.note})" if one.note else ""
            click.echo(visible(f"{one.transport}\t{one.operation}: {translated(f'{one}{note}')}"))
        click.echo(translated(f"next: {step}"))
    failed = any(one.degree == "not" for one in understood)
    context.exit(1 if failed or (check and found.drifted) else 0)


def _make(folder: Path) -> None:
    """Create the folder before any request is made or paid for.

    Raises:
        UsageFailure: the folder cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageFailure(
            f"--output: {folder}: {error.strerror}", "name another folder"
        ) from error


def _prompt_for_user(account: str | None) -> str | None:
    """Ask for the user on the terminal. None if the settings have it.

    Args:
        account: the named account. None for that of CONVERGIA_ACCOUNT, if any.

    Raises:
        UsageFailure: there is no user, and no terminal to ask on; or no such account.
    """
    from convergia_sms._settings.accounts import username_in

    environment = {**os.environ, "CONVERGIA_ACCOUNT": account} if account else os.environ
    try:
        if username_in(environment) is not None:
            return None
    except ValueError as error:
        raise UsageFailure(str(error), FIX_SETTING) from error
    if not (sys.stdin.isatty() or sys.stderr.isatty()):
        raise UsageFailure("the username is missing", "set CONVERGIA_USERNAME, or add --username")
    return prompt("User")


def _confirmed(number: str, patience: float) -> RealMessage:
    from convergia_sms._numbers import normalize
    from convergia_sms._probe.session import RealMessage

    try:
        digits = normalize(number)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--send-to") from error
    notify(f"One real SMS, which is paid for, goes to {digits}.")
    try:
        typed = prompt("Type it again to send it", default="")
    except click.Abort:
        typed = ""
    try:
        confirmed = normalize(typed) == digits
    except ValueError:
        confirmed = False
    if not confirmed:
        raise UsageFailure("not confirmed: no request was made", "type the number again")
    return RealMessage(digits, patience=patience)


def _document(
    base_url: str, found: Conclusions, seen: Observed, written: list[Path]
) -> dict[str, object]:
    return {
        "gateway": base_url,
        "drifted": found.drifted,
        "findings": [
            {
                "key": one.key,
                "verdict": one.verdict,
                "assumed": one.assumed,
                "found": one.found or None,
                "note": one.note,
            }
            for one in found.findings
        ],
        "remarks": found.remarks,
        "unreadable": found.unreadable,
        "message": {"id": seen.message_id, "states": seen.states},
        "written": [str(path) for path in written],
    }


def _print(found: Conclusions, seen: Observed, written: list[Path]) -> None:
    for verdict in ("as assumed", "otherwise", "unknown"):
        rows = [
            (one.verdict, one.key, one.found or one.assumed, one.note)
            for one in found.findings
            if one.verdict == verdict
        ]
        if rows:
            print_table(("", "Assumption", "Value", ""), rows, worded=(0, 3))
    for sentence in found.unreadable:
        click.echo(visible(f"unreadable\t{translated(sentence)}"))
    for remark in found.remarks:
        click.echo(visible(f"remark\t{translated(remark)}"))
    if seen.message_id is not None:
        states = " → ".join(map(str, seen.states)) or "no state"
        click.echo(translated(f"message {seen.message_id}: {states}"))
    for path in written:
        click.echo(translated(f"written: {path}"))
