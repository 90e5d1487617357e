"""Dialects: the forms in which a reply's body contains a code and a message id.

Each form yields every way to read a body. If there is exactly one, that is the result. If there is
none, or if two differ, the result is `Unreadable`, because nothing is guessed. `auto` tries all
forms at once, and rejects a body that two of them read differently.

Unless the profile is `strict`, `auto` is the fallback. It reads a reply that the profile's dialect
cannot read. It also looks for the id if the dialect finds code 100 without an id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

import msgspec

from convergia_sms._codecs import documents, forms
from convergia_sms._codecs.body import MAX_TEXT
from convergia_sms._codecs.forms import Array, Names, Objects, Reading, Struct
from convergia_sms._codecs.markup import entities_resolved, without_html
from convergia_sms._codecs.sentence import sentence
from convergia_sms._codecs.statements import contradicted, known_statement, only_returned
from convergia_sms._codecs.vocabulary import ACCEPTED, Marked, Vocabulary, folded
from convergia_sms._counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_wsdl import Dialect, Endpoint, Profile

__all__ = ["Array", "DialectReader", "Objects", "Reading", "Returned", "Struct", "Unreadable"]

Returned = str | Struct | Array | Objects

# The most nesting of one form in another, such as a text in JSON in HTML.
_WRAPPINGS = 3
# The separators that `auto` tries: bars, marks and spaces.
_SEPARATORS = ("|", ",", ";", "-", ":", " ", "\t", "\n", "&")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reply that cannot be read for certain, and the reason."""

    reason: str


