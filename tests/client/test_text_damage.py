"""Tests of damage to texts by the gateway, of transliteration, and of the preview of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_sms._text import damage, measure, preview, transliterate
from convergia_wsdl import load_profile
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.one_of(st.text(), st.text(alphabet="abñáó€“”—…😀n\u0303Δº \u200b\t\ud800"))
CHARSETS = st.sampled_from(["utf-8", "iso-8859-1", "ascii", "cp1252"])


def _profile(folder: Path, line: str) -> Path:
    source = folder / "profile.toml"
    source.write_text(f"[text]\n{line}\n", encoding="utf-8")
    return source


@given(text=TEXTS)
def test_over_soap_the_damaged_are_the_characters_that_php_turns_into_question_marks(
    text: str,
) -> None:
    arrives = text.encode("iso-8859-1", "replace").decode("iso-8859-1")
    changed = [a for a, b in zip(text, arrives, strict=True) if a != b]
    assert list(damage(text, load_profile(), "soap")) == list(dict.fromkeys(changed))


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_over_http_nothing_is_damaged(text: str) -> None:
    assert damage(text, load_profile(), "http") == ()


def test_a_profile_without_soap_charset_loses_nothing(tmp_path: Path) -> None:
    profile = load_profile(_profile(tmp_path, 'soap_charset = ""'))
    assert damage("€ 😀", profile, "soap") == ()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Información así: “será” — ¿sí?…", 'Informacion asi: "sera" - ¿si?...'),
        ("El niño pingüino comió café", "El niño pingüino comio café"),
        ("nin\u0303o", "niño"),
        ("Canción", "Cancion"),
        ("1º y 2ª ‹así›", "1o y 2a 'asi'"),  # noqa: RUF001
        ("a\u200bb\u00adc\u00a0d", "abc d"),
        ("ﬁn ＡＢＣ", "fin ABC"),  # noqa: RUF001
        ("Pague $100", "Pague $100"),
        ("ÁÍÓÚÇç", "AIOUÇc"),
        ("100€", "100€"),
    ],
)
def test_a_character_is_replaced_only_by_an_evident_equivalent(text: str, written: str) -> None:
    assert transliterate(text).text == written


def test_gsm7_characters_outside_the_gateways_charset_are_also_replaced() -> None:
    assert transliterate("100€", "iso-8859-1").text == "100EUR"


def test_every_change_is_reported_with_its_count() -> None:
    changes = transliterate("así así — ñ").replacements
    assert [(c.original, c.replacement, c.count) for c in changes] == [("í", "i", 2), ("—", "-", 1)]


def test_a_character_without_a_replacement_stays_and_is_listed() -> None:
    done = transliterate("¡Felicidades 😀! 你好, así")
    assert done.text == "¡Felicidades 😀! 你好, asi"
    assert done.remaining == ("😀", "你", "好")


@given(text=TEXTS, charset=CHARSETS)
def test_transliterated_text_is_gsm_7_apart_from_what_is_reported(text: str, charset: str) -> None:
    done = transliterate(text, charset)
    rest = "".join(each for each in done.text if each not in done.remaining)
    assert measure(rest).encoding == "GSM-7"
    assert rest.encode(charset).decode(charset) == rest


@given(text=TEXTS, charset=CHARSETS)
def test_transliterating_twice_changes_nothing_more(text: str, charset: str) -> None:
    done = transliterate(text, charset)
    assert transliterate(done.text, charset).replacements == ()


@given(text=st.text(alphabet="abc ñÑéü¿¡@$\n"))
def test_a_text_that_needs_no_transliteration_is_unchanged(text: str) -> None:
    done = transliterate(text, "iso-8859-1")
    assert (done.text, done.replacements, done.remaining) == (text, (), ())


def test_a_preview_shows_number_cost_damage_and_the_transliterated_text() -> None:
    seen = preview("55 1234 5678", "Así cuesta 5 € 😀")
    assert seen.number == "525512345678"
    assert (seen.encoding, seen.units, seen.segments) == ("UCS-2", 17, 1)
    assert seen.forces_ucs2 == ("í", "😀")
    assert seen.damaged == ("€", "😀")
    assert seen.transliteration.text == "Asi cuesta 5 EUR 😀"
    assert seen.transliterated_segments == 1
    assert not seen.too_long


def test_over_http_a_preview_finds_no_damage() -> None:
    seen = preview("5512345678", "5 €", transport="http")
    assert seen.damaged == ()
    assert seen.transliteration.text == "5 €"


@pytest.mark.parametrize(
    ("unit", "text", "length"),
    [("characters", "€€", 2), ("septets", "€€", 4), ("segments", "a" * 161, 2)],
)
def test_the_limit_counts_in_the_profiles_unit(
    tmp_path: Path, unit: str, text: str, length: int
) -> None:
    at_limit = load_profile(_profile(tmp_path, f'unit = "{unit}"\nmax_length = {length}'))
    seen = preview("5512345678", text, profile=at_limit)
    assert (seen.length, seen.too_long) == (length, False)
    below = load_profile(_profile(tmp_path, f'unit = "{unit}"\nmax_length = {length - 1}'))
    assert preview("5512345678", text, profile=below).too_long


def test_a_preview_of_an_invalid_number_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="too short"):
        preview("55", "Hola")
