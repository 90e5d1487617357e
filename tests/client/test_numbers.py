"""Tests of telephone numbers as people write them."""

from __future__ import annotations

import contextlib
import re

import pytest
from convergia_sms._numbers import _TWO_ENDINGS, normalize
from hypothesis import assume, given
from hypothesis import strategies as st

SEPARATORS = st.text(alphabet=" \t\u00a0\u202f\u2009-–()\u200e\u202a\u202c", max_size=2)  # noqa: RUF001
PREFIXES = ("", "52", "+52", "0052", "00 52", "521", "+521", "+52 1 ", "(+52) ", "01", "044", "045")
NATIONAL = st.from_regex(r"[1-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    "written",
    [
        "5512345678",
        "55 1234 5678",
        "(55) 1234-5678",
        "(55)1234.5678",
        "55-12-34-56-78",
        "55\u00a01234\u00a05678",
        "525512345678",
        "52 55 1234 5678",
        "+52 55 1234 5678",
        "+525512345678",
        "(+52) 55 1234 5678",
        "+52 1 55 1234 5678",
        "+5215512345678",
        "5215512345678",
        "52 1 55 1234 5678",
        "0052 55 1234 5678",
        "00 52 1 55 1234 5678",
        "044 55 1234 5678",
        "0445512345678",
        "045 55 1234 5678",
        "01 55 1234 5678",
        "015512345678",
        "+52 01 55 1234 5678",
        "+52 044 55 1234 5678",
        "\u202a+52 55 1234 5678\u202c",
        " 5512345678\n",
        "55.1234.5678",
        "55.12.34.56.78",
        "55 1234.5678",
        "5512345678.",
        "+52.5512345678",
        "5512345678.0",
        "5512345678,00",
        "525512345678.0",
        "+525512345678.0",
        "5,512,345,678",
        "5,512,345,678.00",
        "5.512.345.678,00",
        "5 512 345 678.00",
        "tel:+525512345678",
        "tel:+52-55-1234-5678",
        "TEL:5512345678;phone-context=+52",
        "tel:%2B525512345678",
        "'5512345678",
        "- 55 1234 5678",
        "5512-34-56-78",
    ],
)
def test_usual_mexican_spellings_become_the_guides_12_digits(written: str) -> None:
    assert normalize(written) == "525512345678"


@pytest.mark.parametrize(
    "number", ["520123456789", "520000000100", "520000001003", "520000002001", "520000000307"]
)
def test_the_guides_example_and_reserved_numbers_pass_as_they_are(number: str) -> None:
    assert normalize(number) == number


def test_a_reserved_number_may_be_written_with_spaces_and_a_plus() -> None:
    assert normalize("+52 0000000 307") == "520000000307"


@given(national=NATIONAL, prefix=st.sampled_from(PREFIXES), data=st.data())
def test_separators_and_old_prefixes_never_change_the_number(
    national: str, prefix: str, data: st.DataObject
) -> None:
    written = prefix + "".join(digit + data.draw(SEPARATORS) for digit in national)
    assume(not _TWO_ENDINGS.fullmatch(written.strip()))
    assert normalize(written) == "52" + national


@given(national=st.from_regex(r"[0-9]{10}", fullmatch=True))
def test_normalizing_twice_is_normalizing_once(national: str) -> None:
    assert normalize("52" + national) == "52" + national


@given(
    st.integers(0, 10**11),
    st.integers(1, 4),
    st.sampled_from([".", ","]),
    st.sampled_from(["{:d}", "{:,d}", "{:_d}"]),
)
def test_a_number_with_a_fraction_is_that_number_or_refused(
    whole: int, places: int, point: str, form: str
) -> None:
    # Another number than the whole one would be somebody else's.
    thousands = "." if point == "," else ","
    written = form.format(whole).replace(",", thousands).replace("_", " ") + point + "0" * places
    with contextlib.suppress(ValueError):
        assert normalize(written).endswith(f"{whole % 10**10:010d}"[-10:])
        assert len(str(whole)) in {10, 11, 12}


@given(st.text())
def test_anything_is_12_digits_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert re.fullmatch("52[0-9]{10}", normalize(text), re.ASCII)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "it is empty"),
        ("  - ", "no digits"),
        ("+", "no digits"),
        ("55 1234 567", "too short"),
        ("1234 5678", "10 digits, area code first"),
        ("+52 55 1234", "too short"),
        ("55 1234 5678 9", "too long"),
        ("5255123456789", "too long"),
        ("+1 212 555 0123", "another country"),
        ("+34 612 345 678", "another country"),
        ("0034612345678", "another country"),
        ("1 212 555 0123", "United States"),
        ("345512345678", "begin with 52"),
        ("0123456789", "begin with 0"),
        ("044 0123456789", "begin with 0"),
        ("55 1234 ABCD", "'A' (latin capital letter a)"),
        ("55 1234 5678 ext 9", "an extension"),
        ("55 1234 5678 Ext. 12", "an extension"),
        ("(55) 12345678x12", "an extension"),
        ("-5512345678", "it is negative"),
        ("-5512345678.0", "it is negative"),
        ("5512345678;drop", "';' (semicolon)"),
        ("52+5512345678", "come first"),
        ("++525512345678", "come first"),
        ("５５１２３４５６７８", "not a digit from 0 to 9"),  # noqa: RUF001
        ("٥٥١٢٣٤٥٦٧٨", "not a digit from 0 to 9"),
        ("55\x0012345678", "U+0000"),
        ("55123456.00", "too short"),
        ("551234567.0", "too short"),
        ("551,234,567.0", "too short"),
        ("55 123 456.00", "too short"),
        ("55 123 456,00", "too short"),
        ("5512345.678", "decimal point"),
        ("55.12345678", "decimal point"),
        ("5512345,678", "decimal comma"),
        ("55,123,456.78", "decimal point"),
        ("5512345678.5", "decimal point"),
        ("5512 3456 / 57", "two numbers"),
        ("55123456/78", "two numbers"),
        ("5512345657 / 5512345658", "two numbers"),
        ("5512345657, 5512345658", "two numbers"),
        ("5512345657; 58", "two numbers"),
        ("55 1234 5678 y 55 8765 4321", "two numbers"),
        ("5512345678 o 79", "two numbers"),
        ("5512345678,5587654321", "two numbers"),
        ("5512 3456-57", "two numbers"),
        ("5512 3456 – 57", "two numbers"),  # noqa: RUF001
        ("55123456-57", "two numbers"),
        ("+52 5512-3456-57", "two numbers"),
        ("55o2345678", "'o' (latin small letter o)"),
        ("551234\n5678", "two numbers"),
        ("5.51235E+09", "Excel shortened it"),
        ("5,51235e+09", "Excel shortened it"),
        ("5.512345678E+09", "Excel shortened it"),
        ("tel:+525512345678;ext=12", "extension"),
        ("tel:+12125550123", "another country"),
    ],
)
def test_a_refusal_says_why(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as refusal:
        normalize(written)
    assert repr(written) in str(refusal.value)


@pytest.mark.parametrize("number", [5512345678, None, b"5512345678"])
def test_a_number_that_is_not_a_str_is_a_type_error(number: object) -> None:
    with pytest.raises(TypeError, match="must be a str"):
        normalize(number)  # type: ignore[arg-type]
