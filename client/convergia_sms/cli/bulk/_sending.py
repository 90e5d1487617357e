"""Sending a batch: runs a worker with a progress bar, and stops cleanly on Ctrl-C."""

from __future__ import annotations

import asyncio
import gc
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

from convergia_sms._counts import counted
from convergia_sms.cli._failures import CommandFailure, UnknownFailure
from convergia_sms.cli._json import json_wanted, print_json
from convergia_sms.cli._language import translated, translated_word
from convergia_sms.cli._log_lines import log_lines
from convergia_sms.cli._output import notify
from convergia_sms.cli._table import print_table

from ._notices import WaitNotice, client_log_muted, notify_once
from ._progress import progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convergia_sms import AsyncClient
    from convergia_sms._settings import Settings
    from convergia_sms.outbox import Filter, Outbox, Outcome, State, Waiting, Worker
    from convergia_sms.outbox.metrics import WorkerMetrics
    from convergia_sms.outbox.telemetry import OutboxTelemetry

    from ._limits import SendLimits
    from ._progress import Progress
    from ._stopping import StopSignals

_LOOK_SECONDS = 0.5
# The pause between two counts, as a multiple of the time that counting takes.
_LOOK_PAUSE = 20


def send_batch(
    outbox: Outbox,
    settings: Settings,
    limits: SendLimits,
    where: Filter,
    signals: StopSignals,
    **more: object,
) -> None:
    """Send the messages that `where` selects, show progress, and report the result.

    Raises:
        CommandFailure: some messages were rejected or not sent (exit code 1), their outcome is
            unknown (3), or the command was stopped before the end (1).
    """
    counts = outbox.counts(where)
    done, _ = _how_far(counts)
    with progress("Sending", sum(counts.values()), done) as bar:
        asyncio.run(_send(outbox, settings, limits, where, signals=signals, bar=bar))
    _conclude(outbox, where, stopped=signals.stopped, more=more)


async def _send(
    outbox: Outbox,
    settings: Settings,
    limits: SendLimits,
    where: Filter,
    *,
    signals: StopSignals,
    bar: Progress,
) -> None:
    from convergia_sms import AsyncClient, DamagedTextWarning

    async with AsyncClient(settings=settings) as client:
        notice = WaitNotice()
        worker = worker_at(limits, outbox, client, notice, batch=where.batch)
        with (
            client_log_muted(),
            log_lines(),
            warnings.catch_warnings(),
            signals.stopping(worker.stop),
        ):
            # `bulk send` has already warned about all texts before sending.
            warnings.simplefilter("ignore", DamagedTextWarning)
            watcher = asyncio.create_task(_watch(outbox, where, bar, notice))
            try:
                await worker.run(until=where)
            finally:
                watcher.cancel()
                with suppress(asyncio.CancelledError):
                    await watcher
        bar.at(*_how_far(outbox.counts(where)))


def worker_at(
    limits: SendLimits,
    outbox: Outbox,
    client: AsyncClient,
    notice: WaitNotice,
    *,
    batch: str | None = None,
    meters: Sequence[WorkerMetrics | OutboxTelemetry] = (),
) -> Worker:
    """Return a worker with the given limits, which prints failures and counts outcomes.

    It sends one batch, or all of the account's messages if None.
    """
    from convergia_sms.outbox import Worker

    # Exempt everything loaded so far from garbage collection. Scanning it again and again takes a
    # tenth of a worker's time.
    gc.freeze()
    notify_first = notify_once()

    def count(outcome: Outcome) -> None:
        notify_first(outcome)
        for meter in meters:
            meter.count(outcome)

    def note(waiting: Waiting | None) -> None:
        notice(waiting)
        for meter in meters:
            meter.note_waiting(waiting)

    return Worker(
        outbox,
        client,
        concurrency=limits.concurrency,
        rate=limits.rate,
        window=limits.window,
        batch=batch,
        on_outcome=count,
        on_waiting=note,
    )


async def _watch(outbox: Outbox, where: Filter, bar: Progress, notice: WaitNotice) -> None:
    clock = asyncio.get_running_loop().time
    while bar.visible:
        began = clock()
        done, text = _how_far(await asyncio.to_thread(outbox.counts, where))
        bar.at(done, f"{text}  {translated(notice.text)}")
        # Counting a million rows takes a second, so do it rarely and leave the CPU to sending.
        await asyncio.sleep(max(_LOOK_SECONDS, _LOOK_PAUSE * (clock() - began)))


def _how_far(counts: Mapping[State, int]) -> tuple[int, str]:
    """Return the number of finished messages, and a summary by state."""
    through = {
        state.value: count
        for state, count in counts.items()
        if count and state.value not in ("queued", "sending")
    }
    return sum(through.values()), "  ".join(
        f"{n:,} {translated_word(state)}" for state, n in through.items()
    )


def print_counts(outbox: Outbox, where: Filter, **more: object) -> dict[str, int]:
    """Print the number of messages in each state, and return it."""
    counts = {state.value: count for state, count in outbox.counts(where).items() if count}
    if json_wanted():
        elsewhere = outbox.waiting_elsewhere()
        if elsewhere:
            more["elsewhere"] = elsewhere
        print_json({**more, "total": sum(counts.values()), "states": counts})
    elif counts:
        print_table(("State", "Messages"), list(counts.items()), worded=(0,))
    elif where.batch is None:
        notify(f"The account {outbox.account!r} has no messages in this outbox.")
    return counts


def _conclude(outbox: Outbox, where: Filter, *, stopped: bool, more: Mapping[str, object]) -> None:
    counts = print_counts(outbox, where, batch=where.batch, **more)
    unknown = counts.get("unknown", 0)
    lost = sum(counts.get(state, 0) for state in ("rejected", "not_sent", "expired"))
    if unknown:
        raise UnknownFailure(
            counted(
                unknown,
                "the outcome of 1 message is unknown: it may have been sent",
                f"the outcome of {unknown:,} messages is unknown: they may have been sent",
            ),
            "`convergia bulk reconcile` lists them and takes your decision",
            in_json=True,
        )
    resume = f"convergia bulk resume {where.batch or ''}"
    if stopped and (counts.get("queued") or counts.get("sending")):
        raise CommandFailure(
            "stopped before the end; no message is lost",
            f"continue with `{resume.rstrip()}`, or cancel: a `convergia worker` sends it too",
            in_json=True,
        )
    if lost:
        raise CommandFailure(
            counted(lost, "1 message was not sent", f"{lost:,} messages were not sent"),
            "`convergia bulk report --format csv` says why, row by row",
            in_json=True,
        )
