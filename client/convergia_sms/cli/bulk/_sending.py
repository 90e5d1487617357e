"""Runs a worker until a batch is sent: with a bar, and a Ctrl-C that loses nothing."""

from __future__ import annotations

import asyncio
import gc
import signal
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from convergia_sms.cli._failures import CommandFailure, UnknownFailure
from convergia_sms.cli._json import json_wanted, print_json
from convergia_sms.cli._table import print_table

from ._notices import client_unheard, tell_of_window, tell_once
from ._progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from convergia_sms import AsyncClient
    from convergia_sms._settings import Settings
    from convergia_sms.outbox import Filter, Outbox, State, Worker

    from ._limits import SendLimits
    from ._progress import Progress

_LOOK_SECONDS = 0.5
# Times as long as looking took.
_LOOK_PAUSE = 20


def send_batch(
    outbox: Outbox, settings: Settings, limits: SendLimits, where: Filter, **more: object
) -> None:
    """Send what `where` means, show how it goes, and end as it went.

    Raises:
        CommandFailure: some were rejected or not sent (exit code 1), or may have been sent (3);
            or it was stopped before the end (1).
    """
    counts = outbox.counts(where)
    done, _ = _how_far(counts)
    with progress("Sending", sum(counts.values()), done) as bar:
        stopped = asyncio.run(_send(outbox, settings, limits, where, bar))
    _conclude(outbox, where, stopped=stopped, more=more)


async def _send(
    outbox: Outbox, settings: Settings, limits: SendLimits, where: Filter, bar: Progress
) -> bool:
    """Whether it was stopped before the end."""
    from convergia_sms import AsyncClient, DamagedTextWarning

    async with AsyncClient(settings=settings) as client:
        worker = worker_at(limits, outbox, client, where.batch)
        with client_unheard(), warnings.catch_warnings(), stopping(worker.stop) as stopped:
            # `bulk send` told it of them all, before anything went out.
            warnings.simplefilter("ignore", DamagedTextWarning)
            watcher = asyncio.create_task(_watch(outbox, where, bar))
            try:
                await worker.run(until=where)
            finally:
                watcher.cancel()
                with suppress(asyncio.CancelledError):
                    await watcher
        bar.at(*_how_far(outbox.counts(where)))
        return stopped.is_set()


def worker_at(
    limits: SendLimits, outbox: Outbox, client: AsyncClient, batch: str | None = None
) -> Worker:
    """A worker that keeps to the limits and tells what goes wrong; of one batch, or of all."""
    from convergia_sms.outbox import Worker

    # What was loaded by now stays for good: looking for garbage in it, again and again, takes a
    # tenth of a worker's time.
    gc.freeze()
    tell_of_window(limits.window)
    return Worker(
        outbox,
        client,
        concurrency=limits.concurrency,
        rate=limits.rate,
        window=limits.window,
        batch=batch,
        on_outcome=tell_once(),
    )


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[asyncio.Event]:
    """The first Ctrl-C or SIGTERM stops cleanly; the second breaks off what is in flight.

    Either way the block ends, and what came of the messages is recorded.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None, "it runs in a coroutine"  # noqa: S101
    stopped, broken = asyncio.Event(), asyncio.Event()

    def hear() -> None:
        if broken.is_set():
            return
        if stopped.is_set():
            broken.set()
            task.cancel()
            return
        stopped.set()
        click.echo(
            "\nStopping: what is in flight is finished; press Ctrl-C again to break it off.",
            err=True,
        )
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, hear)
    try:
        yield stopped
    except asyncio.CancelledError:
        # Ours, unless somebody else cancelled the task as well.
        if not broken.is_set() or task.uncancel():
            raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _watch(outbox: Outbox, where: Filter, bar: Progress) -> None:
    clock = asyncio.get_running_loop().time
    while bar.seen:
        began = clock()
        bar.at(*_how_far(await asyncio.to_thread(outbox.counts, where)))
        # A million rows take a second to count: sending is to have the processor, not that.
        await asyncio.sleep(max(_LOOK_SECONDS, _LOOK_PAUSE * (clock() - began)))


def _how_far(counts: Mapping[State, int]) -> tuple[int, str]:
    """How many messages are through, and what came of them."""
    through = {
        state.value: count
        for state, count in counts.items()
        if count and state.value not in ("queued", "sending")
    }
    return sum(through.values()), "  ".join(f"{n:,} {state}" for state, n in through.items())


def print_counts(outbox: Outbox, where: Filter, **more: object) -> dict[str, int]:
    """Show how many messages are in each state."""
    counts = {state.value: count for state, count in outbox.counts(where).items() if count}
    if json_wanted():
        elsewhere = outbox.waiting_elsewhere()
        if elsewhere:
            more["elsewhere"] = elsewhere
        print_json({**more, "total": sum(counts.values()), "states": counts})
    else:
        print_table(("State", "Messages"), list(counts.items()))
    return counts


def _conclude(outbox: Outbox, where: Filter, *, stopped: bool, more: Mapping[str, object]) -> None:
    counts = print_counts(outbox, where, batch=where.batch, **more)
    unknown = counts.get("unknown", 0)
    lost = sum(counts.get(state, 0) for state in ("rejected", "not_sent", "expired"))
    if unknown:
        raise UnknownFailure(
            f"{unknown:,} messages may have been sent; nobody can tell",
            "`convergia bulk reconcile` lists them and takes your decision",
            told=True,
        )
    resume = f"convergia bulk resume {where.batch or ''}"
    if stopped and (counts.get("queued") or counts.get("sending")):
        raise CommandFailure(
            "stopped before the end; nothing is lost",
            f"go on with `{resume.rstrip()}`, or cancel it: a `convergia worker` sends it, too",
            told=True,
        )
    if lost:
        raise CommandFailure(
            f"{lost:,} messages were not sent",
            "`convergia bulk report --format csv` says why, row by row",
            told=True,
        )
