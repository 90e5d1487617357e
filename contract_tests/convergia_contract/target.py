"""The gateway under test: its address, the account and the permitted requests."""

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
"""The mock server's account, which is used if the environment has none."""

DEFAULT_PASSWORD = "demo"  # noqa: S105 - the documented sandbox account
"""The mock server's account, which is used if the environment has none."""

TIMEOUT = 15.0
"""The timeout of each request, in seconds."""

RESERVED_NUMBERS = "/__admin/reserved-numbers"
"""The path at which a gateway with reserved numbers lists them, as the mock server does."""

RESERVED_NUMBER = "520000000100"
"""The reserved number that is accepted."""


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway, and the requests that are permitted.

    Attributes:
        base_url: the base URL, without a trailing slash.
        username: the name of an account.
        password: the password of that account.
        profile: the profile to test against.
        reserved_numbers: True if the gateway has the mock server's reserved numbers.
        billable: True if a paid SMS may be sent to `send_to`.
        send_to: the number for billable messages, in 12 digits.
        questions: the requests of the running test.
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
        """Check that the gateway is permitted.

        Raises:
            LiveGatewayBlockedError: if it is the live gateway and CONVERGIA_FORBID_LIVE is set.
        """
        if (reason := live_url_blocked(self.base_url)) is not None:
            raise LiveGatewayBlockedError(reason)

    @property
    def accepted_number(self) -> str:
        """A number that is accepted: a reserved one if the gateway has them, or else `send_to`."""
        return RESERVED_NUMBER if self.reserved_numbers else self.send_to


def credentials(username: str | None, account: str | None) -> tuple[str, str]:
    """Return the user and the password for the gateway.

    Args:
        username: the user of an option. None for the account's or the environment's.
        account: a table of the accounts file. None for the one that CONVERGIA_ACCOUNT names.
            Without either, the password is that of `password`.

    Raises:
        ValueError: if the account does not exist or is incomplete. The message has no secret.
    """
    if named := account or os.environ.get("CONVERGIA_ACCOUNT"):
        settings = Settings.resolve(username, account=named)
        return settings.username, settings.reveal_password()
    return username or os.environ.get("CONVERGIA_USERNAME") or DEFAULT_USERNAME, password()


def password() -> str:
    """Return CONVERGIA_PASSWORD, or the contents of CONVERGIA_PASSWORD_FILE, or demo.

    Raises:
        ValueError: if the file cannot be read, or is empty.
    """
    file = os.environ.get("CONVERGIA_PASSWORD_FILE")
    return os.environ.get("CONVERGIA_PASSWORD") or (
        PasswordFile(Path(file))() if file else DEFAULT_PASSWORD
    )


def answers(base_url: str) -> bool:
    """Return True if a server accepts connections at the URL. Nothing is sent."""
    url = urlsplit(base_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        socket.create_connection((url.hostname or "", port), TIMEOUT).close()
    except OSError:
        return False
    return True


def offers_reserved_numbers(base_url: str) -> bool:
    """Return True if the gateway lists reserved numbers. The request costs nothing."""
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
