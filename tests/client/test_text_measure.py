"""Tests of the number of SMS that a text takes, against an independent table and a slow count."""

from __future__ import annotations

import codecs

import gsm0338
import pytest
from convergia_sms._text import measure, split
from hypothesis import given
from hypothesis import strategies as st

SPANISH = st.text(alphabet="abc ñÑéáíóú¿¡ü€[]{}^~|\\\f\n\r😀👩\u200d“”…")
TEXTS = st.one_of(st.text(), SPANISH, SPANISH.map(lambda text: text * 20))
_TABLE = gsm0338.Codec()


def _septets(text: str) -> int | None:
    """Count septets by gsm0338's tables. Return None if they lack a character of the text."""
    if "\x1b" in text:  # gsm0338 takes the escape itself for a character
        return None
    try:
        return len(_TABLE.encode(text)[0])
    except UnicodeEncodeError:
        return None


def _code_units(text: str) -> int:
    return len(codecs.encode(text, "utf-16-le", "surrogatepass")) // 2


def _count_by_hand(text: str) -> tuple[str, int, int]:
    """Return encoding, units and segments, found by filling parts a character at a time."""
    septets = _septets(text)
    encoding = "UCS-2" if septets is None else "GSM-7"
    costs = [_code_units(each) if septets is None else _septets(each) or 0 for each in text]
    alone, part = (70, 67) if septets is None else (160, 153)
    if sum(costs) <= alone:
        return encoding, sum(costs), min(1, len(costs))
    segments, room = 1, part
    for cost in costs:
        if cost > room:
            segments, room = segments + 1, part
        room -= cost
    return encoding, sum(costs), segments


@given(text=TEXTS)
def test_encoding_units_and_segments_are_the_independent_counts(text: str) -> None:
    facts = measure(text)
    assert (facts.encoding, facts.units, facts.segments) == _count_by_hand(text)


@given(text=TEXTS)
def test_the_parts_are_the_text_again_and_as_many_as_measured(text: str) -> None:
    parts = split(text)
    assert "".join(parts) == text
    assert len(parts) == measure(text).segments


@given(text=TEXTS)
def test_no_part_of_a_longer_text_exceeds_what_a_part_can_carry(text: str) -> None:
    facts = measure(text)
    parts = split(text)
    if len(parts) > 1:
        for part in parts:
            units = _septets(part) if facts.encoding == "GSM-7" else _code_units(part)
            assert units is not None
            assert units <= (153 if facts.encoding == "GSM-7" else 67)


@given(text=TEXTS)
def test_the_characters_that_force_ucs2_are_those_the_table_lacks(text: str) -> None:
    lacking = [each for each in dict.fromkeys(text) if _septets(each) is None]
    assert list(measure(text).forces_ucs2) == lacking


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("á" * 70, "UCS-2", 70, 1),
        ("á" * 71, "UCS-2", 71, 2),
        ("á" * 134, "UCS-2", 134, 2),
        ("á" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
    ],
)
def test_measure_counts_units_and_segments_at_the_known_limits(
    text: str, encoding: str, units: int, segments: int
) -> None:
    facts = measure(text)
    assert (facts.encoding, facts.units, facts.segments) == (encoding, units, segments)


def test_an_extension_character_moves_whole_to_the_next_part() -> None:
    # 306 septets would fill two parts; the € at the seam leaves one empty, so it takes three.
    text = "a" * 152 + "€" + "a" * 152
    assert [len(part) for part in split(text)] == [152, 152, 1]


def test_a_surrogate_pair_moves_whole_to_the_next_part() -> None:
    assert [len(part) for part in split("á" * 66 + "😀" + "á" * 10)] == [66, 11]


@pytest.mark.parametrize("character", "éÉñÑüÜ¿¡àÇ")
def test_these_spanish_characters_are_in_gsm7(character: str) -> None:
    assert measure(character).encoding == "GSM-7"


@pytest.mark.parametrize("character", "áíóúÁÍÓÚçªº«»“”‘’–—…\t`\x1b")  # noqa: RUF001
def test_these_are_not(character: str) -> None:
    assert measure(f"a{character}a").forces_ucs2 == (character,)
