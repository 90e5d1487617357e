"""`convergia bulk`: many messages, once each, through an outbox that survives anything."""

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

    The outbox is a file, `convergia-outbox.db` here, unless --outbox or CONVERGIA_OUTBOX says
    another: sqlite:///FILE or postgresql://USER@HOST/DATABASE. What is in it is sent by `bulk send`
    itself, or by any number of `convergia worker` beside it.
    """


for _command in (send, resume, status, report, reconcile, cancel, optout, purge):
    bulk.add_command(_command)
