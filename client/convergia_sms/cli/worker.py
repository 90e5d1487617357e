"""`convergia worker`: sends what an outbox holds, and follows it to its end."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from ._failures import UsageFailure
from ._json import json_option
from ._log_lines import log_format, log_lines, log_options
from ._options import Gateway, gateway_options
from ._output import notify
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
    from convergia_sms.outbox import Outbox, Worker
    from convergia_sms.outbox.metrics import MetricsServer, WorkerMetrics
    from convergia_sms.outbox.telemetry import OutboxTelemetry

    from .bulk._limits import SendLimits
    from .bulk._stopping import StopSignals


class _Address(click.ParamType[tuple[str, int]]):
    """A host and a port."""

    name = "address"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Return the two; an IPv6 address may stand in brackets."""
        host, colon, port = str(value).rpartition(":")
        if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > _PORTS:
            self.fail(f"{value!r}: write HOST:PORT, 127.0.0.1:9464 for one", param, ctx)
        return host.strip("[]"), int(port)


ADDRESS = _Address()
_PORTS = 65_535


@click.command()
@click.option("--poll/--no-poll", default=True, help="Follow accepted messages to their end.")
@click.option(
    "--poll-rate",
    type=PER_SECOND,
    metavar="N",
    help="Status queries a second, of all workers of the account together.",
)
@click.option(
    "--metrics",
    "listen",
    type=ADDRESS,
    metavar="HOST:PORT",
    help="Serve /metrics for Prometheus and /healthz there.",
)
@click.option("--until-empty", is_flag=True, help="End when nothing is left to do.")
@limit_options
@outbox_option
@sending_account_option
@gateway_options
@log_options
@json_option
def worker(
    gateway: Gateway,
    *,
    poll: bool,
    poll_rate: float | None,
    listen: tuple[str, int] | None,
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
                listen=listen,
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
    listen: tuple[str, int] | None,
    until_empty: bool,
) -> None:
    from convergia_sms import AsyncClient
    from convergia_sms.outbox import Filter, Poller

    from .bulk._notices import WaitNotice, client_log_muted
    from .bulk._sending import worker_at

    async with AsyncClient(settings=settings) as client:
        metrics = None if listen is None else _metrics(outbox)
        meters = [meter for meter in (metrics, _telemetry(outbox)) if meter is not None]
        sender = worker_at(limits, outbox, client, WaitNotice(), meters=meters)
        poller = Poller(outbox, client, rate=poll_rate, final=settings.profile.status.final)

        def stop() -> None:
            sender.stop()
            poller.stop()

        async def send_then_follow() -> None:
            await sender.run(until=Filter())
            if poll:
                await poller.run(until_done=True)

        with ExitStack() as stack:
            if metrics is not None and listen is not None:
                stack.enter_context(_serving(metrics, sender, listen))
            stack.enter_context(client_log_muted())
            stack.enter_context(log_lines())
            stack.enter_context(signals.stopping(stop))
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


def _metrics(outbox: Outbox) -> WorkerMetrics:
    """Return the metrics.

    Raises:
        UsageFailure: the extra is missing.
    """
    try:
        from convergia_sms.outbox.metrics import WorkerMetrics
    except ModuleNotFoundError as error:
        raise UsageFailure(
            f"metrics need the module {error.name!r}", "pip install 'convergia-sms[metrics]'"
        ) from None
    return WorkerMetrics(outbox)


def _telemetry(outbox: Outbox) -> OutboxTelemetry | None:
    """Return what OpenTelemetry's SDK gets to know, if there is one; None without its API."""
    try:
        from convergia_sms.outbox.telemetry import OutboxTelemetry
    except ModuleNotFoundError:
        return None
    return OutboxTelemetry(outbox)


def _serving(metrics: WorkerMetrics, worker: Worker, listen: tuple[str, int]) -> MetricsServer:
    """Return the server, listening.

    Raises:
        UsageFailure: the address cannot be had.
    """
    from convergia_sms.outbox.metrics import MetricsServer

    try:
        server = MetricsServer(metrics, worker, *listen)
    except OSError as error:
        raise UsageFailure(
            f"--metrics: {listen[0]}:{listen[1]}: {error.strerror or error}", "choose another port"
        ) from None
    if log_format() is None:
        notify(f"Metrics: http://{listen[0]}:{server.port}/metrics")
    return server


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error that a group, or a group in it, is made of."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
