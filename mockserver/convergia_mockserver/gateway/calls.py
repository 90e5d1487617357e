"""What a face asks of the gateway and what the gateway answers, without a word of HTTP or SOAP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .faults import Fault

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


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway says to a call, before a face spells it.

    Attributes:
        code: one of the guide's numbers (of the table that belongs to the operation).
        message_id: the id of an accepted message; None for everything else.
        fault: a failure below the codes that the wire is to show.
        delay: seconds to hold the reply back.
    """

    code: int
    message_id: str | None = None
    fault: Fault | None = None
    delay: float = 0.0
