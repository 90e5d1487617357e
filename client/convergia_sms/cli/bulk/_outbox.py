"""The outbox that the options name."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from convergia_sms.cli._failures import CommandFailure, UsageFailure

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
    "account",
    metavar="USER",
    envvar="CONVERGIA_USERNAME",
    required=True,
    help="The account whose messages they are (CONVERGIA_USERNAME).",
)
by_option = click.option(
    "--by", metavar="NAME", default=None, help="Who decides; you, unless told otherwise."
)


@contextmanager
def open_outbox(url: str, account: str) -> Iterator[Outbox]:
    """The outbox; closed behind it.

    Raises:
        UsageFailure: it cannot be opened, or the extra is missing. Shows no password.
    """
    try:
        from sqlalchemy.exc import ArgumentError, DBAPIError

        from convergia_sms.outbox import NewerSchemaError, Outbox
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
            yield outbox
    except DBAPIError as error:
        raise CommandFailure(
            f"the outbox: {_words(error)}",
            "mend the database, and call it again: what was recorded is safe",
        ) from None


def _words(error: DBAPIError) -> str:
    """What the driver says, without the statement, or details that may quote a row."""
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
    """Who decides: as told, else whoever is logged in."""
    return by or getpass.getuser()
