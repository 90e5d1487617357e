"""`convergia bulk`: send many messages through an outbox, each exactly once."""

from __future__ import annotations

import click

from convergia_sms.cli._help import HelpGroup

from .decisions import cancel, reconcile
from .optout import optout
from .purge import purge
from .report import report
from .resume import resume
from .send import send
from .status import status

__all__ = ["bulk"]


@click.group(cls=HelpGroup)
def bulk() -> None:
    """Send many messages, once each, through an outbox that survives crashes.

    The outbox is a database: the file `convergia-outbox.db` in the current folder, unless --outbox
    or CONVERGIA_OUTBOX names another (sqlite:///FILE or postgresql://USER@HOST/DATABASE). `bulk
    send` sends its messages, and so does any number of `convergia worker` processes.
    """


for _command in (send, resume, status, report, reconcile, cancel, optout, purge):
    bulk.add_command(_command)
