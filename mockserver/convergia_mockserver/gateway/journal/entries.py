"""A journal entry: as its space keeps it, and as others see it."""

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
    """An entry as its space keeps it; `call` and `answer` are None when no face could read it."""

    number: int
    at: float
    face: str
    exchange: Exchange
    call: Call | None
    answer: Answer | None

    @property
    def weight(self) -> int:
        """Bytes it holds, more or less: the bytes that went over the wire, and what was read."""
        read = () if self.call is None else self.call.arguments.values()
        return self.exchange.weight + sum(map(getsizeof, read))

    def __repr__(self) -> str:
        return f"StoredEntry(number={self.number})"


class JournalEntry(msgspec.Struct, frozen=True):
    """A request and its reply.

    Attributes:
        id: its number in the space's journal, from 1.
        at: when it was answered, UTC, by the space's clock.
        face: http or soap.
        operation: send, status or another of the WSDL; None for a request that was no call (the
            WSDL, a broken one).
        arguments: as the gateway read them, the password masked.
        address: the caller's IP address.
        code: the guide's code that the gateway decided on, even if a fault kept it from the client;
            None for a request that was no call.
        message_id: the id of the message that it created.
        fault: the failure that was shown instead of, or around, the answer.
        replaced: whether a script's reply, value or SOAP Fault went out in place of the code.
        delay: seconds that the answer was held back.
        script: the id of the script that decided it.
        relayed: of a request that was passed on to a real gateway: `answered` (the reply is its
            reply), `not-sent`, or `unknown` (the reply was lost, and the message may be sent).
        duplicate_of: the accepted message that this accepted send repeats.
        findings: what the sender would not have expected.
        request: as it came, the password masked.
        reply: as far as it went over the wire.
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
        """Return the command that sends the request again; put the password where `***` stands."""
        return self.request.curl()


def entry_view(stored: StoredEntry, profile: Profile) -> JournalEntry:
    """Return an entry for others."""
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
