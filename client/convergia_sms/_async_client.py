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

# Building a client must not hold up the loop: what each one needs comes with this module.
load_guide()
load_profile()
with suppress(ModuleNotFoundError):  # the `otel` extra is absent
    import_module("convergia_sms._telemetry")


class AsyncClient(BaseClient):
    """Sends SMS through Convergia México's gateway. Any number of tasks of one loop may share one.

    Building one does no I/O, unless it is given a profile's file to read; the first call (or
    entering the context) reads the profile's WSDL and the certificates, in a thread. `BaseClient`
    documents the arguments.
    """

    def _start(self) -> None:
        self._starting: asyncio.Task[tuple[AsyncTransport, Conversation]] | None = None
        self._closed = False
        self._calls = 0
        # Who closes the client and waits for the calls that have begun.
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
        """Send one SMS. At most one request goes out (see `Retries` for what may come again).

        Args:
            number: as a Mexican writes it.
            message: the text.
            extra: the caller's own reference.
            timeout: seconds for this call, or a `Timeout`.
            sensitive: True if nobody but the recipient may read the text, as of a one-time code.
                Hooks, telemetry, errors and `Receipt.raw` show `***` in its place.

        Raises:
            NotSentError: the gateway did not take it; `RejectedError` says why.
            OutcomeUnknownError: it may have been sent.
            ValueError: not a Mexican number, or a text that cannot be sent as it is.
            TypeError: a number, a text or an extra that is not a `str`.
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
        """Send many SMS; yields what became of each as it is known, in no order.

        One message's failure is its result's `error` and stops no other; so is an item that is no
        `Message`. Messages are taken as there is room, so an endless iterable will do. When it
        raises, the results of everything started come first, then its exception as it is.

        Closing the iterator waits for those in flight; cancelling the task that iterates cancels
        them, which may leave them unknown. Either way it is logged how each ended.

        Args:
            messages: what to send. One that is not async is read in the event loop's thread: what
                blocks (a file, a database) wants to be an async iterable.
            concurrency: how many at once, each in a task.
            rate: how many a second at the most; None for no limit.

        Raises:
            ValueError: a concurrency below 1, or a rate that is not above 0.
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
        """Ask what became of a message.

        Args:
            message_id: a receipt's.
            timeout: seconds for this call, or a `Timeout`.

        Raises:
            MessageNotFoundError: no such message, or another account's.
            AuthenticationError: wrong user or password.
            QueryFailedError: no reply came, or it says nothing certain; `reason` says which.
            TypeError: an id that is not a `str`.
        """
        check_text("message_id", message_id)
        limits = timeout_of(timeout, self._settings.timeout)
        return await self._call(lambda talk: talk.status(message_id, limits))

    async def wait(
        self, message_id: str, timeout: float = 60.0, *, poll: float | None = None
    ) -> DeliveryStatus:
        """Ask until the message is delivered or failed, or the time is up.

        A gateway that is out of reach meanwhile is asked again.

        Args:
            message_id: a receipt's.
            timeout: seconds; the last question may take a call's own limits longer.
            poll: seconds between questions; by default half a second, growing to ten.

        Returns:
            The last state seen: `PENDING` when the time was up first.

        Raises:
            MessageNotFoundError: no such message, or another account's.
            AuthenticationError: wrong user or password.
            QueryFailedError: no reply came in the end, or it says nothing certain.
            ValueError: a timeout below 0, or a `poll` that is not above 0.
            TypeError: an id that is not a `str`, or a time that is not a number of seconds.
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
        """Close every connection, once the calls that have begun have ended.

        What they came to stays theirs to tell: each ends within its own time, those that wait for
        a connection too. (A `wait` ends with the question that it is at.) Cancelling this breaks
        them off. Calls after it raise `RuntimeError`.
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
        """One call, which closing the client waits for."""
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
        """Return what the first call makes, in a thread, and every call uses."""
        if self._closed:
            raise RuntimeError("the client is closed")
        if self._starting is None:
            self._starting = asyncio.create_task(self._make())
        self._check_loop(self._starting)
        # One caller's cancellation must not take the others' client away.
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
