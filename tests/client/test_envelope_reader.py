"""Tests that learnt envelopes are read with the same result as a full parse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_sms._codecs import envelope
from convergia_sms._codecs.envelope import EnvelopeReader, read_envelope
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

OPEN = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
CLOSE = "</s:Body></s:Envelope>"

# Envelopes with a place for a value: where PHP puts one, and where it would mislead.
SHAPES = (
    f"{OPEN}<r><return>{{}}</return></r>{CLOSE}",
    f"\n\n{OPEN}<r><return> {{}}\n</return></r>{CLOSE}<br />\n<b>Notice</b>: x on line <b>3</b>",
    f'<?xml version="1.0" encoding="ISO-8859-1"?>{OPEN}<r><code>{{}}</code><id>7</id></r>{CLOSE}',
    f"{OPEN}<!-- {{}} --><r><return>100|7</return></r>{CLOSE}",
    f'{OPEN}<r when="{{}}"><return>100|7</return></r>{CLOSE}',
    f"{OPEN}<r><return><![CDATA[{{}}]]></return></r>{CLOSE}",
    f"{OPEN}<r><return>{{0}}</return><!-- {{0}} --></r>{CLOSE}",
    f"{OPEN}<r><return>&#49;00|7</return><x><!-- {{}} --></x></r>{CLOSE}",
    f"{OPEN}<s:Fault><faultcode>{{}}</faultcode></s:Fault>{CLOSE}",
)
VALUES = st.one_of(
    st.from_regex(r"[0-9]{1,3}(\|[0-9A-F-]{1,12})?", fullmatch=True),
    st.text(max_size=30),
    st.sampled_from(["", " ", "100|7", "]]>", "--", '"', "<a/>", "&amp;", "&#10;", CLOSE, OPEN]),
)


@given(st.lists(st.tuples(st.sampled_from(SHAPES), VALUES), min_size=2, max_size=12))
def test_earlier_replies_do_not_change_a_reading(replies: list[tuple[str, str]]) -> None:
    reader = EnvelopeReader()
    for shape, value in replies:
        body = shape.format(value).encode("utf-8", "replace")
        assert reader.read(body) == read_envelope(body)


def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return a function that counts the bodies parsed in full."""
    whole: list[bytes] = []

    def watched(body: bytes) -> object:
        whole.append(body)
        return read_envelope(body)

    monkeypatch.setattr(envelope, "read_envelope", watched)
    return lambda: len(whole)


def test_an_envelope_like_one_read_before_is_not_read_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = counted(monkeypatch)
    reader = EnvelopeReader()
    reader.read(SHAPES[0].format("100|1").encode())
    before = reads()

    assert reader.read(SHAPES[0].format("100|22").encode()) == "100|22"
    assert reads() == before


def test_learning_stops_for_a_gateway_whose_envelopes_always_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = counted(monkeypatch)
    reader = EnvelopeReader()
    for number in range(1_000):
        reader.read(f"<!-- {number} -->{SHAPES[0]}".replace("{}", f"100|{number:04}").encode())

    assert reads() < 1_020
