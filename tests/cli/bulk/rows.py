"""Rows for the tests of `bulk send`, and the expected outcome of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway


ROWS = "celular,nombre,monto\n55 1234 5678,Ana,100\n+52 81 1234 5678,José,250\n"
NOTED = (
    "celular;nombre;monto;nota\n"
    "55 1234 5678;Ana;100;a, b, c, d, e, f, g, h, i, j, k\n+52 81 1234 5678;José;250;\n"
)
TEMPLATE = "Hola {nombre}: debes ${monto}"


def texts(gateway: MockGateway) -> list[tuple[str, str]]:
    return sorted((message.number, message.text) for message in gateway.messages)


EXPECTED = [("525512345678", "Hola Ana: debes $100"), ("528112345678", "Hola José: debes $250")]
