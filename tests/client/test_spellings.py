"""Tests that the client masks a secret in every spelling in which it may come back."""

from __future__ import annotations

import base64

import pytest
from convergia_contract.redaction import mask
from convergia_sms._redaction import MASK, Redactor
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spellings import SECRET, SPELLINGS

REDACTOR = Redactor(SECRET)


@pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize(
    ("before", "behind"), [(b'before "', b'" behind'), (b"A &amp; B %41 ", b" \\n")]
)
def test_a_secret_is_masked_in_every_spelling(spelt: bytes, before: bytes, behind: bytes) -> None:
    shown = REDACTOR.mask(before + spelt + behind)
    assert MASK in shown
    assert shown.startswith(before)
    assert shown.endswith(behind)
    for part in (b"and", b"A\xc3\xb1o", b"23", b"%3C", spelt):
        assert part not in shown


@pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)
def test_a_contract_report_masks_the_same_spellings(spelt: bytes) -> None:
    try:
        text = spelt.decode()
    except UnicodeDecodeError:
        text = spelt.decode("latin-1")
    shown = mask(f"before {text} behind", SECRET)
    assert shown == "before *** behind"


@settings(max_examples=25)  # each secret has patterns of its own to be compiled
@given(st.text(min_size=6, max_size=30))
def test_any_secret_is_masked_as_it_is_and_in_base64(secret: str) -> None:
    raw = secret.encode("utf-8", "surrogatepass")
    redactor = Redactor(secret)
    assert raw not in redactor.mask(b"<<" + raw + b">>") or raw in MASK
    coded = base64.b64encode(b"user:" + raw)
    assert coded not in redactor.mask(b"Basic " + coded)


@pytest.mark.parametrize("text", [b"", b"Hola", b"100|100000001", b"username", b"YWJjZGVmZ2g="])
def test_text_without_the_secret_is_unchanged(text: bytes) -> None:
    assert REDACTOR.mask(text) == text
