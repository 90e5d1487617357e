"""`send_many` with threads."""

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
    """Send from `concurrency` threads, and yield each result when it is known.

    Results that the caller has not taken count as in flight, so memory does not grow with many
    messages and a slow caller. Closing the iterator stops reading, waits for messages in flight,
    and logs how each ended.
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
    unreported: dict[Future[SendResult], int] = field(default_factory=dict)
    done: queue.SimpleQueue[Future[SendResult]] = field(default_factory=queue.SimpleQueue)

    def results(self) -> Iterator[SendResult]:
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="convergia-send") as pool:
            try:
                while self.more or self.unreported:
                    delay = self._start(pool)
                    if delay is None and not self.unreported:
                        continue
                    try:
                        future = self.done.get(timeout=delay)
                    except queue.Empty:
                        continue
                    if future.exception() is not None:  # a hook's SystemExit goes to the caller
                        del self.unreported[future]
                    result = future.result()
                    # It counts as reported once the caller has it, so that a Ctrl-C before that
                    # does not lose it.
                    try:
                        yield result
                    finally:
                        del self.unreported[future]
            except BaseException:
                begun = self.unreported.values()
                log_left(None if self.held and self.held[0] in begun else self.held, self.failure)
                for future, index in self.unreported.items():
                    # Use a callback, so that a second Ctrl-C during the wait does not prevent the
                    # log record.
                    future.add_done_callback(partial(log_end, index))
                pool.shutdown()
                for future in self.unreported:
                    # Ctrl-C came before a thread took it, and none will now.
                    future.cancel()
                raise
        if self.failure is not None:
            raise self.failure

    def _start(self, pool: ThreadPoolExecutor) -> float | None:
        """Start all messages that may be started now.

        Returns:
            Seconds until the next message is due. None if a result must be taken first.
        """
        # Return a finished result first, because the caller's iterable may block.
        while self.more and len(self.unreported) < self.concurrency and self.done.empty():
            if self.held is None:
                self._take()
            if self.held is not None:
                delay = self.pace.delay(time.monotonic())
                if delay:
                    return delay
                self.pace.started(time.monotonic())
                # Register it before it starts, so that a Ctrl-C right after that does not report it
                # as not sent.
                future: Future[SendResult] = Future()
                future.add_done_callback(self.done.put)
                self.unreported[future] = self.held[0]
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
        except BaseException as interruption:  # noqa: BLE001 - a hook's SystemExit goes to the caller
            future.set_exception(interruption)

    def _attempt(self, index: int, message: Message) -> SendResult:
        try:
            return SendResult(index, message, receipt=self.send(message_at(index, message)))
        except Exception as error:  # noqa: BLE001 - the failure of a message is its result
            return SendResult(index, message, error=error)
