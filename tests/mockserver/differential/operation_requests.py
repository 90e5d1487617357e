"""Hypothesis strategies for calls of operations with typed arguments, encoded as clients do."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from tests.mockserver.differential.exchange import Request

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

_NAMESPACES = (
    'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n="urn:operaciones"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/"'
)
_TEXT = st.text(st.sampled_from(string.ascii_letters + " <>&'\"ñÑáé0123456789.-"), max_size=12)
_INTEGERS = st.one_of(st.integers(-(2**31), 2**31 - 1), st.sampled_from([0, 1, -1])).map(str)
_DECIMALS = st.decimals(-99999, 99999, places=2).map(lambda value: f"{value:f}".rstrip("0") + "1")
_DATES = st.dates().map(lambda value: value.isoformat())
SCALARS = {
    "eco_texto": ("string", _TEXT),
    "eco_entero": ("int", _INTEGERS),
    "eco_booleano": ("boolean", st.sampled_from(["true", "false", "1", "0"])),
    "eco_fecha": ("date", _DATES),
    "eco_decimal": ("decimal", _DECIMALS),
}
FIELDS = {
    "folio": ("int", _INTEGERS),
    "cliente": ("string", _TEXT),
    "urgente": ("boolean", st.sampled_from(["true", "false"])),
    "fecha": ("date", _DATES),
    "importe": ("decimal", _DECIMALS),
}


@st.composite
def requests(draw: DrawFn) -> Request:
    """A call of an operation that returns its argument."""
    typed = draw(st.booleans())
    operation = draw(
        st.sampled_from([*SCALARS, "eco_pedido", "eco_textos", "eco_pedidos", "eco_lote"])
    )
    if operation in SCALARS:
        argument = draw(_scalar("valor", *SCALARS[operation], typed=typed))
    elif operation == "eco_pedido":
        argument = draw(_order("valor", typed=typed))
    elif operation == "eco_textos":
        argument = draw(_texts("valor"))
    elif operation == "eco_pedidos":
        argument = draw(_orders("valor", typed=typed))
    else:
        name = draw(_scalar("nombre", "string", _TEXT, typed=typed))
        orders = draw(_orders("pedidos", typed=typed))
        argument = f"<valor>{name}{orders}{draw(_texts('notas'))}</valor>"
    body = (
        f"<e:Envelope {_NAMESPACES}><e:Body><n:{operation}>{argument}</n:{operation}></e:Body>"
        "</e:Envelope>"
    )
    headers = {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": f'"urn:operaciones#{operation}"',
    }
    return Request("POST", b"/webservice.php", headers, body.encode())


@st.composite
def _scalar(
    draw: DrawFn, name: str, schema_type: str, values: st.SearchStrategy[str], *, typed: bool
) -> str:
    declared = f' xsi:type="xsd:{schema_type}"' if typed else ""
    if draw(st.integers(0, 9)) == 0:
        return f'<{name}{declared} xsi:nil="true"/>'
    return f"<{name}{declared}>{escape(draw(values))}</{name}>"


@st.composite
def _order(draw: DrawFn, name: str, *, typed: bool) -> str:
    declared = ' xsi:type="n:Pedido"' if typed else ""
    if draw(st.integers(0, 9)) == 0:
        return f'<{name}{declared} xsi:nil="true"/>'
    fields = "".join(draw(_scalar(field, *kind, typed=typed)) for field, kind in FIELDS.items())
    return f"<{name}{declared}>{fields}</{name}>"


@st.composite
def _texts(draw: DrawFn, name: str) -> str:
    if draw(st.integers(0, 9)) == 0:
        return f'<{name} xsi:nil="true"/>'
    items = draw(st.lists(_TEXT.filter(str.strip), max_size=3))
    inner = "".join(f'<item xsi:type="xsd:string">{escape(item)}</item>' for item in items)
    return _array(name, "xsd:string", len(items), inner)


@st.composite
def _orders(draw: DrawFn, name: str, *, typed: bool) -> str:
    count = draw(st.integers(0, 2))
    inner = "".join(draw(_order("item", typed=typed)) for _ in range(count))
    return _array(name, "n:Pedido", count, inner)


def _array(name: str, item_type: str, length: int, inner: str) -> str:
    declared = f'xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="{item_type}[{length}]"'
    return f"<{name} {declared}>{inner}</{name}>"
