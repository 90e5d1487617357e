"""Reserved numbers, which trigger a code, a delivery state or a fault without any setup.

    52 0000000 CCC    the send is answered with code CCC (100: accepted)
    52 0000001 00S    accepted; its status query answers S
    52 0000002 0NN    fault NN, numbered as `FaultKind` lists them, from 01

A Mexican number never starts with 0 after 52, so these numbers belong to no subscriber.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from .faults import Fault, FaultKind
from .numbers import Code  # noqa: TC001 - msgspec reads it
from .patterns import full_number

if TYPE_CHECKING:
    from convergia_wsdl import Guide

_CODE = "520000000{:03d}"
_STATE = "520000001{:03d}"
_FAULT = "520000002{:03d}"
_LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class ReservedNumber:
    """A reserved number and its effect: exactly one of code, state and fault.

    Attributes:
        number: 12 digits.
        code: the send code that a send to it gets.
        state: the status code that the accepted message gets.
        fault: the fault that a send to it gets.
        text: a description: the guide's text of the code, or the name of the fault.
    """

    number: str
    code: int | None
    state: int | None
    fault: Fault | None
    text: str


class ReservedOutcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The effect of a reserved number: exactly one of code, state and fault.

    Attributes:
        code: a send code of the guide.
        state: a status code of the guide. The message is accepted, and status queries answer this.
        fault: the fault that a send gets.
        seconds: the longest time that a silence or a slow reply lasts, up to 3,600.
    """

    code: Code | None = None
    state: Code | None = None
    fault: FaultKind | None = None
    seconds: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST)] = 30.0

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.code, self.state, self.fault)) != 1:
            raise ValueError("a reserved number must have exactly one of: code, state, fault")

    def of(self, number: str, guide: Guide) -> ReservedNumber:
        """Return the reserved number.

        Args:
            number: 12 digits, or any usual Mexican spelling.
            guide: the guide, which lists the codes.

        Raises:
            ValueError: if the guide does not list the code, or `number` is not a number.
        """
        digits = full_number(number)
        if self.fault is not None:
            fault = Fault(self.fault, self.seconds)
            return ReservedNumber(digits, None, None, fault, self.fault.value)
        field, code, table = "code", self.code, guide.send
        if code is None:
            field, code, table = "state", self.state, guide.status
        text = None if code is None else table.text(code)
        if text is None:
            listed = ", ".join(str(known.code) for known in table.codes)
            raise ValueError(f"{field}: the guide does not list {code}. Valid values: {listed}.")
        return ReservedNumber(digits, self.code, self.state, None, text)


def reserved_numbers(guide: Guide) -> dict[str, ReservedNumber]:
    """Return all reserved numbers, from the guide's codes and the list of faults."""
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
