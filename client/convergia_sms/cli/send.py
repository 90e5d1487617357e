"""`convergia send`: one message, or a look at it."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

import click

from convergia_sms._errors import OutcomeUnknownError
from convergia_sms._models import DeliveryStatus

from ._failures import Failure, UnknownFailure, UsageFailure
from ._json import json_option, json_wanted, print_json
from ._options import Gateway, gateway_options
from ._preview import character_names, print_preview, refuse_damaged
from ._table import print_table

if TYPE_CHECKING:
    from convergia_sms import Client, Preview, Receipt


@click.command()
@click.argument("number")
@click.argument("text")
@click.option("--extra", metavar="TEXT", help="Your own reference, kept by the gateway.")
@click.option("--dry-run", is_flag=True, help="Tell what it would take; send nothing.")
@click.option("--transliterate", is_flag=True, help="Send á as a, … as ..., and say so.")
@click.option("--strict", is_flag=True, help="Refuse a text that the gateway would damage.")
@click.option("--wait", is_flag=True, help="Stay until it is delivered or has failed.")
@click.option(
    "--wait-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to stay.",
)
@gateway_options
@json_option
def send(
    gateway: Gateway,
    *,
    number: str,
    text: str,
    extra: str | None,
    dry_run: bool,
    transliterate: bool,
    strict: bool,
    wait: bool,
    wait_timeout: float,
) -> None:
    """Send TEXT to NUMBER; a TEXT of - is read from standard input.

    NUMBER may be written as people write it: 55 1234 5678, +52 55…, 044 55….

    Exits with 0 once the gateway took the message (with --wait: once it was delivered), 1 if it was
    rejected or not sent (with --wait: or failed), 2 if it was called wrongly, 3 if it may have been
    sent and nobody can tell. With --dry-run: 1 if it would be too long or, with --strict, damaged.
    """
    if text == "-":
        text = sys.stdin.read().removesuffix("\n")
    seen = _preview(gateway, number, text)
    if transliterate:
        _tell_transliteration(seen)
        seen = _preview(gateway, number, seen.transliteration.text)
    if dry_run:
        print_preview(seen, strict=strict)
        return
    if seen.damaged:
        if strict:
            raise refuse_damaged(seen)
        click.secho(
            f"Warning: the gateway will turn {character_names(seen.damaged)} into question marks.",
            fg="yellow",
            err=True,
        )
    with gateway.client() as client:
        receipt = _send(client, seen, extra)
        state = client.wait(receipt.message_id, wait_timeout) if wait else None
    _print(receipt, state)
    if state is DeliveryStatus.FAILED:
        raise Failure(f"message {receipt.message_id} was not delivered", told=True)
    if state is DeliveryStatus.PENDING:
        raise UnknownFailure(
            f"message {receipt.message_id} is still on its way after {wait_timeout:g} s",
            f"it was sent; ask again with `convergia status {receipt.message_id}`",
            told=True,
        )


def _preview(gateway: Gateway, number: str, text: str) -> Preview:
    from convergia_sms import preview

    # Neither of the two is needed to look at a message.
    settings = gateway.settings(username="", password="")
    try:
        return preview(number, text, transport=settings.transport, profile=settings.profile)
    except ValueError as error:
        raise UsageFailure(str(error), "write 10 digits, area code first") from error


def _tell_transliteration(seen: Preview) -> None:
    changes = ", ".join(
        f"{each.original} as {each.replacement or 'nothing'}"
        for each in seen.transliteration.replacements
    )
    if changes:
        click.echo(f"Transliterated: {changes}.", err=True)


def _send(client: Client, seen: Preview, extra: str | None) -> Receipt:
    from convergia_sms import DamagedTextWarning

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DamagedTextWarning)  # it was told already
            return client.send(seen.number, seen.message, extra)
    except KeyboardInterrupt as interruption:
        # The client says so when the request was out: "Aborted!" alone would say that it was not.
        if isinstance(interruption.__cause__, OutcomeUnknownError):
            raise interruption.__cause__ from None
        raise


def _print(receipt: Receipt, state: DeliveryStatus | None) -> None:
    if json_wanted():
        document: dict[str, object] = {
            "outcome": "accepted",
            "message_id": receipt.message_id,
            "code": receipt.code,
            "number": receipt.number,
            "transport": receipt.transport,
            "segments": receipt.segments,
        }
        if state is not None:
            document["status"] = {"code": int(state), "name": state.name}
        print_json(document)
        return
    outcome = state.name.lower() if state is not None else "accepted"
    print_table(
        ("Message id", "Outcome", "Number", "Transport", "SMS"),
        [(receipt.message_id, outcome, receipt.number, receipt.transport, receipt.segments)],
    )
