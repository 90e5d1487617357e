"""Numbers as Excel shows them, by the number formats of ECMA-376 §18.8.31.

Only formats with a certain result are rendered. All others are rejected, because a message must not
show another number than the screen. No library renders them: openpyxl and python-calamine return
values only, and ssf, a port of SheetJS's library, was last released in 2020.

Where Excel uses the system's settings (short dates, month names), a Mexican system is assumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from ._date_format import DATE_LETTERS, UNCERTAIN, FormatError, Token, render_date

__all__ = ["BUILTIN_FORMATS", "FormatError", "format_number", "format_text"]

BUILTIN_FORMATS = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: '"$"#,##0;\\-"$"#,##0', 6: '"$"#,##0;\\-"$"#,##0',
    7: '"$"#,##0.00;\\-"$"#,##0.00', 8: '"$"#,##0.00;\\-"$"#,##0.00',
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "dd/mm/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "dd/mm/yyyy h:mm",
    37: "#,##0 ;(#,##0)", 38: "#,##0 ;(#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)",
    41: '_-* #,##0_-;\\-* #,##0_-;_-* "-"_-;_-@_-',
    42: '_-"$"* #,##0_-;\\-"$"* #,##0_-;_-"$"* "-"_-;_-@_-',
    43: '_-* #,##0.00_-;\\-* #,##0.00_-;_-* "-"??_-;_-@_-',
    44: '_-"$"* #,##0.00_-;\\-"$"* #,##0.00_-;_-"$"* "-"??_-;_-@_-',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
"""Format codes of the ids that files do not define. 14, 22 and sums are a Mexican system's."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<width>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<halves>AM/PM|A/P)|(?P<exponent>E[+-])"
    r"|(?P<plain>.)",
    re.IGNORECASE | re.DOTALL,
)
_COLOURS = re.compile(
    r"(?:black|blue|cyan|green|magenta|red|white|yellow|color ?[0-9]+)", re.IGNORECASE
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]+)?)")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CURRENCY = re.compile(r"\$(?P<symbol>[^-]*)(?:-(?P<locale>[0-9a-fA-F]+))?")
# Excel shows these without quotation marks.
_LITERAL = frozenset("$-+/():!^&'~{}<>= ")
_DIGITS = frozenset("0#?")
_GENERAL_WIDTH = 11
_EXACT_DIGITS = 15
# A number of ten digits identifies somebody, and must not be rounded.
_ROUNDED_NEVER = 10**9
_SECTIONS = 4


@dataclass(frozen=True, slots=True)
class Section:
    """A format for numbers of one range, or for text.

    Attributes:
        tokens: the tokens of the format.
        condition: the numbers that it is for. None if its position decides.
        locale: the Windows language id for names of months and days. 0 for the system's.
    """

    tokens: tuple[Token, ...]
    condition: tuple[str, Decimal] | None
    locale: int

    def has(self, *kinds: str) -> bool:
        """Return True if a token has one of the kinds."""
        return any(token.kind in kinds for token in self.tokens)


def format_number(value: float, code: str, *, date1904: bool = False) -> str:
    """Return `value` as Excel shows it in a cell of format `code`.

    Raises:
        FormatError: it is not certain what Excel shows.
    """
    if not code:
        raise FormatError(UNCERTAIN)
    sections = _sections(code)
    section, signed = _section_for(value, sections, code)
    if section.has("date", "elapsed"):
        return render_date(value, section.tokens, section.locale, date1904=date1904).strip()
    if section.has("general"):
        shown = _general(abs(value))
        body = "".join(
            shown if token.kind == "general" else token.value for token in section.tokens
        )
    else:
        body = _decimal(abs(value), section.tokens)
    exact = _exact(value)
    if abs(value) >= _ROUNDED_NEVER and exact != exact.to_integral_value() and "." not in body:
        raise FormatError(f"it is {exact:f}, which Excel shows rounded; write it without decimals")
    negative = signed and value < 0 and any(digit in "123456789" for digit in body)
    return (f"-{body}" if negative else body).strip()


