"""Many messages from threads."""

from __future__ import annotations

import queue
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from convergia_sms._models import Message, SendResult

from ._checks import check_concurrency, message_at
from ._pace import Pace
from ._unreported import log_end, log_left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from convergia_sms._models import Receipt


def send_in_threads(
    send: Callable[[Message], Receipt],
    messages: Iterable[Message],
    concurrency: int,
    rate: float | None,
) -> Iterator[SendResult]:
    """Send from `concurrency` threads; yield each result when it is there.

    Results that wait to be taken count as in flight: memory does not grow, however many messages
    there are and however slow the caller is. Closing the iterator takes no further message, waits
    for those in flight and logs how each ended.
    """
    check_concurrency(concurrency)
    return _SendingThreads(send, enumerate(messages), concurrency, Pace(rate)).results()


@dataclass(slots=True)
class _SendingThreads:
    send: Callable[[Message], Receipt]
    messages: Iterator[tuple[int, Message]]
    concurrency: int
    pace: Pace
    more: bool = True
    held: tuple[int, Message] | None = None
    failure: Exception | None = None
    untold: dict[Future[SendResult], int] = field(default_factory=dict)
    done: queue.SimpleQueue[Future[SendResult]] = field(default_factory=queue.SimpleQueue)

    def results(self) -> Iterator[SendResult]:
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="convergia-send") as pool:
            try:
                while self.more or self.untold:
                    delay = self._start(pool)
                    if delay is None and not self.untold:
                        continue
                    try:
                        future = self.done.get(timeout=delay)
                    except queue.Empty:
                        continue
                    if future.exception() is not None:  # a hook's SystemExit: the caller's
                        del self.untold[future]
                    result = future.result()
                    # Told once the caller has it: a Ctrl-C before that must not lose it.
                    try:
                        yield result
                    finally:
                        del self.untold[future]
            except BaseException:
                begun = self.untold.values()
                log_left(None if self.held and self.held[0] in begun else self.held, self.failure)
                for future, index in self.untold.items():
                    # By a callback: a second Ctrl-C, in the wait for them, must not silence it.
                    future.add_done_callback(partial(log_end, index))
                pool.shutdown()
                for future in self.untold:
                    # Ctrl-C came before a thread could take it; none will any more.
                    future.cancel()
                raise
        if self.failure is not None:
            raise self.failure

    def _start(self, pool: ThreadPoolExecutor) -> float | None:
        """Start what may be started now.

        Returns:
            Seconds until the next message is due; None when first a result must be taken.
        """
        # A result that is there goes first: the caller's iterable may block.
        while self.more and len(self.untold) < self.concurrency and self.done.empty():
            if self.held is None:
                self._take()
            if self.held is not None:
                delay = self.pace.delay(time.monotonic())
                if delay:
                    return delay
                self.pace.started(time.monotonic())
                # Known before it begins: a Ctrl-C right after that must not call it not sent.
                future: Future[SendResult] = Future()
                future.add_done_callback(self.done.put)
                self.untold[future] = self.held[0]
                pool.submit(self._run, future, *self.held)
                self.held = None
        return None

    def _take(self) -> None:
        try:
            self.held = next(self.messages, None)
        except Exception as error:  # noqa: BLE001 - raised after all results
            self.failure = error
        self.more = self.held is not None

    def _run(self, future: Future[SendResult], index: int, message: Message) -> None:
        try:
            future.set_result(self._attempt(index, message))
        except BaseException as interruption:  # noqa: BLE001 - a hook's SystemExit: the caller's
            future.set_exception(interruption)

    def _attempt(self, index: int, message: Message) -> SendResult:
        try:
            return SendResult(index, message, receipt=self.send(message_at(index, message)))
        except Exception as error:  # noqa: BLE001 - one message's failure is its result
            return SendResult(index, message, error=error)
