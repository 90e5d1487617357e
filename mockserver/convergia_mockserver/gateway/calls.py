"""Calls to the gateway and its answers, free of HTTP and SOAP."""

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
# "send", "status", or the WSDL's name of another operation.
Operation = str
GUIDE_OPERATIONS = ("send", "status")
# The operation of scripts that answer requests for the WSDL. Such a request is not a call.
WSDL = "wsdl"

Scalar: TypeAlias = str | int | float | Decimal | bool | bytes | date | datetime | time
# A SOAP struct is a mapping, an array is a list, nil is None.
Value: TypeAlias = "Scalar | Sequence[Value] | Mapping[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the gateway understood it.

    Attributes:
        face: the transport of the request.
        operation: `send`, `status`, or the WSDL's name of another operation.
        arguments: the arguments by the guide's names (`username`, `password`, `number`, `message`,
            `extra`, `messageid`), decoded as the gateway's script sees them. Arguments that the
            request lacks are missing here as well. Those of another operation are texts by the
            WSDL's names (`pedido.fecha` inside a struct), except `username` and `password`.
        address: the IP address of the caller.
        findings: what the face noticed that the sender would not expect.
        values: the arguments of another operation as Python values, by the WSDL's names. The
            password is left out.
    """

    face: FaceName
    operation: Operation
    arguments: Mapping[str, str] = field(repr=False)
    address: str = "127.0.0.1"
    findings: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict, repr=False)


# The outcome of a request relayed to a real gateway: "answered" if a reply came, "not-sent" if
# nothing was written, "unknown" if the reply was lost and the gateway may have taken the message.
Relayed = Literal["answered", "not-sent", "unknown"]


class Resend(msgspec.Struct, frozen=True, gc=False):
    """A resend: an accepted send that repeats an accepted message, so the customer gets it twice.

    Attributes:
        message_id: the id of the earlier message.
        seconds: the seconds since then, by the clock of the space.
        lost_by: the fault that hid the earlier reply from the sender. None if it was not hidden.
    """

    message_id: str
    seconds: float
    lost_by: FaultKind | None


class SoapFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An answer that is a SOAP Fault.

    Attributes:
        text: the faultstring.
        code: the faultcode without its prefix: `Server`, `Client`, or the service's own.
        detail: the text of the detail element.
    """

    text: str
    code: str = "Server"
    detail: str = ""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The gateway's answer to a call, before a face encodes it.

    Attributes:
        code: a send code or a status code of the guide, depending on the operation. For another
            operation it is None, or the status code for wrong credentials. None for a SOAP Fault.
        message_id: the id that the reply shows for an accepted message. None otherwise.
        fault: the fault to inject. None for a normal reply.
        delay: the seconds by which the reply is delayed.
        script: the id of the script that gave the answer. None if no script did.
        resend: the accepted message that this one repeats. None if it repeats none.
        value: the value that the operation returns. If unset, the face writes the code in its
            dialect, and for another operation makes up a value.
        soap_fault: a SOAP Fault that replaces the result.
        reply: a reply that replaces the one that the face would write.
        created: the id of the accepted message, if the reply shows another id.
        relayed: the outcome at the gateway that the request was relayed to. None if it was answered
            here. The code of a relayed call is None.
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
        """The id of the accepted message, which the reply may hide. None if none was accepted."""
        return self.created or self.message_id

    @property
    def replaces_code(self) -> bool:
        """True if the reply is not just the code in the face's dialect."""
        spelled = self.value is msgspec.UNSET and self.soap_fault is None
        return self.reply is not None or not spelled
