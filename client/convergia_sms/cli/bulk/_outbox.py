"""The outbox that the options name."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convergia_sms.cli._failures import CommandFailure, UsageFailure
from convergia_sms.cli._output import notify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.exc import DBAPIError

    from convergia_sms.outbox import Outbox

_DEFAULT = "sqlite:///convergia-outbox.db"

outbox_option = click.option(
    "--outbox",
    "url",
    metavar="URL",
    envvar="CONVERGIA_OUTBOX",
    default=_DEFAULT,
    show_default=True,
    help="Where messages are kept (CONVERGIA_OUTBOX).",
)
account_option = click.option(
    "-u",
    "--username",
    "--account",
    "account",
    metavar="NAME",
    help="Whose messages (CONVERGIA_USERNAME; 'default' without it).",
)
sending_account_option = click.option(
    "--account",
    metavar="NAME",
    help="Whose messages in the outbox; the username's, unless told otherwise.",
)
number_option = click.option(
    "--number", "numbers", metavar="NUMBER", multiple=True, help="Those to a number."
)
by_option = click.option(
    "--by", metavar="NAME", default=None, help="Who decides; you, unless told otherwise."
)


@contextmanager
def open_outbox(url: str, account: str | None) -> Iterator[Outbox]:
    """Open the outbox, and close it behind the block; report what waits under other accounts.

    Raises:
        UsageFailure: it cannot be opened, or the extra is missing. Shows no password.
    """
    try:
        from sqlalchemy.exc import ArgumentError, DBAPIError

        from convergia_sms.outbox import AccountNameError, NewerSchemaError, Outbox
    except ModuleNotFoundError as error:
        raise UsageFailure(
            f"the outbox needs the module {error.name!r}, which is not installed",
            "pip install 'convergia-sms[outbox]', or [postgres] for PostgreSQL",
        ) from None
    try:
        outbox = Outbox(url, account=account)
    except ModuleNotFoundError as error:
        raise UsageFailure(
            f"this outbox needs the module {error.name!r}, which is not installed",
            "pip install 'convergia-sms[postgres]'",
        ) from None
    except NewerSchemaError as error:
        cause, _, cure = str(error).partition(": ")
        raise UsageFailure(cause, cure) from None
    except AccountNameError as error:
        raise UsageFailure(str(error), "give another --account") from None
    except (ArgumentError, ValueError):
        # Its text may hold the URL, and that a password.
        raise UsageFailure(
            "the outbox's URL cannot be read",
            "write sqlite:///FILE or postgresql://USER@HOST/DATABASE",
        ) from None
    except DBAPIError as error:
        raise UsageFailure(
            f"the outbox cannot be opened: {_words(error)}",
            "check the folder, or that the database server runs and knows you",
        ) from None
    try:
        with outbox:
            report_elsewhere(outbox)
            yield outbox
    except DBAPIError as error:
        raise CommandFailure(
            f"the outbox: {_words(error)}",
            "repair the database, and run the command again: what was recorded is safe",
        ) from None


def outbox_exists(url: str) -> bool:
    """Return True if there is an outbox to look at; a look must leave no trace.

    Raises:
        UsageFailure: the URL cannot be read.
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
        # Opening it says what is wrong.
        return True


def account_shown(account: str | None) -> str:
    """Return the account whose messages they are; see `Outbox`."""
    from convergia_sms.outbox._accounts import account_name

    return account_name(account)


def report_elsewhere(outbox: Outbox) -> None:
    """Tell what is queued under accounts that no worker sends."""
    for account, count in outbox.waiting_elsewhere().items():
        notify(
            f"{count:,} messages wait under the account {account!r}; this command looks at"
            f" {outbox.account!r}.\nHint: say --account {account}, or give the application's"
            f" Outbox(…, account={outbox.account!r}).",
        )


def refuse_other_account(outbox: Outbox) -> None:
    """End the command if there was nothing to send here, and something under another account.

    Raises:
        Failure: the account is probably the wrong one.
    """
    elsewhere = outbox.waiting_elsewhere()
    if elsewhere and not any(outbox.counts().values()):
        raise CommandFailure(
            f"nothing was sent: the account {outbox.account!r} has no messages, and"
            f" {', '.join(map(repr, elsewhere))} has",
            "say --account, or enqueue under this one",
            told=True,
        )


def _words(error: DBAPIError) -> str:
    """Return what the driver says, without the statement, or details that may quote a row."""
    return str(error.orig).partition("\n")[0]


def known_batch(outbox: Outbox, batch: str | None) -> None:
    """Refuse a batch that is not there; None is all of them.

    Raises:
        UsageFailure: nothing was ever enqueued under this name, or all of it was purged.
    """
    from convergia_sms.outbox import Filter

    if batch is not None and not sum(outbox.counts(Filter(batch=batch)).values()):
        raise UsageFailure(
            f"there is no batch {batch!r}", "`convergia bulk status --batches` lists them"
        )


def decider(by: str | None) -> str:
    """Return who decides: the given name, or else the logged-in user."""
    return by or getpass.getuser()
