"""The synchronous client."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar, cast

from convergia_sms._arguments import check_text, check_waiting
from convergia_sms._base import BaseClient
from convergia_sms._exchange import Exchange, PasswordWanted, Pause
from convergia_sms._send_many import send_in_threads
from convergia_sms._service import ServiceMethods, plain
from convergia_sms._settings.secrets import ask
from convergia_sms._timeouts import timeout_of
from convergia_sms._transports.blocking import BlockingTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    from convergia_sms._exchange import Done, Step, Steps
    from convergia_sms._models import DeliveryStatus, Message, Receipt, SendResult
    from convergia_sms._timeouts import Timeout

__all__ = ["Client"]

T = TypeVar("T")


class Client(BaseClient):
    """Sends SMS through Convergia México's gateway.

    Any number of threads may share a client. Building one opens no connection. Over SOAP it reads
    the profile's WSDL, which imports zeep. `BaseClient` documents the arguments.
    """

    def _start(self) -> None:
        endpoint, self._conversation = self._build()
        self._transport = BlockingTransport(
            endpoint, reuse=self._conversation.profile.connection.reuse
        )

    def send(
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
        return self._drive(self._conversation.send(outgoing, extra, limits, sensitive=sensitive))

    def send_many(
        self, messages: Iterable[Message], *, concurrency: int = 8, rate: float | None = None
    ) -> Iterator[SendResult]:
        """Send many SMS, and yield each result when it is known, in any order.

        A failure of one message is the `error` of its result, and does not affect the others. The
        same goes for an item that is not a `Message`. Messages are read between results, in the
        caller's thread, and only when they can be sent. So the iterable may be endless, but while
        it blocks, there are no results. If it raises, the results of all started messages come
        first, then its exception.

        Leaving the loop early, also by Ctrl-C, waits for messages in flight. The log says how each
        ended.

        Args:
            messages: the messages.
            concurrency: the most messages in flight, each in a thread.
            rate: the most messages a second. None for no limit.

        Raises:
            ValueError: `concurrency` is below 1, or `rate` is not above 0.
        """
        return send_in_threads(
            lambda message: self.send(
                message.number, message.text, message.extra, sensitive=message.sensitive
            ),
            messages,
            concurrency,
            rate,
        )

    def status(self, message_id: str, *, timeout: float | Timeout | None = None) -> DeliveryStatus:
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
        return self._drive(self._conversation.status(message_id, limits))

    def wait(
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
        return self._drive(self._conversation.wait(message_id, timeout, poll, limits))

    def call(
        self,
        operation: str,
        arguments: Mapping[str, object] | None = None,
        /,
        *,
        repeatable: bool = False,
        timeout: float | Timeout | None = None,
        **others: object,
    ) -> Any:  # noqa: ANN401 - the WSDL says what it is
        """Call an operation of the profile's WSDL, always over SOAP.

        Each attempt makes at most one request, as in `send`. User and password are filled in where
        the WSDL has them, unless you pass values for them.

        Args:
            operation: its name in the WSDL. `convergia wsdl show` lists them.
            arguments: its arguments by name: str, int, Decimal, datetime, dicts for structs,
                lists.
            repeatable: True if a second call does no harm, as for a query. It is then retried like
                a status query, and fails with a `QueryFailedError`.
            timeout: seconds for this call, or a `Timeout`.
            others: more arguments by name. Put one named `repeatable` or `timeout` into
                `arguments`.

        Returns:
            The value that zeep reads from the reply: a scalar, a list, a struct that behaves like a
            dict, or None.

        Raises:
            GatewayFaultError: the operation answered a SOAP Fault.
            NotSentError: the operation was certainly not called.
            OutcomeUnknownError: the operation may have been carried out.
            QueryFailedError: the operation is repeatable, and there was no answer.
            TypeError: there is no such operation, or an argument is missing or unknown. The error
                lists the valid ones.
            ValueError: a value does not fit its argument's type.
            ContractError: the WSDL cannot be read.
        """
        limits = timeout_of(timeout, self._settings.timeout)
        values = {**(arguments or {}), **others}
        steps = self._conversation.call(operation, values, limits, repeatable=repeatable)
        return self._drive(steps).value

    def service(
        self,
        stub: Callable[..., T],
        /,
        *,
        repeatable: Collection[str] = (),
        timeout: float | Timeout | None = None,
    ) -> T:
        """Return the operations of the WSDL as the methods of a stub: `call`, with types.

        Structs are returned as dicts. A method raises the same errors as `call`.

        Args:
            stub: `Operations` from a module that `convergia wsdl stubs` wrote.
            repeatable: the methods that may be called twice without harm.
            timeout: seconds for each call, or a `Timeout`.

        Raises:
            TypeError: `repeatable` names a method that the stub lacks.
        """

        def call(operation: str, arguments: Mapping[str, object], again: bool) -> object:
            return plain(self.call(operation, arguments, repeatable=again, timeout=timeout))

        return cast("T", ServiceMethods(stub, call, repeatable))

    def close(self) -> None:
        """Close all connections. Later calls raise `RuntimeError`."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _drive(self, steps: Steps[T]) -> T:
        done: Done = None
        while True:
            try:
                step = steps.send(done)
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                done = self._do(step)
            except BaseException as interruption:
                steps.throw(interruption)
                raise

    def _do(self, step: Step) -> Done:
        match step:
            case Exchange():
                return self._transport.exchange(step)
            case PasswordWanted():
                return ask(step.function)
            case Pause():
                time.sleep(step.seconds)
                return None
