"""Tests that a failing contract test shows no password, however a gateway echoes it."""

from __future__ import annotations

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from convergia_contract.redaction import mask

SECRET = "Ñandú & <Año>'23\"/"


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        repr(SECRET)[1:-1],
        html.escape(SECRET),
        json.dumps(SECRET)[1:-1],
        quote(SECRET, ""),
        quote(SECRET, "").lower(),
        quote_plus(SECRET),
        "".join(f"&#{ord(each)};" for each in SECRET),
        "".join(f"&#x{ord(each):X};" for each in SECRET),
    ],
)
def test_a_contracts_report_masks_the_password_as_a_gateway_escapes_it(spelled: str) -> None:
    assert mask(f"before {spelled} behind", SECRET) == "before *** behind"
