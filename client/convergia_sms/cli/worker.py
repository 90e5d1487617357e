"""`convergia worker`: sends what an outbox holds, and follows it to its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from ._json import json_option
from ._options import Gateway, gateway_options
from .bulk._limits import PER_SECOND, limit_options, limits_of
from .bulk._outbox import (
    open_outbox,
    outbox_option,
    refuse_other_account,
    sending_account_option,
)
from .bulk._stopping import stop_signals

if TYPE_CHECKING:
    from convergia_sms._settings import Settings
    from convergia_sms.outbox import Outbox

    from .bulk._limits import SendLimits
    from .bulk._stopping import StopSignals


@click.command()
@click.option("--poll/--no-poll", default=True, help="Follow accepted messages to their end.")
@click.option(
    "--poll-rate",
    type=PER_SECOND,
    metavar="N",
    help="Status queries a second, of all workers of the account together.",
)
@click.option("--until-empty", is_flag=True, help="End when nothing is left to do.")
@limit_options
@outbox_option
@sending_account_option
@gateway_options
@json_option
def worker(
    gateway: Gateway,
    *,
    poll: bool,
    poll_rate: float | None,
    until_empty: bool,
    rate: float | None,
    concurrency: int,
    window: str | None,
    zone: str,
    url: str,
    account: str | None,
) -> None:
    """Send what the outbox holds, and what comes in, until Ctrl-C or SIGTERM.

    Any number may run, on any number of machines when the outbox is a PostgreSQL database. Ctrl-C
    finishes what is in flight; a second one breaks it off, and it becomes unknown.
    """
    settings = gateway.settings()
    limits = limits_of(rate, concurrency, window, zone)
    with stop_signals() as signals, open_outbox(url, account or settings.username) as outbox:
        from convergia_sms.outbox import Filter

        from .bulk._sending import print_counts

        asyncio.run(
            _work(
                outbox,
                settings,
                limits,
                signals,
                poll=poll,
                poll_rate=poll_rate,
                until_empty=until_empty,
            )
        )
        print_counts(outbox, Filter())
        if until_empty:
            refuse_other_account(outbox)


async def _work(
    outbox: Outbox,
    settings: Settings,
    limits: SendLimits,
    signals: StopSignals,
    *,
    poll: bool,
    poll_rate: float | None,
    until_empty: bool,
) -> None:
    from convergia_sms import AsyncClient
    from convergia_sms.outbox import Filter, Poller

    from .bulk._notices import WaitNotice, client_unheard
    from .bulk._sending import worker_at

    async with AsyncClient(settings=settings) as client:
        sender = worker_at(limits, outbox, client, WaitNotice())
        poller = Poller(outbox, client, rate=poll_rate, final=settings.profile.status.final)

        def stop() -> None:
            sender.stop()
            poller.stop()

        async def send_then_follow() -> None:
            await sender.run(until=Filter())
            if poll:
                await poller.run(until_done=True)

        with client_unheard(), signals.stopping(stop):
            if until_empty:
                await send_then_follow()
                return
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(sender.run())
                    if poll:
                        group.create_task(poller.run())
            except BaseExceptionGroup as group_error:
                # They fail for one reason, the store; said once.
                raise _first(group_error) from None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error that a group, or a group in it, is made of."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
