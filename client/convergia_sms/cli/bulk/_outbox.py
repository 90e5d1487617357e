"""The outbox that the options name, and the options themselves."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convergia_sms._counts import counted
from convergia_sms._extras import install_command
from convergia_sms.cli._failures import CommandFailure, UsageFailure
from convergia_sms.cli._output import notify

from ._store_errors import store_cure, store_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_sms.outbox import Outbox

_DEFAULT = "sqlite:///convergia-outbox.db"

outbox_option = click.option(
    "--outbox",
    "url",
    metavar="URL",
    envvar="CONVERGIA_OUTBOX",
    default=_DEFAULT,
    show_default=True,
    help="The URL of the outbox (CONVERGIA_OUTBOX).",
)
account_option = click.option(
    "-u",
    "--username",
    "--account",
    "account",
    metavar="NAME",
    help="The account of the messages (CONVERGIA_USERNAME; 'default' without it).",
)
sending_account_option = click.option(
    "--account",
    metavar="NAME",
    help="The account of the messages in the outbox. The username's by default.",
)
number_option = click.option(
    "--number", "numbers", metavar="NUMBER", multiple=True, help="Only messages to this number."
)
by_option = click.option(
    "--by", metavar="NAME", default=None, help="The person who decides. Your user name by default."
)


@contextmanager
def open_outbox(url: str, account: str | None) -> Iterator[Outbox]:
    """Open the outbox for the block, and report messages that wait under other accounts.

    Raises:
        UsageFailure: the outbox cannot be opened, or the extra is missing. Shows no password.
    """
    try:
        from sqlalchemy.exc import ArgumentError, DBAPIError

        from convergia_sms.outbox import AccountNameError, NewerSchemaError, Outbox
        from convergia_sms.outbox._database import UnfitStoreError
    except ModuleNotFoundError as error:
        raise UsageFailure(
            f"the outbox needs the module {error.name!r}, which is not installed",
            f"{install_command('outbox')}, or [postgres] for PostgreSQL",
        ) from None
    try:
        outbox = Outbox(url, account=account)
    except ModuleNotFoundError as error:
        raise UsageFailure(
            f"this outbox needs the module {error.name!r}, which is not installed",
            install_command("postgres"),
        ) from None
    except NewerSchemaError as error:
        raise UsageFailure(
            f"the outbox's tables have version {error.found}, which this convergia-sms does not"
            " know",
            "install the newer version that created them",
        ) from None
    except AccountNameError as error:
        raise UsageFailure(str(error), "use another --account") from None
    except (ArgumentError, ValueError) as error:
        # The text of other errors may contain the URL with a password.
        fit = not isinstance(error, UnfitStoreError)
        raise UsageFailure(
            "the outbox's URL cannot be read" if fit else str(error),
            "write sqlite:///FILE or postgresql://USER@HOST/DATABASE",
        ) from None
    except DBAPIError as error:
        # The driver's message names a server, but no file.
        scheme, _, file = url.partition(":///")
        words = store_words(error)
        raise UsageFailure(
            f"the outbox {file} cannot be opened: {words}"
            if scheme == "sqlite"
            else f"the outbox cannot be opened: {words}",
            store_cure(error),
        ) from None
    try:
        with outbox:
            report_elsewhere(outbox)
            yield outbox
    except DBAPIError as error:
        raise CommandFailure(f"the outbox: {store_words(error)}", store_cure(error)) from None


def outbox_exists(url: str) -> bool:
    """Return True if the outbox exists. Creates nothing.

    Raises:
        UsageFailure: the URL is not valid.
    """
    try:
        from sqlalchemy import inspect
        from sqlalchemy.exc import ArgumentError, DBAPIError

        from convergia_sms.outbox import Outbox
    except ModuleNotFoundError:
        return False
    try:
        with Outbox(url, migrate=False) as outbox:
            engine = outbox.database.engine
            if engine.dialect.name == "sqlite":
                return Path(engine.url.database or "").is_file()
            return inspect(engine).has_table("convergia_outbox")
    except (ArgumentError, ValueError, DBAPIError, ModuleNotFoundError):
        # Opening it will report the error.
        return True


def account_shown(account: str | None) -> str:
    """Return the account of the messages. See `Outbox`."""
    from convergia_sms.outbox._accounts import account_name

    return account_name(account)


def report_elsewhere(outbox: Outbox) -> None:
    """Report queued messages of accounts that have no live worker."""
    for account, count in outbox.waiting_elsewhere().items():
        here = outbox.account
        notify(
            counted(
                count,
                f"1 message waits under the account {account!r}; this command looks at {here!r}.\n"
                f"Hint: use --account {account}, or set the application's account:"
                f" Outbox(…, account={here!r}).",
                f"{count:,} messages wait under the account {account!r}; this command looks at"
                f" {here!r}.\nHint: use --account {account}, or set the application's account:"
                f" Outbox(…, account={here!r}).",
            )
        )


def refuse_other_account(outbox: Outbox) -> None:
    """End the command if this account has no messages, but another one has.

    Raises:
        CommandFailure: the account is probably the wrong one.
    """
    elsewhere = outbox.waiting_elsewhere()
    if elsewhere and not any(outbox.counts().values()):
        raise CommandFailure(
            f"nothing was sent: the account {outbox.account!r} has no messages, and"
            f" {', '.join(map(repr, elsewhere))} has",
            "use --account, or enqueue under this account",
            in_json=True,
        )


def known_batch(outbox: Outbox, batch: str | None) -> None:
    """Check that a batch exists. None means all batches.

    Raises:
        UsageFailure: no message of this batch exists.
    """
    from convergia_sms.outbox import Filter

    if batch is not None and not sum(outbox.counts(Filter(batch=batch)).values()):
        raise UsageFailure(
            f"there is no batch {batch!r}", "`convergia bulk status --batches` lists them"
        )


def decider(by: str | None) -> str:
    """Return the person who decides: `by`, or the logged-in user."""
    return by or getpass.getuser()
