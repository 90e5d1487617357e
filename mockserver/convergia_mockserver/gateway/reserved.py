"""Numbers that need no setup: a send to one triggers a code, a delivery state or a fault.

    52 0000000 CCC    the send is answered with code CCC (100: accepted)
    52 0000001 00S    accepted; its status query answers S
    52 0000002 0NN    fault NN, numbered as `FaultKind` lists them, from 01

A Mexican number never starts with 0, so none of them is anybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .faults import Fault, FaultKind

if TYPE_CHECKING:
    from convergia_wsdl import Guide

_CODE = "520000000{:03d}"
_STATE = "520000001{:03d}"
_FAULT = "520000002{:03d}"


@dataclass(frozen=True, slots=True)
class ReservedNumber:
    """One reserved number and what it does; of code, state and fault exactly one is there.

    Attributes:
        number: 12 digits.
        code: the send code it is answered with.
        state: what the accepted message's status query answers.
        fault: what the wire shows.
        text: the same for people: the guide's words, or the fault's name.
    """

    number: str
    code: int | None
    state: int | None
    fault: Fault | None
    text: str


def reserved_numbers(guide: Guide) -> dict[str, ReservedNumber]:
    """All of them by number, from the guide's codes and the list of faults."""
    numbers = [
        ReservedNumber(_CODE.format(known.code), known.code, None, None, known.text)
        for known in guide.send.codes
    ]
    numbers += [
        ReservedNumber(_STATE.format(known.code), None, known.code, None, known.text)
        for known in guide.status.codes
    ]
    numbers += [
        ReservedNumber(_FAULT.format(position), None, None, Fault(kind), kind.value)
        for position, kind in enumerate(FaultKind, start=1)
    ]
    return {reserved.number: reserved for reserved in numbers}
