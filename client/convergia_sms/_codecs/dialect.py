"""How the body of a reply spells a code and a message id: every dialect of the profile.

A form gives every way in which it can read a body. One way left is the reading; none, or two that
differ, is `Unreadable`: nothing here guesses. `auto` is all the forms at once, so what two of them
read differently, it refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from convergia_sms._codecs import forms
from convergia_sms._codecs.body import MAX_TEXT
from convergia_sms._codecs.forms import Array, Names, Reading, Struct
from convergia_sms._codecs.markup import without_html
from convergia_sms._codecs.vocabulary import Marked, Vocabulary, folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_wsdl import Dialect, Endpoint, Profile

__all__ = ["Array", "DialectReader", "Reading", "Returned", "Struct", "Unreadable"]

Returned = str | Struct | Array

# The separators that `auto` knows, in their order of the issue: bars, marks, spaces.
_SEPARATORS = ("|", ",", ";", "-", ":", " ", "\t", "\n", "&")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reply that says nothing certain, and why."""

    reason: str


class DialectReader:
    """Reads one operation's replies under one dialect."""

    def __init__(self, dialect: Dialect, endpoint: Endpoint, profile: Profile) -> None:
        self._dialect = dialect
        self._vocabulary = Vocabulary(endpoint, re.compile(profile.message_id.pattern))
        keys = dialect.keys
        own = Names(frozenset({folded(keys.code)}), frozenset({folded(keys.id)}))
        known = profile.reply.synonyms
        every = Names(
            own.code | {folded(word) for word in known.code},
            own.id | {folded(word) for word in known.id},
        )
        self._own, self._every = own, every
        self._names = every if dialect.form == "auto" else own

    def read(self, returned: Returned) -> Reading | Unreadable:
        """What a returned value says.

        Args:
            returned: a text; or, from SOAP, the members of a struct or the items of an array.
        """
        if isinstance(returned, str) and len(returned) > MAX_TEXT:
            return Unreadable(f"a body of {len(returned):,} characters")
        readings = set(self._readings(returned))
        if len(readings) == 1:
            return self._trusted(readings.pop())
        if readings:
            told = " or as ".join(sorted(str(reading) for reading in readings))
            return Unreadable(f"it can be read as {told}")
        return Unreadable(_shape(returned))

    def _trusted(self, reading: Reading) -> Reading | Unreadable:
        """An id that `auto` finds has a digit: else any word would be one ("OK 100")."""
        if self._dialect.form != "auto" or not reading.message_id:
            return reading
        if any(character.isdigit() for character in reading.message_id):
            return reading
        return Unreadable(f"{reading.message_id!r} may be a message id or just a word")

    def _readings(self, returned: Returned) -> Iterator[Reading]:
        if isinstance(returned, Struct):
            yield from self._of_struct(returned)
        elif isinstance(returned, Array):
            yield from self._of_array(returned)
        else:
            yield from self._of_text(returned.strip())

    def _of_struct(self, struct: Struct) -> Iterator[Reading]:
        names = self._names_in(struct)
        told = {folded(name) for name, _ in struct.members} & (names.code | names.id)
        if self._dialect.form == "array":
            yield from self._of_array(Array(tuple(value for _, value in struct.members)))
        elif told or self._dialect.form == "struct":
            yield from forms.named(struct.members, names, self._vocabulary)
        elif len(struct.members) == 1:
            # A struct of one member, whose name says nothing, is what it holds.
            yield from self._of_text(struct.members[0][1].strip())

    def _names_in(self, struct: Struct) -> Names:
        """The dialect's own names where the struct has them, else every name known.

        A service declares its structs in the WSDL, under names of its own, whatever the dialect.
        """
        if self._dialect.form == "auto":
            return self._every
        found = {folded(name) for name, _ in struct.members}
        return Names(
            self._own.code if found & self._own.code else self._every.code,
            self._own.id if found & self._own.id else self._every.id,
        )

    def _of_array(self, array: Array) -> Iterator[Reading]:
        for order in self._orders():
            yield from forms.listed(array.items, order, self._vocabulary)

    def _of_text(self, text: str) -> Iterator[Reading]:
        if self._dialect.form == "auto" or not self._dialect.html:
            yield from self._of_bare_text(text)
        if self._dialect.form == "auto" or self._dialect.html:
            shown = without_html(text)
            if shown is not None:
                yield from self._of_bare_text(shown)
            elif self._dialect.form != "auto":
                # A bare code where markup was expected is a code still.
                yield from forms.alone(self._vocabulary.mark_texts(text), self._vocabulary)

    def _of_bare_text(self, text: str) -> Iterator[Reading]:
        marked = self._vocabulary.mark_texts(text)
        yield from forms.alone(marked, self._vocabulary)
        form = self._dialect.form
        match form:
            case "code" | "struct" | "array":
                return
            case "separated":
                yield from self._separated(marked, self._dialect.separator)
            case "key-value":
                yield from self._pairs(text, self._dialect.separator)
            case "json":
                yield from forms.json_objects(text, self._names, self._vocabulary)
            case "xml":
                yield from forms.xml_elements(text, self._names, self._vocabulary)
            case "auto":
                yield from forms.json_objects(text, self._names, self._vocabulary)
                yield from forms.xml_elements(text, self._names, self._vocabulary)
                for separator in dict.fromkeys((*_SEPARATORS, self._dialect.separator)):
                    yield from self._separated(marked, separator)
                    yield from self._pairs(text, separator)
            case _:
                assert_never(form)

    def _separated(self, marked: Marked, separator: str) -> Iterator[Reading]:
        for order in self._orders():
            yield from forms.separated(marked, separator, order, self._vocabulary)

    def _pairs(self, text: str, separator: str) -> Iterator[Reading]:
        yield from forms.pairs(text, separator, self._names, self._vocabulary)

    def _orders(self) -> tuple[forms.Order, ...]:
        return ("code-id", "id-code") if self._dialect.form == "auto" else (self._dialect.order,)


def _shape(returned: Returned) -> str:
    if isinstance(returned, Struct):
        return f"no code among the members {', '.join(name for name, _ in returned.members)}"
    if isinstance(returned, Array):
        return f"no code and id in an array of {len(returned.items)}"
    return "no code in it" if returned.strip() else "an empty body"