class DialectReader:
    """Reads the replies of one operation in one dialect.

    Args:
        dialect: the form of the replies.
        endpoint: the operation's codes and texts.
        profile: the pattern of ids, and the names of fields.
        strict: True to read only the form of `dialect`, without trying `auto`. SOAP structs may
            still use any known field name. The profile's setting if None.
    """

    def __init__(
        self,
        dialect: Dialect,
        endpoint: Endpoint,
        profile: Profile,
        *,
        strict: bool | None = None,
    ) -> None:
        self._dialect = dialect
        self._auto = dialect.form == "auto"
        self._vocabulary = Vocabulary(endpoint, re.compile(profile.message_id.pattern))
        keys = dialect.keys
        own = folded(keys.code)
        known = profile.reply.synonyms
        text = frozenset(folded(word) for word in known.text)
        self._own = Names(frozenset({own}), frozenset({folded(keys.id)}), text, frozenset({own}))
        self._every = Names(
            self._own.code | {folded(word) for word in known.code},
            self._own.id | {folded(word) for word in known.id},
            text - self._own.code - self._own.id,
            self._own.own,
        )
        self._names = self._every if self._auto else self._own
        self._understand: DialectReader | None = None
        if not self._auto and not (profile.reply.strict if strict is None else strict):
            anything = msgspec.structs.replace(dialect, form="auto")
            self._understand = DialectReader(anything, endpoint, profile)

    def read(self, returned: Returned) -> Reading | Unreadable:
        """Read a returned value.

        Args:
            returned: a text. From SOAP also a struct, an array or several structs.
        """
        if isinstance(returned, str) and len(returned) > MAX_TEXT:
            return Unreadable(f"a body of {len(returned):,} characters, which is too long")
        readings = set(self._readings(returned, _WRAPPINGS))
        if self._auto:
            readings = {reading for reading in readings if self._has_digit(reading)}
        if len(readings) > 1:
            *ways, last = sorted(str(reading) for reading in readings)
            return Unreadable(f"it can be read as {', '.join(ways)} or as {last}")
        if not readings:
            return self._otherwise(returned)
        reading = readings.pop()
        other = self._mirrored(reading, returned)
        if other is not None:
            return Unreadable(f"it can be read as {reading} or as {other}")
        return self._with_id(reading, returned)

    def _with_id(self, reading: Reading, returned: Returned) -> Reading:
        """Return the reading, or one with the id that only `auto` finds.

        The id of a paid message must not be lost because the profile has another name for it.
        """
        if reading.code != ACCEPTED or reading.message_id or self._understand is None:
            return reading
        found = self._understand.read(returned)
        if isinstance(found, Reading) and found.code == ACCEPTED and found.message_id:
            return replace(found, unforeseen=True)
        return reading

    def _otherwise(self, returned: Returned) -> Reading | Unreadable:
        """Read what this dialect does not describe, if the profile allows it."""
        if self._understand is None:
            return Unreadable(_shape(returned))
        found = self._understand.read(returned)
        return replace(found, unforeseen=True) if isinstance(found, Reading) else found

    def _mirrored(self, reading: Reading, returned: Returned) -> Reading | None:
        """Return the other reading of two codes side by side ("100|205"), or None.

        Unless the profile is strict, the dialect is only an assumption, so its order does not prove
        which of the two is the id.
        """
        by_place = self._dialect.form in {"separated", "array"} or isinstance(returned, Array)
        if self._understand is None or not by_place:
            return None
        code = str(reading.code)
        if reading.message_id and self._vocabulary.is_pair(reading.message_id, code):
            return Reading(int(reading.message_id), code)
        return None

    @staticmethod
    def _has_digit(reading: Reading) -> bool:
        """Return False if `auto` found an id without a digit, which could be any word."""
        return not reading.message_id or any(one.isdigit() for one in reading.message_id)

    def _readings(self, returned: Returned, wrappings: int) -> Iterator[Reading]:
        if isinstance(returned, Struct):
            yield from self._of_struct(returned, wrappings)
        elif isinstance(returned, Objects):
            yield from forms.within(list(returned.groups), self._every, self._vocabulary)
        elif isinstance(returned, Array):
            yield from self._of_array(returned)
        else:
            yield from self._of_text(returned.strip(), wrappings)

    def _of_struct(self, struct: Struct, wrappings: int) -> Iterator[Reading]:
        # If it is a map of one entry, its key is not a value.
        struct = Struct(documents.by_name_and_value(struct.members))
        names = self._names_in(struct)
        known = {folded(name) for name, _ in struct.members} & (names.code | names.id)
        if self._dialect.form == "array":
            yield from self._of_array(Array(tuple(value for _, value in struct.members)))
        elif len(struct.members) == 1 and not known:
            # The name of the only member says nothing, so read its value.
            yield from self._of_text(struct.members[0][1].strip(), wrappings)
        elif known or self._dialect.form == "struct":
            yield from forms.named(struct.members, names, self._vocabulary)
        if self._auto and wrappings:
            yield from self._of_returned_member(struct, wrappings - 1)

    def _of_returned_member(self, struct: Struct, wrappings: int) -> Iterator[Reading]:
        """Read the member named "return" or similar, alone or with an id beside it."""
        returned = [value for name, value in struct.members if only_returned(name)]
        if len(returned) != 1:
            return
        rest = tuple((name, value) for name, value in struct.members if not only_returned(name))
        ids = {value.strip() for name, value in rest if folded(name) in self._every.id}
        for reading in self._of_text(returned[0].strip(), wrappings):
            code = str(reading.code)
            if len(ids) > 1 or contradicted(rest, code, self._vocabulary):
                continue
            if any(
                self._vocabulary.is_code(value.strip()) and value.strip() != code
                for name, value in rest
                if folded(name) in self._every.code
            ):
                continue
            beside = next(iter(ids), "")
            if not beside or beside == reading.message_id:
                yield reading
            elif not reading.message_id and self._vocabulary.is_id(beside):
                yield Reading(reading.code, beside)

    def _names_in(self, struct: Struct) -> Names:
        """Return the dialect's own names if the struct has them, otherwise all known names.

        A service declares its structs in the WSDL under its own names, whatever the dialect.
        """
        if self._auto:
            return self._every
        found = {folded(name) for name, _ in struct.members}
        return replace(
            self._own,
            code=self._own.code if found & self._own.code else self._every.code,
            id=self._own.id if found & self._own.id else self._every.id,
        )

    def _of_array(self, array: Array) -> Iterator[Reading]:
        for order in self._orders():
            for reading in forms.listed(array.items, order, self._vocabulary):
                if self._may_have_id(reading.message_id):
                    yield reading
        if self._auto:
            together = self._vocabulary.mark_texts(" | ".join(array.items))
            yield from sentence(together, self._every, self._vocabulary)

    def _of_text(self, text: str, wrappings: int) -> Iterator[Reading]:
        if self._auto or not self._dialect.html:
            yield from self._of_bare_text(text, wrappings)
        if self._auto or self._dialect.html:
            shown = without_html(text)
            if shown is not None and self._auto and wrappings:
                yield from self._of_text(shown, wrappings - 1)
            elif shown is not None:
                yield from self._of_bare_text(shown, wrappings)
            elif not self._auto:
                # A code without the expected markup is still a code.
                yield from forms.alone(self._vocabulary.mark_texts(text), self._vocabulary)
        if self._auto:
            yield from documents.tables(text, self._every, self._vocabulary)
            resolved = entities_resolved(text)
            if resolved is not None and wrappings:
                yield from self._of_text(resolved, wrappings - 1)

    def _of_bare_text(self, text: str, wrappings: int) -> Iterator[Reading]:
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
                yield from documents.json_objects(text, self._names, self._vocabulary)
            case "xml":
                yield from documents.xml_elements(text, self._names, self._vocabulary)
            case "auto":
                yield from documents.json_objects(text, self._names, self._vocabulary)
                yield from documents.xml_elements(text, self._names, self._vocabulary)
                for separator in dict.fromkeys((*_SEPARATORS, self._dialect.separator)):
                    yield from self._separated(marked, separator)
                    yield from self._pairs(text, separator)
                yield from sentence(marked, self._names, self._vocabulary)
                yield from self._wrapped(text, wrappings)
            case _:
                assert_never(form)

    def _wrapped(self, text: str, wrappings: int) -> Iterator[Reading]:
        """Read the text or the list in a document that has no code itself."""
        if not wrappings:
            return
        items = documents.json_list(text)
        if items is not None:
            yield from self._of_array(Array(items))
        for held in (documents.json_text(text), documents.xml_text(text)):
            if held is None:
                continue
            name, value = folded(held[0]), held[1].strip()
            # Skip a number under a name for codes: the readers of named fields have judged it.
            # Skip a number under any other meaningful name: {"cantidad": 100} has no code. A number
            # without a name, or under a name such as `result`, may be a code.
            if value.isdigit() and (name in self._every.code or not only_returned(name)):
                continue
            yield from self._of_text(value, wrappings - 1)

    def _separated(self, marked: Marked, separator: str) -> Iterator[Reading]:
        for order in self._orders():
            for reading in forms.separated(marked, separator, order, self._vocabulary):
                if self._may_have_id(reading.message_id):
                    yield reading

    def _may_have_id(self, message_id: str) -> bool:
        """Return False for a date, a price or a word such as OK, unless the dialect is certain."""
        if not (self._auto or self._understand is not None):
            return True
        word = known_statement(message_id) and not message_id.isdigit()
        return not word and not self._vocabulary.is_no_id(message_id)

    def _pairs(self, text: str, separator: str) -> Iterator[Reading]:
        yield from forms.pairs(text, separator, self._names, self._vocabulary)

    def _orders(self) -> tuple[forms.Order, ...]:
        return ("code-id", "id-code") if self._dialect.form == "auto" else (self._dialect.order,)


def _shape(returned: Returned) -> str:
    if isinstance(returned, Struct):
        return f"no code among the members {', '.join(name for name, _ in returned.members)}"
    if isinstance(returned, Objects):
        parts = len(returned.groups)
        return counted(
            parts, "no code in a structure of 1 part", f"no code in a structure of {parts} parts"
        )
    if isinstance(returned, Array):
        return f"no code and id in an array of {len(returned.items)}"
    return "no code in it" if returned.strip() else "an empty body"
