"""What a face asks of the gateway and what the gateway answers, without a word of HTTP or SOAP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from .faults import Fault, FaultKind  # noqa: TC001 - msgspec reads them

if TYPE_CHECKING:
    from collections.abc import Mapping

FaceName = Literal["http", "soap"]
Operation = Literal["send", "status"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the gateway understood it.

    Attributes:
        face: the transport it came by.
        operation: send or status.
        arguments: by the guide's names (`username`, `password`, `number`, `message`, `extra`;
            `messageid`), as the gateway's script would see them: charset already applied. An
            argument that was absent is absent here.
        address: the caller's IP address.
        findings: what the face noticed that the sender would not have expected.
    """

    face: FaceName
    operation: Operation
    arguments: Mapping[str, str] = field(repr=False)
    address: str = "127.0.0.1"
    findings: tuple[str, ...] = ()


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


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What the gateway says to a call, before a face spells it.

    Attributes:
        code: one of the guide's numbers (of the table that belongs to the operation).
        message_id: the id of an accepted message; None for everything else.
        fault: a failure below the codes that the wire is to show.
        delay: seconds to hold the reply back.
        script: the id of the script that decided it; None when none did.
        resend: the accepted message that this one repeats.
    """

    code: int
    message_id: str | None = None
    fault: Fault | None = None
    delay: float = 0.0
    script: int | None = None
    resend: Resend | None = None
