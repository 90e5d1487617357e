"""`convergia worker`: send an outbox's messages and query their status."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from convergia_sms._extras import install_command

from ._failures import UsageFailure
from ._json import json_option
from ._live import refuse_forbidden
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
    from convergia_sms.outbox import Outbox, Poller, Worker
    from convergia_sms.outbox.metrics import MetricsServer, WorkerMetrics
    from convergia_sms.outbox.telemetry import OutboxTelemetry

    from .bulk._limits import SendLimits
    from .bulk._stopping import StopSignals


class _Address(click.ParamType[tuple[str, int]]):
    """A host and a port, written HOST:PORT."""

    name = "address"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Return host and port. An IPv6 address may be in brackets."""
        host, colon, port = str(value).rpartition(":")
        if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > _PORTS:
            self.fail(f"{value!r} is not HOST:PORT, such as 127.0.0.1:9464", param, ctx)
        return host.strip("[]"), int(port)


ADDRESS = _Address()
_PORTS = 65_535


@click.command()
@click.option(
    "--poll/--no-poll", default=True, help="Query accepted messages until their status is final."
)
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
    help="Serve /metrics (Prometheus) and /healthz at this address.",
)
@click.option("--until-empty", is_flag=True, help="End when there is nothing left to do.")
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
    """Send the messages of the outbox, and new ones, until Ctrl-C or SIGTERM.

    Any number of workers may run, and on any number of machines if the outbox is a PostgreSQL
    database. The first Ctrl-C waits for messages in flight. The second cancels them, and they
    become unknown.
    """
    settings = gateway.settings()
    refuse_forbidden(settings)
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
                    sending = group.create_task(sender.run())
                    if poll:
                        group.create_task(_poll_beside(poller, sender, sending))
            except BaseExceptionGroup as group_error:
                # Both tasks may fail for one reason, the store. Report it once.
                raise _first(group_error) from None


async def _poll_beside(poller: Poller, sender: Worker, sending: asyncio.Task[None]) -> None:
    """Run the poller. If it fails, let the sender finish the messages in flight first."""
    try:
        await poller.run()
    except Exception:
        # The error would cancel the sender, and make what it has in flight unknown.
        sender.stop()
        await sending
        raise


def _metrics(outbox: Outbox) -> WorkerMetrics:
    """Return the Prometheus metrics.

    Raises:
        UsageFailure: the extra is missing.
    """
    try:
        from convergia_sms.outbox.metrics import WorkerMetrics
    except ModuleNotFoundError as error:
        raise UsageFailure(
            f"metrics need the module {error.name!r}", install_command("metrics")
        ) from None
    return WorkerMetrics(outbox)


def _telemetry(outbox: Outbox) -> OutboxTelemetry | None:
    """Return the OpenTelemetry metrics, or None if its API is not installed."""
    try:
        from convergia_sms.outbox.telemetry import OutboxTelemetry
    except ModuleNotFoundError:
        return None
    return OutboxTelemetry(outbox)


def _serving(metrics: WorkerMetrics, worker: Worker, listen: tuple[str, int]) -> MetricsServer:
    """Return the metrics server, bound to the address.

    Raises:
        UsageFailure: the address is not available.
    """
    from convergia_sms.outbox.metrics import MetricsServer

    try:
        server = MetricsServer(metrics, worker, *listen)
    except OSError as error:
        raise UsageFailure(
            f"--metrics: {listen[0]}:{listen[1]}: {error.strerror or error}",
            "choose another host or port",
        ) from None
    if log_format() is None:
        host = f"[{listen[0]}]" if ":" in listen[0] else listen[0]
        notify(f"Metrics: http://{host}:{server.port}/metrics")
    return server


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group, or of a group in it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
