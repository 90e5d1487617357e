"""A journal entry: as the space stores it, and as it is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from sys import getsizeof
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.calls import (  # noqa: TC001 - msgspec reads them
    Answer,
    Call,
    Relayed,
)
from convergia_mockserver.gateway.masking import MASK

from .exchanges import Exchange, RecordedReply, RecordedRequest, recorded
from .findings import Finding, findings

if TYPE_CHECKING:
    from convergia_wsdl import Profile


class StoredEntry(msgspec.Struct, gc=False):
    """An entry as the space stores it. `call` and `answer` are None if the request was no call."""

    number: int
    at: float
    face: str
    exchange: Exchange
    call: Call | None
    answer: Answer | None

    @property
    def weight(self) -> int:
        """The approximate size in bytes."""
        read = () if self.call is None else self.call.arguments.values()
        return self.exchange.weight + sum(map(getsizeof, read))

    def __repr__(self) -> str:
        return f"StoredEntry(number={self.number})"


class JournalEntry(msgspec.Struct, frozen=True):
    """A request with its reply.

    Attributes:
        id: the number of the entry in the journal of the space, from 1.
        at: the time of the answer in UTC, by the clock of the space.
        face: `http` or `soap`.
        operation: `send`, `status` or another operation of the WSDL. None if the request was not a
            call, such as a request for the WSDL or a broken one.
        arguments: the arguments as the gateway read them. The password is masked.
        address: the IP address of the caller.
        code: the guide's code that the gateway chose, even if a fault hid it from the client. None
            if the request was not a call.
        message_id: the id of the message that the request created.
        fault: the fault that was injected.
        replaced: true if a script's reply, value or SOAP Fault replaced the code.
        delay: the seconds by which the answer was delayed.
        script: the id of the script that gave the answer.
        relayed: the outcome of a request that was relayed to a real gateway: `answered` (the reply
            is the gateway's), `not-sent`, or `unknown` (the reply was lost, and the message may
            have been sent).
        duplicate_of: the id of the accepted message that this accepted send repeats.
        findings: what the sender would not expect about the request.
        request: the request as it came. The password is masked.
        reply: the reply, as far as it was sent.
    """

    id: int
    at: datetime
    face: str
    operation: str | None
    arguments: dict[str, str]
    address: str
    code: int | None
    message_id: str | None
    fault: str | None
    replaced: bool
    delay: float
    script: int | None
    duplicate_of: str | None
    findings: tuple[Finding, ...]
    request: RecordedRequest
    reply: RecordedReply
    relayed: Relayed | None = None

    def curl(self) -> str:
        """Return a curl command that sends the request again. Replace `***` by the password."""
        return self.request.curl()


def entry_view(stored: StoredEntry, profile: Profile) -> JournalEntry:
    """Return an entry as it is shown, with the password masked."""
    call, answer = stored.call, stored.answer
    arguments = {} if call is None else dict(call.arguments)
    request, reply = recorded(stored.exchange, arguments.get("password", ""))
    if arguments.get("password"):
        arguments["password"] = MASK
    resend = None if answer is None else answer.resend
    return JournalEntry(
        id=stored.number,
        at=datetime.fromtimestamp(stored.at, UTC),
        face=stored.face,
        operation=None if call is None else call.operation,
        arguments=arguments,
        address=stored.exchange.address,
        code=None if answer is None else answer.code,
        message_id=None if answer is None else answer.created_id,
        fault=None if answer is None or answer.fault is None else answer.fault.kind.value,
        replaced=answer is not None and answer.replaces_code,
        delay=0.0 if answer is None else answer.delay,
        script=None if answer is None else answer.script,
        duplicate_of=None if resend is None else resend.message_id,
        findings=findings(stored.exchange, call, answer, profile),
        request=request,
        reply=reply,
        relayed=None if answer is None else answer.relayed,
    )
