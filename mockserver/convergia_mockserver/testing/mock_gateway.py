"""A gateway of a test's own: one space, and the address at which it answers."""

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
    """Which messages are meant, by what was sent and by what a status query would answer."""

    state: int | None


class MockGateway:
    """What `convergia_mockserver` and `convergia_httpserver` give.

    Attributes:
        base_url: the gateway's address, without a slash behind it.
        username: an account that may send.
        password: its password.
        space: the space behind it, for whatever is not here.
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
        """The accepted messages, in the order they came."""
        return self.space.messages

    @property
    def requests(self) -> list[JournalEntry]:
        """Every request with its reply, in the order they came, passwords masked."""
        return self.space.journal.find()[0]

    @property
    def clock(self) -> Clock:
        """The time as this gateway sees it: `freeze`, `advance`, `set`, `resume`."""
        return self.space.clock

    @property
    def accounts(self) -> AccountBook:
        """Who may send: `put`, `change`, `delete`."""
        return self.space.accounts

    @property
    def plans(self) -> PlanBook:
        """What becomes of messages: `put(DeliveryPlan.stuck(), number=…)`."""
        return self.space.plans

    def script(self, **options: Unpack[ScriptOptions]) -> ScriptState:
        """Say what the next requests that match get.

        Args:
            code: the guide's code; without one, the answer it would get anyhow.
            fault: a failure below the codes, by its name (`accepted-then-reset`).
            delay: seconds to hold the reply back; two numbers for a range, or a `Delay`.
            seconds: how long a silence or a drip lasts at most.
            reply: an `OwnReply`, or its body alone: a text, bytes, or the `Path` of a file.
            sequence: codes, faults and `ScriptAnswer`s, one after the other, instead of the above.
            times: how many requests; one (or as many as the sequence has) when left out; 0: no end.
            probability: the chance to answer a request that matches.
            seed: what the chance is drawn from.
            face: `soap` or `http`; both when left out. So with the rest: what is given must agree.
            operation: `send`, `status` (as the codes say when left out), any other operation of
                the WSDL, or `wsdl` for requests for the WSDL itself.
            arguments: of such an operation, by the WSDL's names, whole or by a `Pattern`.
            returns: what the operation returns, which the face spells.
            soap_fault: a SOAP Fault instead, over SOAP alone.
            account: the user, whole or by a `Pattern`.
            number: the destination, as a Mexican writes it.
            text: the message's text.
            extra: the caller's reference.
            method: the HTTP method; so with `path`, `soap_action` and `headers` (by name).
            xpath: XPath 1.0 that must hold for the body.

        Raises:
            ScriptError: a script that cannot be.
        """
        return self.space.script(**options)

    def operation(self, name: str) -> Callable[[F], F]:
        """Answer every call of an operation of the WSDL by a function, until the test ends.

        `convergia_mockserver.operation("ConsultaSaldo")(lambda call: "1500")`, or as a decorator.
        The function takes an `OperationCall`, and returns the result as Python values, or a
        `SoapFault`. An exception that it raises fails the test.

        Raises:
            OperationError: the WSDL has no such operation.
        """

        def register(function: F) -> F:
            self.space.operations.register(name, function)
            return function

        self.space.operations.check(name)
        return register

    def fault(self, kind: FaultKind | str, **options: Unpack[ScriptOptions]) -> ScriptState:
        """Answer the next requests that match with a fault.

        Args:
            kind: the fault, by its name (`accepted-then-reset`).
            options: as in `script`.

        Raises:
            ScriptError: there is no such fault; lists those there are.
        """
        options["fault"] = kind
        return self.space.script(**options)

    def wait(
        self, count: int = 1, timeout: float = 5.0, **wanted: Unpack[MessageCriteria]
    ) -> list[Message]:
        """Block until so many messages match. In async code: `await wait_async(…)`.

        Args:
            count: how many.
            timeout: real seconds.
            wanted: `number`, `text`, `extra`, `account`, each whole or by a `Pattern`; `face`;
                `state`.

        Raises:
            WaitTimeoutError: they did not come in time.
        """
        return wait_in_thread(self.space, MessageQuery(**wanted), count=count, timeout=timeout)

    async def wait_async(
        self, count: int = 1, timeout: float = 5.0, **wanted: Unpack[MessageCriteria]
    ) -> list[Message]:
        """As `wait`, without blocking the event loop."""
        query = MessageQuery(**wanted)
        found, _ = await wait_for_messages(self.space, query, count=count, timeout=timeout)
        return found

    def assert_sent(
        self, *, count: int | None = None, **wanted: Unpack[MessageCriteria]
    ) -> Message:
        """Assert that a message that matches was accepted; return the latest.

        Args:
            count: exactly so many; at least one when left out.
            wanted: `number`, `text`, `extra`, `account`, each whole or by a `Pattern`; `face`;
                `state`.

        Raises:
            AssertionError: none (or not so many); says which came nearest, and what was refused.
        """
        query = MessageQuery(**wanted)
        found, _ = self.space.inbox.find(query)
        if not found or (count is not None and len(found) != count):
            raise AssertionError(not_sent(query, count, found, self.space))
        return found[-1]

    def assert_not_sent(self, **wanted: Unpack[MessageCriteria]) -> None:
        """No message that matches was accepted; `wanted` as in `assert_sent`.

        Raises:
            AssertionError: one was; shows it.
        """
        query = MessageQuery(**wanted)
        found, _ = self.space.inbox.find(query)
        if found:
            raise AssertionError(sent_after_all(query, found))

    def code_for(self, number: str, pattern: str | None = None) -> str:
        """Return the one-time code of the last message to a number.

        A code has 4 to 8 digits, or 3 and 3, which are given without what stands between them. Of
        several, the one behind a word such as `código`, `clave` or `code` counts.

        Args:
            number: as a Mexican writes it.
            pattern: a regular expression for other codes; its first group, if it has one, is the
                code.

        Raises:
            AssertionError: no message went there, or the last one holds no code.
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
        """Assert that nothing is odd about the requests so far.

        Args:
            kinds: which findings count (`arguments`, `charset`, `cleartext-password`, `resend`,
                `duplicate`, `encoding`); all but `encoding` when left out.

        Raises:
            AssertionError: there are some; lists them.
            ValueError: there is no such kind.
        """
        found = self.space.journal.findings(check_kinds(kinds) or GATED)
        if found:
            raise AssertionError(unwanted_findings(found))

    def assert_scripts_used(self) -> None:
        """Assert that every script answered a request.

        Raises:
            AssertionError: one did not; says which, and what kept it from the nearest request.
        """
        unused = self.space.scripts.unused()
        if unused:
            raise AssertionError(unused_scripts(unused, self.space))

    def check(self) -> None:
        """Nothing went wrong inside the server; the fixture asks at the end of the test.

        Raises:
            AssertionError: something did; shows the server's tracebacks.
        """
        errors = self.space.errors
        if errors:
            traces = "\n".join("".join(traceback.format_exception(error)) for error in errors)
            raise AssertionError(f"the mock server failed {len(errors)} times:\n{traces}")
