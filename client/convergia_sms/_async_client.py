"""The async client: `Client` with `await`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, cast

from convergia_wsdl import load_guide, load_profile

from convergia_sms._arguments import check_text, check_waiting
from convergia_sms._base import BaseClient
from convergia_sms._exchange import Exchange, PasswordWanted, Pause
from convergia_sms._send_many import send_in_tasks
from convergia_sms._service import ServiceMethods, plain
from convergia_sms._settings.secrets import ask_async
from convergia_sms._timeouts import timeout_of
from convergia_sms._transports.aio import AsyncTransport

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterable,
        AsyncIterator,
        Callable,
        Collection,
        Iterable,
        Mapping,
    )
    from types import TracebackType
    from typing import Self

    from convergia_sms._conversation import Conversation
    from convergia_sms._exchange import Done, Step, Steps
    from convergia_sms._models import DeliveryStatus, Message, Receipt, SendResult
    from convergia_sms._timeouts import Timeout

__all__ = ["AsyncClient"]

T = TypeVar("T")

# Load these on import, so that building a client does not block the event loop.
load_guide()
load_profile()
with suppress(ModuleNotFoundError):  # the `otel` extra is absent
    import_module("convergia_sms._telemetry")


class AsyncClient(BaseClient):
    """Sends SMS through Convergia México's gateway, asynchronously.

    Any number of tasks of one event loop may share a client. Building one opens no connection, and
    reads only the files that its settings name: the profile, the accounts file, the password file,
    the allowed numbers. The first call (or entering the context) reads the profile's WSDL and the
    certificates, in a thread. `BaseClient` documents the arguments.
    """

    def _start(self) -> None:
        self._starting: asyncio.Task[tuple[AsyncTransport, Conversation]] | None = None
        self._closed = False
        self._calls = 0
        # Futures of `aclose` calls that wait for the calls under way.
        self._waiting: list[asyncio.Future[None]] = []

    async def send(
        self,
        number: str,
        message: str,
        extra: str | None = None,
        *,
        timeout: float | Timeout | None = None,
        sensitive: bool = False,
    ) -> Receipt:
        """Send one SMS.

        Each attempt makes at most one request. By default another attempt follows only if the
        connection failed, so that nothing was sent. See `Retries`. If the password comes from a
        function or a file, a send that was refused for it is repeated once with a changed one.

        Args:
            number: a Mexican number in any usual format.
            message: the text of the message.
            extra: the caller's own reference.
            timeout: seconds for this call, or a `Timeout`.
            sensitive: True if only the recipient may read the text, for example a one-time code.
                Hooks, telemetry, errors and `Receipt.raw` then show `***` instead.

        Raises:
            NotSentError: the gateway did not accept the message. If it rejected it, this is a
                `RejectedError`.
            OutcomeUnknownError: the message may have been sent.
            ValueError: `number` is not a Mexican number, or the text cannot be sent unchanged.
            TypeError: a number, a text or an extra is not a `str`.
        """
        outgoing = self._prepare(number, message, extra)
        limits = timeout_of(timeout, self._settings.timeout)
        return await self._call(
            lambda talk: talk.send(outgoing, extra, limits, sensitive=sensitive)
        )

    def send_many(
        self,
        messages: Iterable[Message] | AsyncIterable[Message],
        *,
        concurrency: int = 64,
        rate: float | None = None,
    ) -> AsyncIterator[SendResult]:
        """Send many SMS, and yield each result when it is known, in any order.

        A failure of one message is the `error` of its result, and does not affect the others. The
        same goes for an item that is not a `Message`. Messages are read only when they can be sent,
        so the iterable may be endless. If the iterable raises, the results of all started messages
        come first, then its exception.

        Closing the iterator waits for messages in flight. Cancelling the task that iterates cancels
        them, so that their outcome may be unknown. In both cases the log says how each ended.

        Args:
            messages: the messages. A plain iterable is read in the event loop's thread, so one that
                blocks (a file, a database) should be an async iterable.
            concurrency: the most messages in flight, each in a task.
            rate: the most messages a second. None for no limit.

        Raises:
            ValueError: `concurrency` is below 1, or `rate` is not above 0.
        """
        return send_in_tasks(
            lambda message: self.send(
                message.number, message.text, message.extra, sensitive=message.sensitive
            ),
            messages,
            concurrency,
            rate,
        )

    async def status(
        self, message_id: str, *, timeout: float | Timeout | None = None
    ) -> DeliveryStatus:
        """Query the delivery status of a message.

        Args:
            message_id: the id from a receipt.
            timeout: seconds for this call, or a `Timeout`.

        Raises:
            MessageNotFoundError: the account has no such message.
            AuthenticationError: the user or the password is wrong.
            QueryFailedError: there was no reply, or it was not understood. See its `reason`.
            TypeError: `message_id` is not a `str`.
        """
        check_text("message_id", message_id)
        limits = timeout_of(timeout, self._settings.timeout)
        return await self._call(lambda talk: talk.status(message_id, limits))

    async def wait(
        self, message_id: str, timeout: float = 60.0, *, poll: float | None = None
    ) -> DeliveryStatus:
        """Query until the message is delivered or failed, or the time is up.

        If the gateway is unreachable meanwhile, the query is repeated.

        Args:
            message_id: the id from a receipt.
            timeout: seconds. The last query may exceed it by the limits of a call.
            poll: seconds between queries. By default half a second, growing to ten.

        Returns:
            The last state. `PENDING` if the time was up first.

        Raises:
            MessageNotFoundError: the account has no such message.
            AuthenticationError: the user or the password is wrong.
            QueryFailedError: the last query had no reply, or one that was not understood.
            ValueError: `timeout` is below 0, or `poll` is not above 0.
            TypeError: `message_id` is not a `str`, or a time is not a number of seconds.
        """
        check_text("message_id", message_id)
        check_waiting(timeout, poll)
        limits = self._settings.timeout
        transport, conversation = await self._ready()
        return await self._drive(transport, conversation.wait(message_id, timeout, poll, limits))

    async def call(
        self,
        operation: str,
        arguments: Mapping[str, object] | None = None,
        /,
        *,
        repeatable: bool = False,
        timeout: float | Timeout | None = None,
        **others: object,
    ) -> Any:  # noqa: ANN401 - the WSDL says what it is
        """Call an operation of the profile's WSDL. See `Client.call`."""
        limits = timeout_of(timeout, self._settings.timeout)
        values = {**(arguments or {}), **others}
        _, conversation = await self._ready()
        if not conversation.operations.ready:
            await asyncio.to_thread(conversation.operations.get)
        returned = await self._call(
            lambda talk: talk.call(operation, values, limits, repeatable=repeatable)
        )
        return returned.value

    def service(
        self,
        stub: Callable[..., T],
        /,
        *,
        repeatable: Collection[str] = (),
        timeout: float | Timeout | None = None,
    ) -> T:
        """Return the operations as methods of a stub (`AsyncOperations`). See `Client.service`."""

        async def call(operation: str, arguments: Mapping[str, object], again: bool) -> object:
            answer = await self.call(operation, arguments, repeatable=again, timeout=timeout)
            return plain(answer)

        return cast("T", ServiceMethods(stub, call, repeatable))

    async def aclose(self) -> None:
        """Close all connections, after the calls under way have ended.

        Each call ends within its own timeout and returns its own result, also one that waits for a
        connection. A `wait` finishes its current query. If it has no result by then, it raises
        `RuntimeError`, as later calls do. Cancelling `aclose` cancels the calls.
        """
        if self._starting is not None:
            self._check_loop(self._starting)
        self._closed = True
        if self._starting is not None:
            await asyncio.wait([self._starting])
            if not self._starting.cancelled() and self._starting.exception() is None:
                transport, _ = self._starting.result()
                try:
                    await self._last_call()
                except asyncio.CancelledError:
                    transport.abort()
                    raise
                await transport.close()

    async def __aenter__(self) -> Self:
        await self._ready()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _last_call(self) -> None:
        """Wait until no call is under way."""
        if self._calls:
            ended = asyncio.get_running_loop().create_future()
            self._waiting.append(ended)
            try:
                await ended
            finally:
                if ended in self._waiting:
                    self._waiting.remove(ended)

    async def _call(self, begin: Callable[[Conversation], Steps[T]]) -> T:
        """Run one call, which `aclose` waits for."""
        self._calls += 1
        try:
            transport, conversation = await self._ready()
            return await self._drive(transport, begin(conversation))
        finally:
            self._calls -= 1
            while self._waiting and not self._calls:
                ended = self._waiting.pop()
                if not ended.done():
                    ended.set_result(None)

    async def _ready(self) -> tuple[AsyncTransport, Conversation]:
        """Return the transport and the conversation, made in a thread by the first call."""
        if self._closed:
            raise RuntimeError("the client is closed")
        if self._starting is None:
            self._starting = asyncio.create_task(self._make())
        self._check_loop(self._starting)
        # Shield the task: cancelling one call must not cancel the start for the others.
        return await asyncio.shield(self._starting)

    @staticmethod
    def _check_loop(starting: asyncio.Task[tuple[AsyncTransport, Conversation]]) -> None:
        if asyncio.get_running_loop() is not starting.get_loop():
            raise RuntimeError("an AsyncClient is for one event loop: the one it was first used in")

    async def _make(self) -> tuple[AsyncTransport, Conversation]:
        endpoint, conversation = await asyncio.to_thread(self._build)
        return AsyncTransport(endpoint, reuse=conversation.profile.connection.reuse), conversation

    async def _drive(self, transport: AsyncTransport, steps: Steps[T]) -> T:
        done: Done = None
        while True:
            try:
                step = steps.send(done)
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                done = await self._do(transport, step)
            except BaseException as interruption:
                steps.throw(interruption)
                raise

    async def _do(self, transport: AsyncTransport, step: Step) -> Done:
        match step:
            case Exchange():
                return await transport.exchange(step)
            case PasswordWanted():
                return await ask_async(step.function)
            case Pause():
                await asyncio.sleep(step.seconds)
                return None