def format_text(text: str, code: str) -> str:
    """Return `text` as Excel shows it in a cell of format `code`.

    Raises:
        FormatError: it is not certain what Excel shows.
    """
    sections = _sections(code)
    section = sections[-1]
    if not section.has("text") and len(sections) < _SECTIONS:
        return text
    return "".join(text if token.kind == "text" else token.value for token in section.tokens)


@lru_cache(maxsize=256)
def _sections(code: str) -> tuple[Section, ...]:
    tokens: list[Token] = []
    condition: tuple[str, Decimal] | None = None
    locale = 0
    found: list[Section] = []
    for part in _TOKEN.finditer(code):
        kind, value = part.lastgroup, part[part.lastgroup or 0]
        if kind == "plain" and value == ";":
            found.append(Section(tuple(_merged(tokens)), condition, locale))
            tokens, condition, locale = [], None, 0
        elif kind == "bracket":
            if limit := _CONDITION.fullmatch(value):
                condition = limit[1], Decimal(limit[2])
            elif _ELAPSED.fullmatch(value):
                tokens.append(Token("elapsed", value.lower()))
            elif money := _CURRENCY.fullmatch(value):
                locale = int(money["locale"] or "0", 16)
                tokens.append(Token("literal", money["symbol"]))
            elif not _COLOURS.fullmatch(value):
                raise _uncertain(code)
        else:
            tokens.append(_token(kind, value, code))
    found.append(Section(tuple(_merged(tokens)), condition, locale))
    if len(found) > _SECTIONS:  # positive, negative, zero, text
        raise _uncertain(code)
    return tuple(found)


def _token(kind: str | None, value: str, code: str) -> Token:
    if kind in {"quoted", "escaped", "width", "fill"}:
        return Token("literal", {"width": " ", "fill": ""}.get(kind, value))
    if kind in {"general", "halves"}:
        return Token(kind, value)
    lower = value.lower()
    if value in _DIGITS:
        return Token("digit", value)
    if value in ".,%":
        return Token({".": "point", ",": "comma", "%": "percent"}[value], value)
    if value == "@":
        return Token("text", value)
    if kind == "plain" and lower in DATE_LETTERS:
        return Token("date", lower)
    if value in _LITERAL or ord(value[0]) > 127:  # noqa: PLR2004 - beyond ASCII
        return Token("literal", value)
    if kind == "exponent":
        raise FormatError(
            f"the format {code!r} shortens it, to something like 5.51E+09; format the column as a"
            " number without decimals"
        )
    raise _uncertain(code)


def _uncertain(code: str) -> FormatError:
    return FormatError(
        f"it is not known how Excel shows the format {code!r}; give it a common one, or write it"
        " as text"
    )


def _merged(tokens: list[Token]) -> list[Token]:
    """Join adjacent date letters, such as those of `yyyy`, into one token."""
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if token.kind == "date" and last and last.kind == "date" and last.value[0] == token.value:
            joined[-1] = Token("date", last.value + token.value)
        else:
            joined.append(token)
    return joined


def _section_for(value: float, sections: tuple[Section, ...], code: str) -> tuple[Section, bool]:
    """Return the section for `value`, and True if a minus must stand before a negative one."""
    # A section with @ is for text, if it is alone or last.
    numeric = [section for section in sections if not section.has("text")][:3]
    if not numeric:
        if code != "@":
            raise _uncertain(code)
        return Section((Token("general", ""),), None, 0), True
    if any(section.condition for section in numeric):
        if value < 0:
            raise _uncertain(code)
        exact = _exact(value)
        for section in numeric:
            if section.condition is None or _holds(exact, *section.condition):
                return section, False
        raise FormatError("no section of the format applies to the number")
    # Excel treats a negative number that rounds to zero as negative, and uses the second section.
    if value < 0 and len(numeric) > 1:
        return numeric[1], False
    if value == 0 and len(numeric) > 2:  # noqa: PLR2004 - positive, negative, zero
        return numeric[2], False
    return numeric[0], True


