"""Forms that are documents: JSON, XML, and tables in HTML or of separated values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from convergia_sms._codecs.forms import listed, named, within
from convergia_sms._codecs.markup import local_name, parse_xml, table_rows
from convergia_sms._codecs.sentence import header_row, label_and_value
from convergia_sms._codecs.statements import error_named
from convergia_sms._codecs.vocabulary import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from convergia_sms._codecs.forms import Members, Names, Reading
    from convergia_sms._codecs.vocabulary import Vocabulary

__all__ = [
    "by_name_and_value",
    "json_list",
    "json_objects",
    "json_text",
    "tables",
    "xml_elements",
    "xml_text",
]

_NAME_ATTRIBUTES = frozenset({"name", "nombre", "key", "clave", "campo", "field"})
_VALUE_ATTRIBUTES = frozenset({"value", "valor", "val"})
_LINE_SEPARATORS = ("\t", ",", ";", "|")
_NOTHING_ELSE = 2
# Stands for a value that is not a code, an id or a word.
_NO_SCALAR = "\x00"


class _Json:
    """A JSON document: the members of its objects, and its lists, as texts."""

    def __init__(self, text: str) -> None:
        self.objects: list[Members] = []
        self.lists: list[tuple[str, ...]] = []
        self.root: object = None
        try:
            self.root = json.loads(
                text, object_pairs_hook=self._object, parse_int=str, parse_float=str
            )
        except (ValueError, RecursionError):
            self.objects = []
            return
        self._collect(self.root)

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = tuple(
            (name, text) for name, value in pairs if (text := _json_text(name, value)) is not None
        )
        self.objects.append(by_name_and_value(members))
        return dict(pairs)

    def _collect(self, root: object) -> None:
        waiting = [root]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                waiting += value.values()
            elif isinstance(value, list):
                waiting += value
                if value and not any(isinstance(item, dict | list) for item in value):
                    self.lists.append(tuple(_scalar(item) for item in value))


def _json_text(name: str, value: object) -> str | None:
    """Return a member's value as text, or None if it has members and states nothing."""
    if isinstance(value, dict | list):
        # "errors": ["…"] states a failure.
        return "true" if value and error_named(name) else None
    return _scalar(value)


def _scalar(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else _NO_SCALAR


def by_name_and_value(members: Members) -> Members:
    """Read {"name": "codigo", "value": "100"} as {"codigo": "100"}."""
    names = [value for name, value in members if folded(name) in _NAME_ATTRIBUTES]
    values = [value for name, value in members if folded(name) in _VALUE_ATTRIBUTES]
    if len(members) == _NOTHING_ELSE and len(names) == len(values) == 1:
        return ((names[0], values[0]),)
    return members


def json_objects(text: str, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Read all JSON objects, at any depth, that have a code under its name."""
    if not text.startswith(("{", "[")):
        return
    document = _Json(text)
    yield from within(_joined(document.objects), names, vocabulary)


def _joined(objects: list[Members]) -> list[Members]:
    """Merge objects with one member each, which are a list of names and values."""
    if len(objects) > 1 and all(len(members) <= 1 for members in objects):
        return [tuple(member for members in objects for member in members)]
    return objects


def json_list(text: str) -> tuple[str, ...] | None:
    """Return the only list in a JSON document without other values, or None."""
    if not text.startswith(("{", "[")):
        return None
    document = _Json(text)
    return document.lists[0] if len(document.lists) == 1 and not any(document.objects) else None


def json_text(text: str) -> tuple[str, str] | None:
    """Return the name and text of the only value of a JSON document, or None.

    '"100|1"' and '{"result": "100|1"}' contain a code and an id in another form.
    """
    if not text.startswith(("{", "[", '"')):
        return None
    document = _Json(text)
    if isinstance(document.root, str):
        return "", document.root
    members = [member for members in document.objects for member in members]
    return members[0] if len(members) == 1 and not document.lists else None


def xml_elements(text: str, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Read all XML elements, at any depth, that have a code as an attribute or child."""
    root = _xml_root(text)
    if root is None:
        return
    if len(root) == 0 and not root.attrib:
        yield from named(((local_name(root), root.text or ""),), names, vocabulary)
    objects: list[Members] = []
    for element in root.iter("*"):
        attributes = tuple((str(name), str(value)) for name, value in element.attrib.items())
        children = tuple(_xml_member(child) for child in element if len(child) == 0)
        objects.append(by_name_and_value(attributes) + children)
    yield from within(objects, names, vocabulary)
    yield from _beside_attributes(root, names, vocabulary)


def _xml_root(text: str) -> _Element | None:
    if not text.startswith("<"):
        return None
    root = parse_xml(text)
    # A script may write its elements without a root element.
    return root if root is not None else parse_xml(f"<reply>{text}</reply>")


def _xml_member(element: _Element) -> tuple[str, str]:
    """Read a leaf: <codigo>100</codigo>, <codigo valor="100"/>, <x nombre="codigo">100</x>."""
    name, value = local_name(element), element.text or ""
    for key, given in element.attrib.items():
        if folded(str(key)) in _NAME_ATTRIBUTES:
            name = str(given)
        elif folded(str(key)) in _VALUE_ATTRIBUTES and not value.strip():
            value = str(given)
    return name, value


def xml_text(text: str) -> tuple[str, str] | None:
    """Return the name and text of the only value of an XML document, or None.

    <string xmlns="http://tempuri.org/">100|1</string> contains a code and an id in another form.
    """
    root = _xml_root(text)
    if root is None or any(element.attrib for element in root.iter("*")):
        return None
    holders = [element for element in root.iter("*") if (element.text or "").strip()]
    if len(holders) != 1 or any((element.tail or "").strip() for element in root.iter("*")):
        return None
    return local_name(holders[0]), holders[0].text or ""


def _beside_attributes(root: _Element, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Read elements with the code in an attribute and perhaps the id as text."""
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


def tables(text: str, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Read a table: labels above values, labels beside values, or one row of values.

    The rows are those of an HTML table, or lines of separated values.
    """
    for rows in _row_sets(text):
        if len(rows) == _NOTHING_ELSE:
            members = header_row(rows[0], rows[1], names)
            if members is not None:
                yield from named(members, names, vocabulary)
                return
        pairs = label_and_value(rows, names)
        if pairs is not None:
            yield from named(pairs, names, vocabulary)
        elif len(rows) == 1:
            for order in ("code-id", "id-code"):
                yield from listed(tuple(rows[0]), order, vocabulary)


def _row_sets(text: str) -> Iterator[list[list[str]]]:
    rows = table_rows(text)
    if rows:
        yield rows
        return
    lines = [line for line in text.splitlines() if line.strip()]
    if "<" in text or len(lines) != _NOTHING_ELSE:
        return
    for separator in _LINE_SEPARATORS:
        if all(separator in line for line in lines):
            yield [[cell.strip().strip("\"'") for cell in line.split(separator)] for line in lines]
