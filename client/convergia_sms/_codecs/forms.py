"""Forms of a dialect: each yields all readings of a value that it allows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from convergia_sms._codecs.statements import contradicted, error_named, known_statement
from convergia_sms._codecs.vocabulary import (
    ACCEPTED,
    MARKS,
    TEXT,
    Marked,
    Vocabulary,
    folded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Order = Literal["code-id", "id-code"]
Members = tuple[tuple[str, str], ...]

# In "100 -1" the dash is a minus sign, not a separator.
_MINUS = re.compile(r"\s-\d")
# Words without meaning in a label.
SMALL_WORDS = frozenset({"de", "del", "el", "la", "of", "the"})
_PAIR = re.compile(r"\s*(\w[\w .-]{0,63})[=:](.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """A code and a message id, if there is one.

    Attributes:
        code: the gateway's code.
        message_id: the message id. Empty if the reply has none.
        unforeseen: True if the profile describes another dialect, and `auto` read the reply.
    """

    code: int
    message_id: str = ""
    unforeseen: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return f"{self.code} (id {self.message_id})" if self.message_id else f"{self.code}"


@dataclass(frozen=True, slots=True)
class Struct:
    """A SOAP struct: the names and texts of its members, in order."""

    members: Members


@dataclass(frozen=True, slots=True)
class Array:
    """A SOAP array: the texts of its items, in order."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Objects:
    """Several groups of named values in one reply, such as a struct inside another."""

    groups: tuple[Members, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """Folded names that a code, an id and a text may have.

    Attributes:
        code: names of the code.
        id: names of the message id.
        text: names of the guide's text.
        own: the dialect's own name of the code, which has no other meaning.
    """

    code: frozenset[str]
    id: frozenset[str]
    text: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


def alone(marked: Marked, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Read a code alone, or with only the guide's text beside it."""
    has_text = marked.codes is not None
    token = marked.text.replace(TEXT, "").strip(MARKS if has_text else None)
    if vocabulary.is_code(token) and marked.allows(token):
        yield Reading(int(token))


def separated(
    marked: Marked, separator: str, order: Order, vocabulary: Vocabulary
) -> Iterator[Reading]:
    """Read a code and an id with `separator` between them, and the guide's text anywhere."""
    text = marked.text if marked.codes is None else _without_texts(marked.text, separator)
    if separator not in text or (separator == "-" and _MINUS.search(text)):
        return
    if order == "code-id":
        code, _, message_id = text.partition(separator)
    else:
        message_id, _, code = text.rpartition(separator)
    code, message_id = code.strip(), message_id.strip()
    if vocabulary.is_pair(code, message_id) and marked.allows(code):
        yield Reading(int(code), message_id)


def _without_texts(marked: str, separator: str) -> str:
    """Return `marked` without the guide's text, and one separator in its place."""
    edge = rf"[ \t\r\n]*(?:{re.escape(separator)})?[ \t\r\n]*"
    first, *rest = re.split(f"{edge}{TEXT}{edge}", marked)
    return separator.join(piece for piece in (first, *rest) if piece.strip())


def pairs(text: str, separator: str, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Read `key=value` or `key: value`, with `separator` between pairs.

    A piece that is not a pair belongs to the value before it: an id may contain a dash, a text a
    space. Text before the first pair is not allowed.
    """
    pieces = text.split(separator)
    if not vocabulary.is_id(f"0{separator}0"):
        pieces = [piece for piece in pieces if piece.strip()]
    members: list[list[str]] = []
    for piece in pieces:
        found = _PAIR.fullmatch(piece)
        if found is not None:
            members.append([found[1], found[2]])
        elif members:
            members[-1].append(piece)
        else:
            return
    members_found = tuple(
        (_label(name, names), _unquoted(separator.join(values))) for name, *values in members
    )
    yield from named(members_found, names, vocabulary)


def _label(name: str, names: Names) -> str:
    """Return a label without small words, such as those in "ID de mensaje"."""
    if folded(name) in names.code | names.id:
        return name
    return " ".join(word for word in name.split() if folded(word) not in SMALL_WORDS)


def _unquoted(value: str) -> str:
    """Remove a pair of quotes. A single quote is kept, because the value was cut off."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].strip()
    return value


def named(
    members: Members,
    names: Names,
    vocabulary: Vocabulary,
    beside: Members = (),
) -> Iterator[Reading]:
    """Read a code and an id under their names. Two values under one name say nothing.

    Other words ("status": "ok", "success": false, one of the guide's texts) must agree with the
    code.

    Args:
        members: the names and values of one object.
        names: the names to look for.
        vocabulary: the vocabulary of the operation.
        beside: the names and values of the rest of the document.
    """
    values = [(folded(name), value.strip()) for name, value in members]
    # "error": 0 means that there was no error. "error": 100 is not a success.
    codes = {
        value
        for name, value in values
        if name in names.code and vocabulary.is_code(value) and _may_name(name, value, names)
    }
    # {"id": null, "folio": "7"} has one id.
    ids = {value for name, value in values if name in names.id and value}
    if len(codes) != 1 or len(ids) > 1:
        return
    code, message_id = codes.pop(), ids.pop() if ids else ""
    own = any(name in names.own and value == code for name, value in values)
    others = tuple(
        (name, value) for name, value in (*members, *beside) if not (own and value.strip() == code)
    )
    if contradicted(others, code, vocabulary) or not vocabulary.is_id(message_id):
        return
    unknown = (value for name, value in values if name in names.code and value not in {"", code})
    if all(_is_known(value, code, vocabulary) for value in unknown):
        yield Reading(int(code), message_id)


def _may_name(name: str, value: str, names: Names) -> bool:
    if name in names.own or not error_named(name):
        return True
    return value not in {"0", str(ACCEPTED)}


def _is_known(value: str, code: str, vocabulary: Vocabulary) -> bool:
    """Return True if a word under a code's name means the same as `code`."""
    return vocabulary.is_only_text_of(value, code) or known_statement(value)


def within(objects: list[Members], names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Read the objects of one document: the code in one, the id beside it or in another."""
    everything = tuple(member for members in objects for member in members)
    ids = tuple((name, value) for name, value in everything if folded(name) in names.id)
    for members in objects:
        codes = tuple(member for member in members if folded(member[0]) in names.code)
        beside = any(value.strip() for name, value in members if folded(name) in names.id)
        if codes and not beside and any(value.strip() for _, value in ids):
            elsewhere = {value.strip(): name for name, value in ids if value.strip()}
            for value, name in elsewhere.items():
                yield from named((*codes, (name, value)), names, vocabulary, everything)
        else:
            yield from named(members, names, vocabulary, everything)


def listed(items: tuple[str, ...], order: Order, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Read the items of an array: a code, or a code and an id, and the guide's text anywhere."""
    kept: list[str] = []
    codes: frozenset[str] | None = None
    for item in items:
        marked = vocabulary.mark_texts(item)
        if marked.codes is not None and not marked.text.replace(TEXT, "").strip():
            codes = marked.codes if codes is None else codes & marked.codes
        else:
            kept.append(item.strip())
    if len(kept) == 1 and vocabulary.is_code(kept[0]):
        code, message_id = kept[0], ""
    elif len(kept) == 2:  # noqa: PLR2004
        code, message_id = kept if order == "code-id" else reversed(kept)
        if not vocabulary.is_pair(code, message_id):
            return
    else:
        return
    if codes is None or code in codes:
        yield Reading(int(code), message_id)
