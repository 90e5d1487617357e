"""The gateway of a test: a space and its address."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING, TypeVar

from convergia_mockserver.gateway.criteria import CriteriaOptions
from convergia_mockserver.gateway.journal import GATED, check_kinds
from convergia_mockserver.gateway.messages import MessageQuery
from convergia_mockserver.gateway.messages.codes import code_in
from convergia_mockserver.gateway.waiting import wait_for_messages, wait_in_thread

from .expectations import not_sent, sent_after_all, unused_scripts, unwanted_findings

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from convergia_mockserver.faces.paths import Part
    from convergia_mockserver.gateway.accounts import AccountBook
    from convergia_mockserver.gateway.clock import Clock
    from convergia_mockserver.gateway.faults import FaultKind
    from convergia_mockserver.gateway.journal import FindingKind, JournalEntry
    from convergia_mockserver.gateway.messages import Message, PlanBook
    from convergia_mockserver.gateway.operations import OperationFunction
    from convergia_mockserver.gateway.scripts import ScriptOptions, ScriptState
    from convergia_mockserver.gateway.space import Space

F = TypeVar("F", bound="OperationFunction")

_ACCOUNT = "demo"


class MessageCriteria(CriteriaOptions, total=False):
    """Criteria for messages as keyword arguments, with their status code as `state`."""

    state: int | None


class MockGateway:
    """The value of the fixtures `convergia_mockserver` and `convergia_httpserver`.

    Attributes:
        base_url: the base URL of the gateway, without a slash at the end.
        username: the name of an account that may send.
        password: the password of that account.
        space: the space of the gateway, for everything that has no method here.
    """

    def __init__(
        self,
        base_url: str,
        space: Space,
        url_for: Callable[[Part], str],
    ) -> None:
        self.base_url = base_url
        self.username = self.password = _ACCOUNT
        self.space = space
        self._url_for = url_for

    def __repr__(self) -> str:
        return f"MockGateway({self.base_url!r})"

    def url_for(self, part: Part) -> str:
        """Return the URL of a face (`soap`, `http`), of the `portal` or of the `admin` API."""
        return self._url_for(part)

    @property
    def messages(self) -> list[Message]:
        """The accepted messages, oldest first."""
        return self.space.messages

    @property
    def requests(self) -> list[JournalEntry]:
        """All requests with their replies, oldest first. Passwords are masked."""
        return self.space.journal.find()[0]

    @property
    def clock(self) -> Clock:
        """The clock of the gateway, with `freeze`, `advance`, `set` and `resume`."""
        return self.space.clock

    @property
    def accounts(self) -> AccountBook:
        """The accounts, with `put`, `change` and `delete`."""
        return self.space.accounts

    @property
    def plans(self) -> PlanBook:
        """The delivery plans, for example `plans.put(DeliveryPlan.stuck(), number=…)`."""
        return self.space.plans

    def script(self, **options: Unpack[ScriptOptions]) -> ScriptState:
        """Script the answer to the next matching requests.

        Args:
            code: the guide's code. By default the code that the request would get without a script.
            fault: the name of a fault (`accepted-then-reset`).
            delay: the delay of the reply in seconds, two numbers for a range, or a `Delay`.
            seconds: the longest time that a silence or a slow reply lasts. The default is 30.
            reply: a custom reply as an `OwnReply`, or only its body: a text, bytes, or the `Path`
                of a file.
            sequence: codes, faults and `ScriptAnswer`s to answer one after the other, instead of
                the arguments above.
            times: the number of requests to answer. By default 1, or the length of `sequence`. 0
                for no limit.
            probability: the probability to answer a matching request, from 0 to 1.
            seed: the seed of the random numbers.
            face: `soap` or `http`. By default both. Every criterion that is given must match.
            operation: `send`, `status`, another operation of the WSDL, or `wsdl` for requests for
                the WSDL itself. By default the codes imply it.
            arguments: arguments of another operation by the WSDL's names, as texts or `Pattern`s.
            returns: the value that the operation returns.
            soap_fault: a SOAP Fault that replaces the result, only over SOAP.
            account: the account's name, as a text or a `Pattern`.
            number: the destination, in any usual Mexican spelling.
            text: the text of the message.
            extra: the caller's reference.
            method: the HTTP method. `path`, `soap_action` and `headers` (by name) work alike.
            xpath: an XPath 1.0 expression that must be true for the body.

        Raises:
            ScriptError: if the script is invalid.
        """
        return self.space.script(**options)

    def operation(self, name: str) -> Callable[[F], F]:
        """Return a decorator for a function that answers an operation of the WSDL.

        The function answers every call until the test ends. It gets an `OperationCall`, and returns
        the result as a Python value or a `SoapFault`. An exception that it raises fails the test.
        `convergia_mockserver.operation("ConsultaSaldo")(lambda call: "1500")` works as well.

        Raises:
            OperationError: if the WSDL has no such operation.
        """

        def register(function: F) -> F:
            self.space.operations.register(name, function)
            return function

        self.space.operations.check(name)
        return register

    def fault(self, kind: FaultKind | str, **options: Unpack[ScriptOptions]) -> ScriptState:
        """Answer the next matching requests with a fault.

        Args:
            kind: the name of the fault (`accepted-then-reset`).
            options: see `script`.

        Raises:
            ScriptError: if the fault does not exist. The message lists all faults.
        """
        options["fault"] = kind
        return self.space.script(**options)

    def wait(
        self, count: int = 1, timeout: float = 5.0, **wanted: Unpack[MessageCriteria]
    ) -> list[Message]:
        """Block until `count` messages match. In async code use `await wait_async(…)`.

        Args:
            count: the number of messages.
            timeout: in real seconds.
            wanted: criteria: `number`, `text`, `extra` and `account` as texts or `Pattern`s, `face`
                and `state`.

        Raises:
            WaitTimeoutError: if they do not come in time.
        """
        return wait_in_thread(self.space, MessageQuery(**wanted), count=count, timeout=timeout)

    async def wait_async(
        self, count: int = 1, timeout: float = 5.0, **wanted: Unpack[MessageCriteria]
    ) -> list[Message]:
        """Do the same as `wait` without blocking the event loop."""
        query = MessageQuery(**wanted)
        found, _ = await wait_for_messages(self.space, query, count=count, timeout=timeout)
        return found

    def assert_sent(
        self, *, count: int | None = None, **wanted: Unpack[MessageCriteria]
    ) -> Message:
        """Assert that a matching message was accepted, and return the latest.

        Args:
            count: the exact number of messages. By default at least one.
            wanted: criteria: `number`, `text`, `extra` and `account` as texts or `Pattern`s, `face`
                and `state`.

        Raises:
            AssertionError: if no message, or not `count` messages, match. The text shows the
                nearest message and the refused sends.
        """
        query = MessageQuery(**wanted)
        found, _ = self.space.inbox.find(query)
        if not found or (count is not None and len(found) != count):
            raise AssertionError(not_sent(query, count, found, self.space))
        return found[-1]

    def assert_not_sent(self, **wanted: Unpack[MessageCriteria]) -> None:
        """Assert that no matching message was accepted. `wanted` is that of `assert_sent`.

        Raises:
            AssertionError: if one was accepted. The text shows it.
        """
        query = MessageQuery(**wanted)
        found, _ = self.space.inbox.find(query)
        if found:
            raise AssertionError(sent_after_all(query, found))

    def code_for(self, number: str, pattern: str | None = None) -> str:
        """Return the one-time code in the latest message to a number.

        A code has 4 to 8 digits, or two groups of 3 digits, which are returned without a separator.
        If there are several, the one after a word such as `código`, `clave` or `code` is returned.

        Args:
            number: the number, in any usual Mexican spelling.
            pattern: a regular expression for other codes. If it has a group, the code is the first
                group.

        Raises:
            AssertionError: if no message was sent to the number, or the latest has no code.
        """
        message = self.assert_sent(number=number)
        if pattern is None:
            code = code_in(message.text)
        else:
            found = re.search(pattern, message.text)
            code = None if found is None else found[min(1, found.re.groups)]
        if code is None:
            raise AssertionError(f"no code in the last message to {number!r}: {message.text!r}")
        return code

    def assert_no_findings(self, *kinds: FindingKind) -> None:
        """Assert that there are no findings about the requests so far.

        Args:
            kinds: the kinds of findings: `arguments`, `charset`, `cleartext-password`, `resend`,
                `duplicate` and `encoding`. By default all except `encoding`.

        Raises:
            AssertionError: if there are findings. The text lists them.
            ValueError: if a kind does not exist.
        """
        found = self.space.journal.findings(check_kinds(kinds) or GATED)
        if found:
            raise AssertionError(unwanted_findings(found))

    def assert_scripts_used(self) -> None:
        """Assert that every script has answered a request.

        Raises:
            AssertionError: if a script has not. The text shows the script, and why it did not match
                the nearest request.
        """
        unused = self.space.scripts.unused()
        if unused:
            raise AssertionError(unused_scripts(unused, self.space))

    def check(self) -> None:
        """Assert that there was no error inside the server. The fixture does so after the test.

        Raises:
            AssertionError: if there was one. The text shows the server's tracebacks.
        """
        errors = self.space.errors
        if errors:
            traces = "\n".join("".join(traceback.format_exception(error)) for error in errors)
            times = "once" if len(errors) == 1 else f"{len(errors):,} times"
            raise AssertionError(f"the mock server failed {times}:\n{traces}")
