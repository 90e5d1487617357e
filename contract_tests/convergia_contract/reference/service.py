"""The SOAP service that a reference gateway offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Operation:
    """One of the service's two functions.

    Attributes:
        name: the operation's, which is the PHP function's: letters, digits and `_`.
        parts: from the guide's parameter to the part's name, in the order of the WSDL (NuSOAP
            passes arguments by position).
        result: the name of the part that is returned; in document style, empty when the response
            has no element around it.
        documentation: what the page of functions says about it.
    """

    name: str
    parts: Mapping[str, str]
    result: str = "return"
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """What an operation other than send and status answers.

    Attributes:
        result: its result, as JSON has it: a struct is an object, an array a list.
        echo: the position of the argument that it returns instead; None for `result`.
        credentials: the positions of user and password; None if it takes none.
    """

    result: object = None
    echo: int | None = None
    credentials: tuple[int, int] | None = None


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


SEND = Operation(
    "enviar_mensaje",
    _same("username", "password", "number", "message", "extra"),
    documentation="Envia un mensaje SMS",
)
STATUS = Operation(
    "estatus_mensaje",
    _same("username", "password", "messageid"),
    documentation="Consulta el estatus de un mensaje",
)


@dataclass(frozen=True, slots=True)
class Service:
    """What the SOAP engine publishes.

    Attributes:
        send: the operation that sends.
        status: the operation that queries.
        name: the service's name.
        namespace: the target namespace.
        style: `rpc`, or `document` (NuSOAP then wraps arguments and result in elements).
        use: `encoded` or `literal`.
        wsdl: a WSDL file that the engine is to read and serve; NuSOAP writes one from the rest if
            omitted. `style` must say which style the file has.
        nested: whether arguments stand inside elements of their own; `parts` then counts leaves.
        functions: what further operations of `wsdl` answer, by name.
        engine: `nusoap`, or `ext-soap` (PHP's own `SoapServer`), which needs a `wsdl`.
    """

    send: Operation = field(default=SEND)
    status: Operation = field(default=STATUS)
    name: str = "webservice"
    namespace: str = "urn:webservice"
    style: Literal["rpc", "document"] = "rpc"
    use: Literal["encoded", "literal"] = "encoded"
    wsdl: Path | None = None
    nested: bool = False
    functions: Mapping[str, Function] = field(default_factory=dict)
    engine: Literal["nusoap", "ext-soap"] = "nusoap"

    def __post_init__(self) -> None:
        if self.engine == "ext-soap" and self.wsdl is None:
            raise ValueError("ext-soap writes no WSDL: give the service one")
