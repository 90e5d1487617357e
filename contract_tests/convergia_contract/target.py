"""The gateway under test: where it is, whose account, what may be asked of it."""

from __future__ import annotations

import http.client
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from convergia_sms import LiveGatewayBlockedError, Settings
from convergia_sms._settings.secrets import PasswordFile
from convergia_wsdl import live_url_blocked

from convergia_contract.asked import Questions

if TYPE_CHECKING:
    from convergia_wsdl import Profile

DEFAULT_USERNAME = "demo"
"""Of the mock server's account, where the environment has none."""

DEFAULT_PASSWORD = "demo"  # noqa: S105 - the documented sandbox account
"""Of the mock server's account, where the environment has none."""

TIMEOUT = 15.0
"""Seconds to wait for any one reply."""

RESERVED_NUMBERS = "/__admin/reserved-numbers"
"""Where a gateway that has reserved numbers lists them (the mock server does)."""

RESERVED_NUMBER = "520000000100"
"""The reserved number that is accepted."""


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway, known by its base URL alone, and what its owner allows.

    Attributes:
        base_url: without a trailing slash.
        username: of an account there.
        password: its password.
        profile: the assumptions the gateway is held to.
        reserved_numbers: whether numbers that no phone has make it answer any code.
        billable: whether a paid SMS may be sent to `send_to`.
        send_to: the number, 12 digits, that billable messages go to.
        questions: what the test that runs has asked.
    """

    base_url: str
    username: str
    password: str = field(repr=False)
    profile: Profile = field(repr=False)
    reserved_numbers: bool
    billable: bool
    send_to: str
    questions: Questions = field(default_factory=Questions, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse the live gateway where it is forbidden.

        Raises:
            LiveGatewayBlockedError: CONVERGIA_FORBID_LIVE is set.
        """
        if (reason := live_url_blocked(self.base_url)) is not None:
            raise LiveGatewayBlockedError(reason)

    @property
    def accepted_number(self) -> str:
        """A number that is accepted: a reserved one where there are such, else `send_to`."""
        return RESERVED_NUMBER if self.reserved_numbers else self.send_to


def credentials(username: str | None, account: str | None) -> tuple[str, str]:
    """Return the user and the password that the gateway is asked with.

    Args:
        username: as an option says it; None takes the account's or the environment's.
        account: a table of the accounts' file; None takes the one that CONVERGIA_ACCOUNT names.
            Without either, `password` says where the password stands.

    Raises:
        ValueError: there is no such account, or it lacks something. No secret is shown.
    """
    if named := account or os.environ.get("CONVERGIA_ACCOUNT"):
        settings = Settings.resolve(username, account=named)
        return settings.username, settings.reveal_password()
    return username or os.environ.get("CONVERGIA_USERNAME") or DEFAULT_USERNAME, password()


def password() -> str:
    """Return CONVERGIA_PASSWORD, else what stands in the file CONVERGIA_PASSWORD_FILE, else demo.

    Raises:
        ValueError: the file cannot be read, or is empty.
    """
    file = os.environ.get("CONVERGIA_PASSWORD_FILE")
    return os.environ.get("CONVERGIA_PASSWORD") or (
        PasswordFile(Path(file))() if file else DEFAULT_PASSWORD
    )


def answers(base_url: str) -> bool:
    """Whether anything takes a connection there; nothing is sent."""
    url = urlsplit(base_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        socket.create_connection((url.hostname or "", port), TIMEOUT).close()
    except OSError:
        return False
    return True


def offers_reserved_numbers(base_url: str) -> bool:
    """Whether the gateway says by itself that it has reserved numbers; asking costs nothing."""
    url = urlsplit(base_url)
    if live_url_blocked(base_url) is not None:
        return False
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(url.netloc, timeout=TIMEOUT)
    try:
        connection.request("GET", f"{url.path}{RESERVED_NUMBERS}")
        reply = connection.getresponse()
        # Other gateways answer any path with the send page: only this list counts.
        return reply.status == http.client.OK and RESERVED_NUMBER.encode() in reply.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
