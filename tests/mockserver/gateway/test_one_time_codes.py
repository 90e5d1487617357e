"""Tests of one-time codes in texts as companies write them."""

from __future__ import annotations

import pytest
from convergia_mockserver.gateway.messages.codes import code_in


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Su código es 482913. Vence en 5 minutos.", "482913"),
        ("482913 es su clave de acceso", "482913"),
        ("BANCO: NIP 4821", "4821"),
        ("Tu código de verificación: 482 913", "482913"),
        ("G-482913 is your verification code", "482913"),
        ("Your code is 482-913.", "482913"),
        ("Pedido 12345678: su código es 9021", "9021"),
        ("Compra de $1500 en 2026. Clave: 55731 (no la comparta)", "55731"),
        ("Código: 00123456", "00123456"),
        ("Su pedido va en camino", None),
        ("Llame al 5512345678 o al +525512345678", None),
        ("Faltan 10 min, piso 3", None),
        ("", None),
    ],
)
def test_the_code_of_a_text(text: str, code: str | None) -> None:
    assert code_in(text) == code
