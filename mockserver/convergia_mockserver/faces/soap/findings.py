"""Findings about what NuSOAP does with a request that its sender would not expect.

They name elements but never show a value, since one of them is a password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .envelopes import SOAP11_ENVELOPE, SOAP12_ENVELOPE
from .php_values import PhpArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .binding import BoundOperation
    from .requests import SoapMessage
    from .wsdl import WsdlOperation

_LONGEST_NAME = 60


def surprises(message: SoapMessage, bound: BoundOperation, *, soap12: bool) -> tuple[str, ...]:
    """Return the findings about a send or status query. Empty if it conforms to the WSDL.

    Args:
        message: the request.
        bound: the operation that it calls.
        soap12: True if the WSDL offers SOAP 1.2.
    """
    return tuple(_surprises(message, bound, soap12=soap12))


def surprises_of_message(
    message: SoapMessage, operation: WsdlOperation, *, soap12: bool
) -> Iterator[str]:
    """Yield the findings about a request, except those about its arguments."""
    if message.ignored:
        yield f"{message.ignored}: its body was not read, and SOAPAction alone chose the operation"
        return
    yield from _unchecked(message, operation, soap12=soap12)
    if message.misread:
        yield (
            "the Content-Type was read as US-ASCII: NuSOAP reads everything after the first = as "
            "the charset, and knows UTF-8, ISO-8859-1 and US-ASCII"
        )
    if message.lost:
        yield "characters outside of the gateway's charset arrived as '?'"


def _surprises(message: SoapMessage, bound: BoundOperation, *, soap12: bool) -> Iterator[str]:
    yield from surprises_of_message(message, bound.operation, soap12=soap12)
    if message.ignored:
        return
    names = [str(name) for name in message.arguments]
    yield from _misplaced(names, [shape.name for shape in bound.operation.arguments])
    structs = {argument.position for argument in bound.arguments if argument.path}
    for position, (name, cell) in enumerate(message.arguments.items()):
        if isinstance(cell.value, PhpArray):
            if position in structs:
                continue
            yield (
                f"{_short(str(name))} is repeated, has children or attributes: it arrived as an "
                "array, which the gateway reads as empty"
            )
        elif cell.value is not None and not isinstance(cell.value, str):
            yield f"{_short(str(name))} arrived as a {type(cell.value).__name__}: xsi:type says so"


def _unchecked(message: SoapMessage, operation: WsdlOperation, *, soap12: bool) -> Iterator[str]:
    """Yield findings about deviations that other SOAP servers refuse."""
    if operation.style == "rpc":
        if message.method != operation.name:
            asked = _short(message.method)
            yield f"there is no operation {asked}: SOAPAction chose {operation.name}"
        if message.namespace != operation.input.namespace:
            yield "the operation's namespace is not the WSDL's, which NuSOAP does not check"
    if message.method == operation.name and message.action not in {"", operation.soap_action}:
        yield f"SOAPAction is not {operation.name}'s: NuSOAP goes by the Body"
    if message.version != SOAP11_ENVELOPE and not (soap12 and message.version == SOAP12_ENVELOPE):
        yield "the envelope is not SOAP 1.1's, which NuSOAP does not check: the reply is SOAP 1.1"
    if message.header:
        yield "the SOAP header was ignored, mustUnderstand or not"


def _misplaced(names: list[str], expected: list[str]) -> Iterator[str]:
    for name, place in zip(names, expected, strict=False):
        if name != place:
            yield f"{_short(name)} stands where {place} belongs: NuSOAP goes by position, not name"
    if len(names) < len(expected):
        yield f"only {len(names)} of {len(expected)} arguments came: the rest is empty"
    elif len(names) == 1 and not expected:
        yield "1 argument came for none: it was ignored"
    elif len(names) > len(expected):
        yield f"{len(names)} arguments came for {len(expected)}: the rest was ignored"


def _short(name: str) -> str:
    shown = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"
    return repr(shown)
