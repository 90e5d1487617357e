"""Spanish translations, from the catalogue `locale/es.po`.

The catalogue's texts are templates: `line {0}: {1}` matches every line and problem, and the value
of a placeholder is translated too. `make texts` collects the templates from the source.
CONTRIBUTING.md describes how to add a translation.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PLACEHOLDER = re.compile(r"\{(\d)\}")
# A gateway's text that repeats our templates must not exhaust the stack.
_DEPTH = 8
_LINE = re.compile(r'(msgctxt|msgid(?:_plural)?|msgstr(?:\[[01]\])?)? ?(".*")')
# A count has two texts in Spanish, as in English: for 1, and for any other number.
_PAIRS = (("msgid", "msgstr"), ("msgid", "msgstr[0]"), ("msgid_plural", "msgstr[1]"))
METAVAR = re.compile(r"(?<![\w-])(?:INTEGER RANGE|FLOAT RANGE|[A-Z]{2,}(?:_[A-Z]{2,})*|N)(?![\w-])")
_QUOTED_METAVAR = re.compile(r"'(?:\[?[A-Z]{2,}[A-Z_.\]]*)'")


@dataclass(frozen=True, slots=True)
class CatalogueText:
    """A text in the catalogue and its translation.

    Attributes:
        context: `word` if it is alone in a cell or a placeholder, `metavar` if it is the name of a
            value in a usage line, otherwise empty.
    """

    context: str
    english: str
    spanish: str


@dataclass(frozen=True, slots=True)
class _Template:
    pieces: tuple[str, ...]
    numbers: tuple[int, ...]
    spanish: str

    def values(self, text: str) -> dict[int, str] | None:
        """Return the placeholders' values, or None if the text does not match."""
        first, *inner, last = self.pieces
        end = len(text) - len(last)
        if not (text.startswith(first) and text.endswith(last) and len(first) <= end):
            return None
        found, start = [], len(first)
        for piece in inner:
            at = text.find(piece, start, end)
            if at < 0:
                return None
            found.append(text[start:at])
            start = at + len(piece)
        found.append(text[start:end])
        return dict(zip(self.numbers, found, strict=True))


class Translation:
    """Translates texts into Spanish.

    Attributes:
        words: exact texts for values of placeholders.
        cells: exact texts for cells of tables.
        metavars: names of values in usage lines.
    """

    def __init__(self, entries: Iterable[CatalogueText]) -> None:
        words: dict[str, str] = {}
        texts: dict[str, str] = {}
        metavars: dict[str, str] = {}
        for each in entries:
            kind = {"word": words, "metavar": metavars}.get(each.context, texts)
            kind[each.english] = each.spanish
        self.metavars: Mapping[str, str] = metavars
        self._texts = {text: spanish for text, spanish in texts.items() if not _numbers(text)}
        self.words: Mapping[str, str] = self._texts | words
        self.cells: Mapping[str, str] = words | self._texts
        templates = [
            _Template(tuple(PLACEHOLDER.split(text)[::2]), numbers, spanish)
            for text, spanish in texts.items()
            if (numbers := _numbers(text))
        ]
        # Templates that begin with text go first: `Error: {0}` before `{0} does not exist.`. Among
        # the others, the one with the most text of its own goes first.
        self._templates = sorted(
            templates, key=lambda each: (not each.pieces[0], -sum(map(len, each.pieces)))
        )

    def text(self, text: str, depth: int = _DEPTH) -> str:
        """Return the Spanish of a text, or the text itself if the catalogue lacks it.

        Args:
            text: the text to print, which may quote a gateway.
            depth: the most levels of texts within texts.
        """
        if text in self._texts or not depth:
            return self._texts.get(text, text)
        # The catalogue's texts have no line breaks around them.
        inner = text.strip("\n")
        if inner != text:
            return text.replace(inner, self.text(inner, depth - 1)) if inner else text
        for template in self._templates:
            values = template.values(text)
            if values is not None:
                return self._filled(template.spanish, values, depth - 1)
        if text.endswith("."):
            return f"{self.text(text[:-1], depth - 1)}."
        # A cause may stand before the text of another error.
        cause, colon, rest = text.partition(": ")
        return f"{self.words.get(cause, cause)}: {self.text(rest, depth - 1)}" if colon else text

    def usage(self, text: str) -> str:
        """Return a usage line with the names of values in Spanish."""
        return METAVAR.sub(lambda found: self.metavars.get(found[0], found[0]), text)

    def _filled(self, spanish: str, values: Mapping[int, str], depth: int) -> str:
        return PLACEHOLDER.sub(lambda found: self._value(values[int(found[1])], depth), spanish)

    def _value(self, value: str, depth: int) -> str:
        if " " in value:
            return self.text(value, depth)
        if _QUOTED_METAVAR.fullmatch(value):
            return self.usage(value)
        return self.words.get(value, value)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, PLACEHOLDER.findall(text)))


def read_catalogue(text: str) -> Iterator[CatalogueText]:
    """Yield the texts of a .po file as `make texts` writes it, a count's two texts separately."""
    for block in text.split("\n\n"):
        fields: defaultdict[str, str] = defaultdict(str)
        field = "msgctxt"
        for line in block.splitlines():
            if found := _LINE.fullmatch(line):
                field = found[1] or field
                fields[field] += json.loads(found[2])
        for english, spanish in _PAIRS:
            if fields[english] and fields[spanish]:
                yield CatalogueText(fields["msgctxt"], fields[english], fields[spanish])


@cache
def spanish() -> Translation:
    """Load the Spanish catalogue."""
    source = files(__package__) / "locale" / "es.po"
    return Translation(read_catalogue(source.read_text("utf-8")))
