"""Failures below the codes: what the wire shows instead of, or around, a proper reply."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class FaultKind(enum.StrEnum):
    """Every way the gateway, PHP or the network can fail. The values are the public names."""

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
        """Whether the gateway took the message all the same."""
        return self not in _NOT_TAKEN

    @property
    def hides_reply(self) -> bool:
        """Whether the sender cannot read the gateway's answer."""
        return self in _HIDING


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure to show.

    Attributes:
        kind: which.
        seconds: how long a drip or a silence lasts at most.
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
