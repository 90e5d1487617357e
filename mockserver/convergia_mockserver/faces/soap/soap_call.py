"""A call that came by SOAP."""

from __future__ import annotations

from dataclasses import dataclass

from convergia_mockserver.gateway.calls import Call


@dataclass(frozen=True, slots=True)
class SoapCall(Call):
    """A call that came by SOAP.

    Attributes:
        namespace: of the element that named the operation, which the reply repeats: each character
            one byte; None for none.
        soap12: whether to reply in SOAP 1.2.
    """

    namespace: str | None = None
    soap12: bool = False
