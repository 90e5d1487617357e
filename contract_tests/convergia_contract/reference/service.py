"""The SOAP service that a reference gateway offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Operation:
    """The operation of the service for send or status.

    Attributes:
        name: the name of the operation and the PHP function: letters, digits and `_`.
        parts: the names of the parts by the guide's parameters, in the order of the WSDL, because
            NuSOAP passes arguments by position.
        result: the name of the returned part. In document style it is empty if the response has no
            element around it.
        documentation: the description on the page of functions.
    """

    name: str
    parts: Mapping[str, str]
    result: str = "return"
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """The answer of an operation other than send and status.

    Attributes:
        result: the result, as in JSON: a struct is an object, an array a list.
        echo: the position of an argument to return instead. None to return `result`.
        credentials: the positions of user and password. None if it takes none.
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
    """The SOAP service that the gateway publishes.

    Attributes:
        send: the operation for send.
        status: the operation for status.
        name: the name of the service.
        namespace: the target namespace.
        style: `rpc`, or `document`, in which NuSOAP wraps arguments and result in elements.
        use: `encoded` or `literal`.
        wsdl: the WSDL file that the engine reads and serves. By default NuSOAP generates one from
            the other fields. `style` must be the style of the file.
        nested: True if arguments are nested in further elements. `parts` then lists the leaves.
        functions: the answers of further operations of `wsdl`, by name.
        engine: `nusoap`, or `ext-soap` (PHP's own `SoapServer`), which requires a `wsdl`.
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
            raise ValueError("ext-soap does not generate a WSDL: give `wsdl`")
