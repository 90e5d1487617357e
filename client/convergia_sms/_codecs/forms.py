"""The forms a dialect may take, each as: a value, then every reading that the form allows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from convergia_sms._codecs.markup import local_name, parse_xml
from convergia_sms._codecs.vocabulary import TEXT, Marked, Vocabulary, folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

Order = Literal["code-id", "id-code"]
Members = tuple[tuple[str, str], ...]

_PAIR = re.compile(r"\s*(\w[\w .-]{0,63})[=:](.*)", re.DOTALL)
_TRAILING_MARKS = " \t\r\n|,;:.-"


@dataclass(frozen=True, slots=True)
class Reading:
    """A code and, where there is one, a message id."""

    code: int
    message_id: str = ""

    def __str__(self) -> str:
        return f"{self.code} with id {self.message_id}" if self.message_id else f"{self.code}"


@dataclass(frozen=True, slots=True)
class Struct:
    """A SOAP struct: its members' names and texts, in their order."""

    members: Members


@dataclass(frozen=True, slots=True)
class Array:
    """A SOAP array: its items' texts, in their order."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """The names, folded, that a code and an id may bear."""

    code: frozenset[str]
    id: frozenset[str]


def alone(marked: Marked, vocabulary: Vocabulary) -> Iterator[Reading]:
    """A code by itself, or with nothing but the guide's text beside it."""
    spoken = marked.codes is not None
    token = marked.text.replace(TEXT, "").strip(_TRAILING_MARKS if spoken else None)
    if vocabulary.is_code(token) and marked.allows(token):
        yield Reading(int(token))


def separated(
    marked: Marked, separator: str, order: Order, vocabulary: Vocabulary
) -> Iterator[Reading]:
    """Code and id with `separator` between them, the guide's text anywhere beside them."""
    text = marked.text if marked.codes is None else _close_ranks(marked.text, separator)
    if separator not in text:
        return
    if order == "code-id":
        code, _, message_id = text.partition(separator)
    else:
        message_id, _, code = text.rpartition(separator)
    code, message_id = code.strip(), message_id.strip()
    if vocabulary.is_pair(code, message_id) and marked.allows(code):
        yield Reading(int(code), message_id)


def _close_ranks(marked: str, separator: str) -> str:
    """`marked` without its text, and with one separator where the text stood between the two."""
    edge = rf"[ \t\r\n]*(?:{re.escape(separator)})?[ \t\r\n]*"
    first, *rest = re.split(f"{edge}{TEXT}{edge}", marked)
    return separator.join(piece for piece in (first, *rest) if piece.strip())


def pairs(text: str, separator: str, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """`key=value` (or `key: value`), with `separator` between pairs.

    What follows a separator and is no pair belongs to the value before it: an id may hold a dash,
    a text a space. What comes before the first pair is no part of this form.
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
    told = tuple((name, _unquoted(separator.join(values))) for name, *values in members)
    yield from named(told, names, vocabulary)


def _unquoted(value: str) -> str:
    return value.strip().strip("\"'")


def named(members: Members, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """A code and an id under their names; a name given twice with two values says nothing.

    A word under a code's name ("status": "ok") says nothing either, as long as it agrees with the
    code that stands under another.
    """
    told = {value.strip() for name, value in members if folded(name) in names.code}
    codes = {value for value in told if vocabulary.is_code(value)}
    ids = {value.strip() for name, value in members if folded(name) in names.id}
    if len(codes) != 1 or len(ids) > 1:
        return
    code, message_id = codes.pop(), ids.pop() if ids else ""
    agreed = all(vocabulary.agrees(value, code) for value in told - {code})
    if agreed and vocabulary.is_id(message_id):
        yield Reading(int(code), message_id)


def within(objects: list[Members], names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """What the objects of one document say: the code in one, the id beside it or in another."""
    ids = tuple(
        (name, value) for members in objects for name, value in members if folded(name) in names.id
    )
    for members in objects:
        codes = tuple(member for member in members if folded(member[0]) in names.code)
        beside = any(value.strip() for name, value in members if folded(name) in names.id)
        if codes and not beside and any(value.strip() for _, value in ids):
            elsewhere = {value.strip(): name for name, value in ids if value.strip()}
            for value, name in elsewhere.items():
                yield from named((*codes, (name, value)), names, vocabulary)
        else:
            yield from named(members, names, vocabulary)


def listed(items: tuple[str, ...], order: Order, vocabulary: Vocabulary) -> Iterator[Reading]:
    """The items of an array: a code, or a code and an id, the guide's text anywhere."""
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


def json_objects(text: str, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Every JSON object, at any depth, that has a code under its name."""
    if not text.startswith(("{", "[")):
        return
    found: list[Members] = []

    def take(members: list[tuple[str, object]]) -> dict[str, object]:
        found.append(tuple((name, _json_text(value)) for name, value in members))
        return dict(members)

    try:
        json.loads(text, object_pairs_hook=take, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return
    yield from within(found, names, vocabulary)


def _json_text(value: object) -> str:
    if value is None:
        return ""
    # What is neither a text nor a number is no code and no id: a text that cannot be either.
    return value if isinstance(value, str) else "\x00"


def xml_elements(text: str, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Every XML element, at any depth, that has a code as an attribute or as a child."""
    if not text.startswith("<"):
        return
    root = parse_xml(text)
    if root is None:
        # A script may write its elements one after the other, without one around them.
        root = parse_xml(f"<reply>{text}</reply>")
    if root is None:
        return
    if len(root) == 0 and not root.attrib:
        yield from named(((local_name(root), root.text or ""),), names, vocabulary)
    objects: list[Members] = []
    for element in root.iter("*"):
        attributes = tuple((str(name), str(value)) for name, value in element.attrib.items())
        children = tuple(
            (local_name(child), child.text or "") for child in element if len(child) == 0
        )
        objects.append(attributes + children)
    yield from within(objects, names, vocabulary)
    yield from _beside_attributes(root, names, vocabulary)


def _beside_attributes(root: _Element, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Elements with the code in an attribute and, it may be, the id for a text."""
    for element in root.iter("*"):
        text = (element.text or "").strip()
        if len(element) or not any(character.isdigit() for character in text):
            continue
        codes = tuple(
            (str(name), str(value))
            for name, value in element.attrib.items()
            if folded(str(name)) in names.code
        )
        if codes and vocabulary.is_id(text):
            unnamed = next(iter(names.id), "id")
            yield from named((*codes, (unnamed, text)), names, vocabulary)
