"""Confirmation before messages go to the live, paid gateway."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
from convergia_wsdl import is_live, live_blocked

from convergia_sms._counts import counted
from convergia_sms._errors import LiveGatewayBlockedError

from ._failures import CommandFailure
from ._output import confirm, notify

if TYPE_CHECKING:
    from convergia_sms._settings import Settings

yes_option = click.option(
    "-y", "--yes", is_flag=True, help="Send to the live gateway without asking."
)


def refuse_forbidden(settings: Settings) -> None:
    """End the command before it does anything if nothing may go to the gateway.

    Raises:
        LiveGatewayBlockedError: CONVERGIA_FORBID_LIVE is set, and it is the live gateway.
    """
    reason = live_blocked(urlsplit(settings.base_url).hostname or "")
    if reason is not None:
        raise LiveGatewayBlockedError(reason)


def confirm_live(
    settings: Settings, *, account: str, messages: int, segments: int, yes: bool
) -> None:
    """Ask on a terminal before paid messages are sent. Scripts are not asked.

    Args:
        settings: the settings.
        account: the user who pays.
        messages: the number of messages.
        segments: the number of SMS parts of all messages.
        yes: True if the user has already confirmed.

    Raises:
        CommandFailure: the answer is no.
    """
    host = urlsplit(settings.base_url).hostname or ""
    if yes or not is_live(host) or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    what = counted(messages, "1 message", f"{messages:,} messages")
    parts = counted(segments, "1 SMS part", f"{segments:,} SMS parts")
    notify(f"{host} is the live gateway. Account {account} pays for {what}: {parts}.")
    if settings.redirect_to:
        notify(f"All messages go to {settings.redirect_to} (CONVERGIA_REDIRECT_TO).")
    if not confirm("Send it?"):
        raise CommandFailure(
            "nothing was sent", "add --yes to send without being asked, or set CONVERGIA_BASE_URL"
        )
