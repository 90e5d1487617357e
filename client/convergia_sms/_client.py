"""The sync client."""

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
    """Sends SMS through Convergia México's gateway. Any number of threads may share one.

    Building one opens no connection; over SOAP it reads the profile's WSDL, which imports zeep.
    `BaseClient` documents the arguments.
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
        return self._drive(self._conversation.send(outgoing, extra, limits, sensitive=sensitive))

    def send_many(
        self, messages: Iterable[Message], *, concurrency: int = 8, rate: float | None = None
    ) -> Iterator[SendResult]:
        """Send many SMS; yields what became of each as it is known, in no order.

        One message's failure is its result's `error` and stops no other; so is an item that is no
        `Message`. Messages are taken as there is room, so an endless iterable will do, and between
        results, in the caller's thread: while the iterable blocks, no result comes. When it
        raises, the results of everything started come first, then its exception as it is.

        Leaving the loop early, by Ctrl-C too, waits for those in flight and logs how each ended.

        Args:
            messages: what to send.
            concurrency: how many at once, each in a thread.
            rate: how many a second at the most; None for no limit.

        Raises:
            ValueError: a concurrency below 1, or a rate that is not above 0.
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
        return self._drive(self._conversation.status(message_id, limits))

    def wait(
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
        """Call an operation of the profile's WSDL, by SOAP whatever the client's transport is.

        At most one request goes out, as with `send`. User and password go where the WSDL wants
        them, unless you pass something there.

        Args:
            operation: its name in the WSDL; `convergia wsdl show` lists them.
            arguments: its arguments by name: str, int, Decimal, datetime, dicts for structs,
                lists.
            repeatable: True if calling it twice does no harm, as for a question. It gets the
                retries of a status query, and fails with a `QueryFailedError`.
            timeout: seconds for this call, or a `Timeout`.
            others: further arguments by name. One named `repeatable` or `timeout` goes in
                `arguments`.

        Returns:
            What zeep reads from the reply: a value, a list, a struct that behaves like a dict, or
            None.

        Raises:
            GatewayFaultError: the operation answered a SOAP Fault.
            NotSentError: the operation was certainly not called.
            OutcomeUnknownError: it may have been carried out.
            QueryFailedError: it is repeatable, and brought no answer.
            TypeError: no such operation, or an argument is missing or unknown; lists
                those there are.
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

        Structs come back as dicts. A method raises what `call` raises.

        Args:
            stub: `Operations` from a module that `convergia wsdl stubs` wrote.
            repeatable: the methods that may be called twice without harm.
            timeout: seconds for each call, or a `Timeout`.

        Raises:
            TypeError: `repeatable` names a method that the stub has not.
        """

        def call(operation: str, arguments: Mapping[str, object], again: bool) -> object:
            return plain(self.call(operation, arguments, repeatable=again, timeout=timeout))

        return cast("T", ServiceMethods(stub, call, repeatable))

    def close(self) -> None:
        """Close every connection. Calls after this raise `RuntimeError`."""
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
