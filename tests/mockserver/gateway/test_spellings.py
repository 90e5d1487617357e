"""Tests that a secret is masked in every spelling in which it may come back."""

from __future__ import annotations

import pytest
from convergia_mockserver.gateway.masking import MASK, spellings_of, without
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spellings import SECRET, SPELLINGS


@pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_masked_in_every_spelling(spelt: bytes) -> None:
    shown = without(b'before "' + spelt + b'" behind', SECRET)
    assert MASK.encode() in shown
    assert shown.startswith(b'before "')
    assert b"behind" in shown
    for part in (b"and", b"A\xc3\xb1o", b"23", b"%3C", spelt):
        assert part not in shown


@settings(max_examples=25)  # each secret has a pattern of its own to be compiled
@given(st.text(min_size=6, max_size=30))
def test_any_secret_is_masked_as_it_is(secret: str) -> None:
    raw = secret.encode("utf-8", "surrogatepass")
    assert raw not in without(b"<<" + raw + b">>", secret) or raw in MASK.encode()


@pytest.mark.parametrize(
    "text", [b"", b"Hola", b"100|100000001", b"demo", b"password", b"aGVsbG8="]
)
def test_bytes_without_the_secret_are_unchanged(text: bytes) -> None:
    assert without(text, SECRET) == text


def test_a_hostile_secret_does_not_make_masking_slow() -> None:
    body = (b"?" * 5000 + b"abc") * 4
    assert spellings_of("\u00f1" * 100 + "abcd").sub(b"", body) == body
