"""Faults: failures below the guide's codes, of the gateway, PHP or the network."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class FaultKind(enum.StrEnum):
    """The kinds of faults. The values are their public names."""

    RESET_BEFORE_READING = "reset-before-reading"
    ACCEPTED_THEN_RESET = "accepted-then-reset"
    ACCEPTED_THEN_SILENCE = "accepted-then-silence"
    HTTP_500 = "http-500"
    HTTP_503 = "http-503"
    TRUNCATED_BODY = "truncated-body"
    SLOW_DRIP = "slow-drip"
    EMPTY_BODY = "empty-body"
    HTML_PAGE = "html-page"
    PHP_WARNING = "php-warning"
    BLANK_LINES = "blank-lines"
    BYTE_ORDER_MARK = "byte-order-mark"
    LYING_CHARSET = "lying-charset"
    SOAP_FAULT_200 = "soap-fault-200"
    DUPLICATE_ID = "duplicate-id"

    @property
    def takes_message(self) -> bool:
        """True if the gateway accepts the message in spite of the fault."""
        return self not in _NOT_TAKEN

    @property
    def hides_reply(self) -> bool:
        """True if the fault hides the gateway's answer from the sender."""
        return self in _HIDING


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault to inject.

    Attributes:
        kind: the kind of fault.
        seconds: the longest time that a slow reply or a silence lasts.
    """

    kind: FaultKind
    seconds: float = 30.0


_NOT_TAKEN = frozenset(
    {
        FaultKind.RESET_BEFORE_READING,
        FaultKind.HTTP_500,
        FaultKind.HTTP_503,
        FaultKind.HTML_PAGE,
        FaultKind.SOAP_FAULT_200,
    }
)
_HIDING = _NOT_TAKEN | {
    FaultKind.ACCEPTED_THEN_RESET,
    FaultKind.ACCEPTED_THEN_SILENCE,
    FaultKind.TRUNCATED_BODY,
    FaultKind.EMPTY_BODY,
}
