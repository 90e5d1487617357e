"""`convergia bulk resume`: continue a sending that was stopped."""

from __future__ import annotations

import click

from convergia_sms.cli._json import json_option
from convergia_sms.cli._live import refuse_forbidden
from convergia_sms.cli._log_lines import log_options
from convergia_sms.cli._options import Gateway, gateway_options

from ._limits import limit_options, limits_of
from ._outbox import (
    known_batch,
    open_outbox,
    outbox_option,
    refuse_other_account,
    sending_account_option,
)
from ._stopping import stop_signals


@click.command()
@click.argument("batch", required=False)
@limit_options
@outbox_option
@sending_account_option
@gateway_options
@log_options
@json_option
def resume(
    gateway: Gateway,
    *,
    batch: str | None,
    rate: float | None,
    concurrency: int,
    window: str | None,
    zone: str,
    url: str,
    account: str | None,
) -> None:
    """Continue to send a BATCH that was stopped, or all messages.

    Messages that were in flight when the machine died are unknown. They are not sent again without
    a decision: see `convergia bulk reconcile`.
    """
    settings = gateway.settings()
    refuse_forbidden(settings)
    limits = limits_of(rate, concurrency, window, zone)
    with stop_signals() as signals, open_outbox(url, account or settings.username) as outbox:
        from convergia_sms.outbox import Filter

        from ._sending import send_batch

        known_batch(outbox, batch)
        outbox.recover()
        send_batch(outbox, settings, limits, Filter(batch=batch), signals)
        refuse_other_account(outbox)
