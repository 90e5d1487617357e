"""Calls over SOAP."""

from __future__ import annotations

from dataclasses import dataclass

from convergia_mockserver.gateway.calls import Call


@dataclass(frozen=True, slots=True)
class SoapCall(Call):
    """A call over SOAP.

    Attributes:
        namespace: the namespace of the operation's element, which the reply repeats. Each character
            is one byte. None without a namespace.
        soap12: True if the reply must be SOAP 1.2.
    """

    namespace: str | None = None
    soap12: bool = False
