"""`convergia send`: send or preview one message."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

import click

from convergia_sms._errors import ConvergiaError
from convergia_sms._models import DeliveryStatus

from ._failures import CommandFailure, UnknownFailure, UsageFailure, interruptible
from ._json import json_option, json_wanted, print_json
from ._language import translated_word
from ._live import confirm_live, yes_option
from ._options import SECONDS, Gateway, gateway_options
from ._output import notify
from ._preview import character_names, print_preview, refuse_damaged
from ._table import print_table

if TYPE_CHECKING:
    from convergia_sms import Client, Preview, Receipt, Settings


@click.command()
@click.argument("number")
@click.argument("text")
@click.option("--extra", metavar="TEXT", help="Your own reference, kept by the gateway.")
@click.option("--dry-run", is_flag=True, help="Show the encoding and the parts, but send nothing.")
@click.option("--transliterate", is_flag=True, help="Send á as a, … as ..., and report it.")
@click.option("--strict", is_flag=True, help="Reject a text that the gateway would damage.")
@click.option("--wait", is_flag=True, help="Wait until it is delivered or has failed.")
@click.option(
    "--wait-timeout",
    type=SECONDS,
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="The most time to wait.",
)
@yes_option
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
    yes: bool,
) -> None:
    """Send TEXT to NUMBER; a TEXT of - is read from standard input.

    NUMBER may have any usual format: 55 1234 5678, +52 55…, 044 55….

    Exits with 0 if the gateway accepted the message (with --wait: if it was delivered), 1 if it was
    rejected or not sent (with --wait: or failed), 2 if the arguments are wrong, 3 if the outcome is
    unknown. With --dry-run: 1 if it is too long or, with --strict, would be damaged.
    """
    if text == "-":
        text = _standard_input()
    for name, value in (("text", text), ("reference", extra or "")):
        _check_legible(name, value)
    _check_number(number)
    settings = gateway.settings(credentials=not dry_run)
    seen = _preview(settings, number, text)
    if transliterate:
        _report_transliteration(seen)
        seen = _preview(settings, number, seen.transliteration.text)
    _check_reference(settings, extra or "", strict=strict)
    if dry_run:
        print_preview(seen, strict=strict)
        return
    if seen.damaged:
        if strict:
            raise refuse_damaged(seen)
        _warn(f"the gateway will turn {character_names(seen.damaged)} into question marks.")
    confirm_live(settings, account=settings.username, messages=1, segments=seen.segments, yes=yes)
    from convergia_sms import Client

    with Client(settings=settings) as client:
        receipt = _send(client, seen, extra)
        state, trouble = _wait(client, receipt, wait_timeout) if wait else (None, "")
    _conclude(receipt, state, trouble, wait_timeout)


def _standard_input() -> str:
    try:
        return sys.stdin.read().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise _illegible("text") from error


def _check_legible(name: str, value: str) -> None:
    # Bytes that are not in the terminal's charset arrive as surrogates.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _illegible(name)


def _check_number(number: str) -> None:
    from convergia_sms._numbers import normalize

    try:
        normalize(number)
    except ValueError as error:
        raise UsageFailure(str(error), "write 10 digits, area code first") from error


def _illegible(name: str) -> UsageFailure:
    return UsageFailure(
        f"the {name} is not in the charset of this terminal ({sys.stdin.encoding})",
        "save it as UTF-8, and set LANG to a UTF-8 locale or PYTHONUTF8=1",
    )


def _warn(text: str) -> None:
    notify(f"Warning: {text}", colour="yellow")


def _check_reference(settings: Settings, extra: str, *, strict: bool) -> None:
    from convergia_sms._text import damage

    lost = damage(extra, settings.profile, settings.transport)
    if not lost:
        return
    problem = f"the gateway would turn {character_names(lost)} of --extra into question marks"
    if strict:
        raise CommandFailure(f"not sent: {problem}", "use other characters in --extra")
    _warn(f"{problem}.")


def _wait(client: Client, receipt: Receipt, seconds: float) -> tuple[DeliveryStatus | None, str]:
    """Wait for the final state. Return it, or the reason why it is not known."""
    if not receipt.message_id:
        return None, "was sent, but the gateway returned no id for a status query"
    try:
        return client.wait(receipt.message_id, seconds), ""
    except ConvergiaError as error:
        return None, f"was sent, but its state is not known: {error}"
    except KeyboardInterrupt:
        return None, "was sent; you stopped waiting for it"


def _preview(settings: Settings, number: str, text: str) -> Preview:
    from convergia_sms import preview

    return preview(number, text, transport=settings.transport, profile=settings.profile)


def _report_transliteration(seen: Preview) -> None:
    changes = ", ".join(
        f"{each.original} → {each.replacement or translated_word('nothing')}"
        for each in seen.transliteration.replacements
    )
    if changes:
        notify(f"Transliterated: {changes}.")


def _send(client: Client, seen: Preview, extra: str | None) -> Receipt:
    from convergia_sms import DamagedTextWarning

    try:
        with warnings.catch_warnings(), interruptible():
            warnings.simplefilter("ignore", DamagedTextWarning)  # it was printed already
            return client.send(seen.number, seen.message, extra)
    except ValueError as error:
        raise UsageFailure(str(error), "leave that out, or add --transport http") from error


def _conclude(
    receipt: Receipt, state: DeliveryStatus | None, trouble: str, wait_timeout: float
) -> None:
    """Print the receipt, and end the command by the message's outcome."""
    try:
        _print(receipt, state)
    except OSError as error:
        raise UnknownFailure(
            f"message {receipt.message_id} was accepted, but standard output cannot be written:"
            f" {error.strerror}",
            "do not send it again",
            in_json=True,
        ) from error
    if state is DeliveryStatus.FAILED:
        raise CommandFailure(f"message {receipt.message_id} was not delivered", in_json=True)
    if state is DeliveryStatus.PENDING:
        trouble = f"is still on its way after {wait_timeout:g} s"
    if trouble:
        message = f"message {receipt.message_id}"
        cure = f"it was sent; query it with `convergia status {receipt.message_id}`"
        raise UnknownFailure(f"{message} {trouble}", cure, in_json=True)


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
        if receipt.redirected_from is not None:
            document["redirected_from"] = receipt.redirected_from
        if state is not None:
            document["status"] = {"code": int(state), "name": state.name}
        print_json(document)
        return
    if receipt.redirected_from is not None:
        _warn(f"it went to {receipt.number} instead of {receipt.redirected_from} (redirect_to).")
    outcome = state.name.lower() if state is not None else "accepted"
    print_table(
        ("Message id", "Outcome", "Number", "Transport", "SMS"),
        [(receipt.message_id, outcome, receipt.number, receipt.transport, receipt.segments)],
        worded=(1,),
    )
