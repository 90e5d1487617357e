"""A gateway of the gallery, which differs from the assumptions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import msgspec
from convergia_contract.reference import Body, Habits, Operation, ReferenceGateway, Service
from convergia_wsdl import load_profile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gallery.wsdls import Shape, Wsdl


@dataclass(frozen=True, slots=True)
class Stranger:
    """A gateway of the gallery.

    Attributes:
        name: what the table calls it.
        wsdl: its web service.
        http: how its scripts spell replies to a send, with and without an id.
        status: the same of a query, with `{code}` and `{text}` only.
        soap: what the web service returns for a send; as `http` if left out.
        soap_status: the same of a query; as `status` if left out.
        id_format: how it spells its message ids, for PHP's `sprintf`.
        precedence: which of its codes goes before which; the packaged profile's if empty.
    """

    name: str
    wsdl: Wsdl
    http: tuple[str, str]
    status: str = "{code}"
    soap: tuple[object, object] | None = None
    soap_status: object = None
    engine: Literal["nusoap", "ext-soap"] = "nusoap"
    id_format: str = "%d"
    precedence: tuple[int, ...] = ()
    content_type: str = "text/html; charset=UTF-8"
    habits: Habits = field(default_factory=Habits)

    def gateway(self, folder: Path) -> ReferenceGateway:
        """Return it, not yet started; `folder` takes its WSDL."""
        source = folder / "stranger.wsdl"
        source.write_text(self.wsdl.text(), encoding="utf-8")
        status = self.status if self.soap_status is None else self.soap_status
        bodies = {
            "http.send": Body(*self.http),
            "http.status": Body(self.status, self.status),
            "soap.send": Body(*(self.http if self.soap is None else self.soap)),
            "soap.status": Body(status, status),
        }
        packaged = load_profile()
        change = msgspec.structs.replace
        errors = packaged.errors
        if self.precedence:
            errors = change(errors, precedence=self.precedence, status_precedence=(6, 5))
        http = change(packaged.reply.http, content_type=self.content_type)
        profile = change(packaged, errors=errors, reply=change(packaged.reply, http=http))
        service = Service(
            send=_operation(self.wsdl.send),
            status=_operation(self.wsdl.status),
            name=self.wsdl.name,
            namespace=self.wsdl.namespace,
            style=self.wsdl.style,
            use="encoded" if self.wsdl.style == "rpc" else "literal",
            wsdl=source,
            engine=self.engine,
        )
        return ReferenceGateway(
            profile,
            service=service,
            id_format=self.id_format,
            habits=replace(self.habits, bodies=bodies),
        )


def _operation(shape: Shape) -> Operation:
    # Several results, and none that is wrapped, are returned as they are.
    result = next(iter(shape.results)) if len(shape.results) == 1 else ""
    return Operation(shape.name, shape.parts, result=result)