def _holds(value: Decimal, operator: str, limit: Decimal) -> bool:
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit,
        ">=": value >= limit, "=": value == limit, "<>": value != limit,
    }[operator]  # fmt: skip


def _exact(value: float) -> Decimal:
    """Return the number with the 15 significant digits that Excel works with."""
    return Decimal(f"{value:.{_EXACT_DIGITS}g}")


def _general(value: float) -> str:
    exact = _exact(value)
    if exact == exact.to_integral_value():
        # Excel shortens 12 digits to 5.25512E+11, but its formula bar shows all of them.
        return f"{exact:.0f}"
    whole = len(f"{int(exact)}")
    places = max(0, _GENERAL_WIDTH - 1 - whole)
    shown = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if exact < Decimal("0.0001") and shown != exact:
        mantissa, _, power = f"{exact:.5e}".partition("e")
        return f"{Decimal(mantissa).normalize():f}E{power[0]}{int(power[1:]):02d}"
    return f"{shown:f}".rstrip("0").rstrip(".") if places else f"{shown:f}"


def _decimal(value: float, tokens: tuple[Token, ...]) -> str:
    """Return `value` in a format of placeholders and literals."""
    digits = [at for at, token in enumerate(tokens) if token.kind == "digit"]
    percents = sum(token.kind == "percent" for token in tokens)
    point = next((at for at, token in enumerate(tokens) if token.kind == "point"), len(tokens))
    before = [at for at in digits if at < point]
    behind = [at for at in digits if at > point]
    if any(
        token.kind == "literal" and "/" in token.value and digits and digits[0] < at < digits[-1]
        for at, token in enumerate(tokens)
    ):
        raise FormatError("it is not known how Excel shows a fraction; write it as text")
    if not digits:
        if any(token.kind in {"comma", "point"} for token in tokens):
            raise FormatError(UNCERTAIN)
        return "".join(token.value for token in tokens)
    commas = [at for at, token in enumerate(tokens) if token.kind == "comma"]
    thousands = any(before and before[0] < at < before[-1] for at in commas)
    if any((before and at > before[-1]) or not before for at in commas):
        # A comma after the last place divides by a thousand: 1,234,567 is shown as 1,235.
        raise FormatError("the format shows thousands, not the number itself")
    exact = _exact(value) * 100**percents
    rounded = exact.quantize(Decimal(1).scaleb(-len(behind)), ROUND_HALF_UP)
    whole, _, fraction = f"{rounded:f}".partition(".")
    placed = _whole_places(
        whole.lstrip("0"), [tokens[at].value for at in before], thousands=thousands
    )
    fractions = _fraction_places(fraction, [tokens[at].value for at in behind])
    shown = dict(zip(before, placed, strict=True)) | dict(zip(behind, fractions, strict=True))
    if point < len(tokens) and not before:
        shown[point] = whole.lstrip("0") + "."
    return "".join(
        shown.get(at, "" if token.kind == "comma" else token.value)
        for at, token in enumerate(tokens)
    )


def _whole_places(whole: str, places: list[str], *, thousands: bool) -> list[str]:
    """Return the text for each place before the point. The first takes all remaining digits."""
    shown: list[str] = []
    taken = 0
    for at, place in reversed(list(enumerate(places))):
        left = whole[: max(0, len(whole) - taken)]
        digit = left[-1:] if at else left
        if not digit:
            digit = {"0": "0", "?": " ", "#": ""}[place]
        text = ""
        for character in reversed(digit):
            if thousands and taken and taken % 3 == 0 and character != " ":
                text = "," + text
            text = character + text
            taken += 1
        shown.append(text)
    return shown[::-1]


def _fraction_places(fraction: str, places: list[str]) -> list[str]:
    """Return the text for each place after the point."""
    shown = list(fraction.ljust(len(places), "0"))
    for at in range(len(places) - 1, -1, -1):
        if shown[at] != "0" or places[at] == "0":
            break
        shown[at] = " " if places[at] == "?" else ""
    return shown
