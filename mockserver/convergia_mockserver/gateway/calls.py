"""What a face asks of the gateway and what the gateway answers, without a word of HTTP or SOAP."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from .faults import Fault, FaultKind  # noqa: TC001 - msgspec reads them
from .own_reply import OwnReply  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FaceName = Literal["http", "soap"]
# "send", "status", or the name of another operation of the WSDL.
Operation = str
GUIDE_OPERATIONS = ("send", "status")
# Which scripts answer for the WSDL itself; a request for it is no call.
WSDL = "wsdl"

Scalar: TypeAlias = str | int | float | Decimal | bool | bytes | date | datetime | time
# A struct is a mapping, an array a list. None is nil.
Value: TypeAlias = "Scalar | Sequence[Value] | Mapping[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the gateway understood it.

    Attributes:
        face: the transport it came by.
        operation: `send`, `status`, or the WSDL's name of any other operation.
        arguments: by the guide's names (`username`, `password`, `number`, `message`, `extra`;
            `messageid`), as the gateway's script would see them: charset already applied. An
            argument that was absent is absent here. Those of another operation are texts by the
            WSDL's names (`pedido.fecha` inside a struct), but `username` and `password` by the
            guide's.
        address: the caller's IP address.
        findings: what the face noticed that the sender would not have expected.
        values: the arguments of another operation as Python values, by the WSDL's names, without
            the password.
    """

    face: FaceName
    operation: Operation
    arguments: Mapping[str, str] = field(repr=False)
    address: str = "127.0.0.1"
    findings: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict, repr=False)


# What became of a request that was passed on to a real gateway: a reply came; nothing was sent; or
# the reply was lost, and the gateway may have carried it out.
Relayed = Literal["answered", "not-sent", "unknown"]


class Resend(msgspec.Struct, frozen=True, gc=False):
    """An accepted send that repeats an accepted message: the customer gets the SMS twice.

    Attributes:
        message_id: the earlier message.
        seconds: since then, by the space's clock.
        lost_by: the fault that kept the earlier answer from the sender, if one did.
    """

    message_id: str
    seconds: float
    lost_by: FaultKind | None


class SoapFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A SOAP Fault as an answer.

    Attributes:
        text: the faultstring.
        code: the faultcode without its prefix: `Server`, `Client`, or the service's own.
        detail: a text for the detail element.
    """

    text: str
    code: str = "Server"
    detail: str = ""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What the gateway says to a call, before a face spells it.

    Attributes:
        code: one of the guide's numbers (of the table that belongs to the operation). Of another
            operation, None, or the status code for wrong credentials. None also for a SOAP Fault.
        message_id: the id that the reply shows of an accepted message; None for everything else.
        fault: a failure below the codes that the wire is to show.
        delay: seconds to hold the reply back.
        script: the id of the script that decided it; None when none did.
        resend: the accepted message that this one repeats.
        value: what the operation returns. Unset: the code in the face's dialect, or of another
            operation a value that the face makes up.
        soap_fault: a SOAP Fault instead of a result.
        reply: what goes out in place of what the face would spell.
        created: the id of the message that was accepted, if the reply shows another's.
        relayed: what became of it at the gateway that it was passed on to; None if it was answered
            here. Its code is None then: only the gateway knows what it replied.
    """

    code: int | None
    message_id: str | None = None
    fault: Fault | None = None
    delay: float = 0.0
    script: int | None = None
    resend: Resend | None = None
    value: Any = msgspec.UNSET
    soap_fault: SoapFault | None = None
    reply: OwnReply | None = None
    created: str | None = None
    relayed: Relayed | None = None

    @property
    def created_id(self) -> str | None:
        """The id of the message that was accepted, whatever the reply shows."""
        return self.created or self.message_id

    @property
    def replaces_code(self) -> bool:
        """Return True if something else goes out than the code in the face's dialect."""
        spelled = self.value is msgspec.UNSET and self.soap_fault is None
        return self.reply is not None or not spelled
