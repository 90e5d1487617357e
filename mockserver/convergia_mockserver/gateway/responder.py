"""Answering calls, by scripts first and then by the rules, and applying the effects.

Not thread-safe: the space does the locking.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from .calls import WSDL, Answer, Call, SoapFault
from .criteria import subject_of
from .faults import Fault, FaultKind
from .messages.delivery import WRONG_CREDENTIALS
from .operations import OperationCall, OperationError
from .rules import ACCEPTED, knows
from .scripts import ScriptAnswer

if TYPE_CHECKING:
    from .accounts import AccountBook, AccountState
    from .clock import Clock
    from .criteria import Subject
    from .listeners import Listeners
    from .messages import MessageStore, PlanBook, StoredMessage
    from .operations import OperationBook
    from .request_parts import RequestParts
    from .reserved import ReservedNumber
    from .rules import Rules
    from .scripts import ScriptBook

_NOTHING = ScriptAnswer()


class Responder:
    """Answers the calls to a space and changes its state."""

    def __init__(  # noqa: PLR0917 - a space's parts, each once
        self,
        rules: Rules,
        store: MessageStore,
        clock: Clock,
        accounts: AccountBook,
        scripts: ScriptBook,
        plans: PlanBook,
        listeners: Listeners,
        operations: OperationBook,
    ) -> None:
        self._rules = rules
        self._store = store
        self._clock = clock
        self._accounts = accounts
        self._scripts = scripts
        self._plans = plans
        self._listeners = listeners
        self._operations = operations

    def answer(self, call: Call, parts: RequestParts | None = None) -> Answer:
        """Return the answer to a call. Store the message of an accepted send.

        Args:
            call: the call.
            parts: the HTTP request that carried it, for scripts.
        """
        match call.operation:
            case "send":
                return self._send(call, parts)
            case "status":
                return self._status(call, parts)
            case _:
                return self._other(call, parts)

    def answer_for_wsdl(self, address: str, parts: RequestParts) -> Answer | None:
        """Return a script's answer to a request for the WSDL. None without such a script."""
        if not self._scripts:
            return None
        taken = self._scripts.take(subject_of(Call("soap", WSDL, {}, address), parts))
        if taken is None:
            return None
        said = taken.answer
        return Answer(None, None, _fault(said), taken.delay, taken.script, reply=said.reply)

    def _other(self, call: Call, parts: RequestParts | None) -> Answer:
        """Answer an operation other than send and status, by a script or with its own answer."""
        taken = self._scripts.take(subject_of(call, parts)) if self._scripts else None
        if taken is None:
            return self._own_answer(call)
        script, said, delay = taken
        if said.decides:
            answer = Answer(None, value=said.returns, soap_fault=said.soap_fault)
        else:
            answer = self._own_answer(call)
        return msgspec.structs.replace(
            answer, fault=_fault(said), delay=delay, script=script, reply=said.reply
        )

    def _own_answer(self, call: Call) -> Answer:
        username = call.arguments.get("username", "")
        if "password" in call.arguments and not knows(
            self._accounts.find(username), call.arguments
        ):
            return self._refusal(call.operation)
        answered = self._operations.answer(
            OperationCall(call.operation, call.values, username, call.address, call.face)
        )
        return Answer(None, value=answered.returns, soap_fault=answered.soap_fault)

    def _refusal(self, operation: str) -> Answer:
        code = str(WRONG_CREDENTIALS)
        if self._rules.profile.errors.operation_refusal == "code":
            # A result that is a struct cannot hold a code.
            with contextlib.suppress(OperationError):
                self._operations.check_result(operation, code)
                return Answer(WRONG_CREDENTIALS, value=code)
        refusal = SoapFault(self._rules.wrong_credentials, "Client")
        return Answer(WRONG_CREDENTIALS, soap_fault=refusal)

    def _send(self, call: Call, parts: RequestParts | None) -> Answer:
        arguments = call.arguments
        number = arguments.get("number", "")
        username = arguments.get("username", "")
        now = self._clock.now()
        account = self._accounts.find(username)
        reserved = self._rules.reserved.get(number)
        fault = None if reserved is None else reserved.fault
        delay, script, said, code = 0.0, None, _NOTHING, None
        if self._scripts:
            taken = self._scripts.take(subject_of(call, parts))
            if taken is not None:
                script, said, delay = taken
                code, fault = said.code, _fault(said) or fault
        value, soap_fault, reply = said.returns, said.soap_fault, said.reply
        if code is None and soap_fault is None:
            code = self._rules.send(call, account, reserved, now)
        if code != ACCEPTED or (fault is not None and not fault.kind.takes_message):
            return Answer(code, None, fault, delay, script, None, value, soap_fault, reply)
        before = self._store.latest
        stored = self._accept(call, now, account, reserved)
        lost_by = fault.kind if fault is not None and fault.kind.hides_reply else None
        resend = self._store.remember(stored, now, lost_by)
        shown, created = stored.id, None
        if fault is not None and fault.kind is FaultKind.DUPLICATE_ID and before is not None:
            shown, created = before.id, stored.id
        return Answer(code, shown, fault, delay, script, resend, value, soap_fault, reply, created)

    def _accept(
        self, call: Call, now: float, account: AccountState | None, reserved: ReservedNumber | None
    ) -> StoredMessage:
        arguments = call.arguments
        plan = self._plans.find(arguments.get("number", ""), arguments.get("username", ""))
        stored = self._store.accept(call, now, plan, None if reserved is None else reserved.state)
        if account is not None:
            account.count(now)
        if self._listeners:
            self._listeners.tell("message", stored.id)
        return stored

    def _status(self, call: Call, parts: RequestParts | None) -> Answer:
        stored = self._store.find(call.arguments.get("messageid", ""))
        username = call.arguments.get("username", "")
        if self._scripts:
            taken = self._scripts.take(_status_subject(call, stored, parts))
            if taken is not None:
                script, said, delay = taken
                code = said.code
                if code is None and said.soap_fault is None:
                    code = self._state(call, username, stored)
                return Answer(
                    code, None, _fault(said), delay, script,
                    None, said.returns, said.soap_fault, said.reply,
                )  # fmt: skip
        return Answer(self._state(call, username, stored))

    def _state(self, call: Call, username: str, stored: StoredMessage | None) -> int:
        account = self._accounts.find(username)
        if stored is not None and stored.account == username and knows(account, call.arguments):
            self._poll(stored)
        state = 0 if stored is None else stored.state(self._clock.now())
        return self._rules.status(call, account, stored, state)

    def _poll(self, stored: StoredMessage) -> None:
        now = self._clock.now()
        before = stored.state(now)
        stored.polls += 1
        if stored.plan.polls is not None:
            self._store.changed(stored)
            if stored.state(now) != before:
                self._store.changes += 1
                self._listeners.tell("status", stored.id)


def _fault(said: ScriptAnswer) -> Fault | None:
    return None if said.fault is None else Fault(said.fault, said.seconds)


def _status_subject(
    call: Call, stored: StoredMessage | None, parts: RequestParts | None
) -> Subject:
    """Return the subject of a status query, with number, text and extra of its message."""
    subject = subject_of(call, parts)
    if stored is None:
        return subject
    return msgspec.structs.replace(
        subject, number=stored.number, text=stored.text, extra=stored.extra
    )
