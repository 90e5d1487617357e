"""A parser of SOAP messages that works like NuSOAP 0.9.5's `nusoap_parser`, event for event.

NuSOAP does not support XML namespaces. It splits names at the colon itself, has one flat table of
prefixes for the whole document, and takes any `Envelope`, any `Body` and its first child. This
module treats `xsi:type`, `xsi:nil`, `href`, repeated names and attributes as NuSOAP does in
`start_element`, `end_element`, `character_data`, `buildVal` and `decodeSimple`, because clients of
the gateway get exactly that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .php_values import (
    Cell,
    PhpArray,
    array_key,
    equals_one,
    from_base64,
    is_blank,
    to_bool,
    to_float,
    to_int,
)
from .xml_reader import MAX_DEPTH, MalformedXmlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .php_values import PhpValue

_SCHEMA = re.compile("http://www.w3.org/[0-9]{4}/XMLSchema\n?")
_ARRAY_TYPE = re.compile(
    r"([A-Za-z0-9_]+):([A-Za-z]+[A-Za-z0-9_]+)\[([0-9]+),?([0-9]*)\]", re.ASCII
)
_APACHE = "http://xml.apache.org/xml-soap"
_INTEGERS = frozenset(
    (
        "int",
        "integer",
        "short",
        "byte",
        "nonPositiveInteger",
        "negativeInteger",
        "nonNegativeInteger",
        "positiveInteger",
        "unsignedInt",
        "unsignedShort",
        "unsignedByte",
    )
)
_FLOATS = frozenset(("float", "double", "decimal"))


class _Node:
    """An element, as NuSOAP keeps it in `$this->message[$pos]`."""

    __slots__ = (
        "array_type",
        "cell",
        "children",
        "columns",
        "depth",
        "extra",
        "href",
        "name",
        "namespace",
        "nil",
        "parent",
        "pieces",
        "position",
        "type",
        "type_namespace",
    )

    def __init__(self, position: int, parent: _Node | None) -> None:
        self.position: int = position
        self.parent: _Node | None = parent
        self.depth: int = 1 if parent is None else parent.depth + 1
        self.name: str = ""
        self.namespace: str | None = None
        self.pieces: list[str] = []
        self.children: list[_Node] = []
        self.type: str | None = None
        self.type_namespace: str = ""
        self.array_type: str | None = None
        self.columns: str = ""
        self.nil: bool = False
        self.href: str | None = None
        self.extra: PhpArray | None = None
        self.cell: Cell = Cell()

    @property
    def text(self) -> str:
        """The character data directly inside."""
        return "".join(self.pieces)


class NusoapParser:
    """Builds the called function and its arguments from the events of an XML parser.

    The XML parser must not process namespaces.

    Args:
        narrow_text: converts the text of an element to the charset of the gateway's script.
        narrow_name: converts names and attributes, which NuSOAP treats differently.

    Attributes:
        method: the local name of the first element in the Body. Empty without one.
        namespace: the namespace of that element as NuSOAP resolves it. None if its prefix is
            unknown.
        header: the SOAP header, if there is one.
        content: the value of the first element in the Body, after `close`.
    """

    def __init__(
        self, narrow_text: Callable[[str], str], narrow_name: Callable[[str], str]
    ) -> None:
        self.method: str = ""
        self.namespace: str | None = None
        self.header: _Node | None = None
        self.content: PhpValue = None
        self._envelope: _Node | None = None
        self._narrow_text = narrow_text
        self._narrow_name = narrow_name
        self._status = ""
        self._positions = 0
        self._body = 0
        self._root: _Node | None = None
        self._first: _Node | None = None
        self._current: _Node | None = None
        self._default: str | None = ""
        self._prefixes: dict[str, str] = {}
        self._ids: dict[str, _Node] = {}
        self._references: dict[str, list[Cell]] = {}

    @property
    def version(self) -> str | None:
        """The namespace of the envelope, which gives the SOAP version. None without an envelope."""
        return None if self._envelope is None else self._envelope.namespace

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element. `attributes` must be in document order.

        Raises:
            MalformedXmlError: if it is nested too deeply.
        """
        parent = self._current
        node = _Node(self._positions, parent)
        self._positions += 1
        if parent is None:
            self._first = node
        else:
            parent.children.append(node)
            if node.depth > MAX_DEPTH:
                raise MalformedXmlError(f"elements are nested deeper than {MAX_DEPTH}")
        self._current = node
        if not name.isascii():
            name = self._narrow_name(name)
        colon = name.find(":")
        prefix = None
        if colon > 0:
            prefix, name = name[:colon], name[colon + 1 :]
        node.name = name
        self._place(node, name)
        if attributes:
            self._take(node, name, attributes)
        if prefix is not None:
            self._default = self._prefixes.get(prefix)
        node.namespace = self._default

    def text(self, text: str) -> None:
        """Add character data, which may come in any number of pieces."""
        if self._current is not None:
            self._current.pieces.append(text if text.isascii() else self._narrow_text(text))

    def end(self, _name: str) -> None:
        """End an element. The XML parser has checked that the tags match."""
        node = self._current
        if node is None:
            return
        if node.position > self._body:
            self._value(node)
        if node is self._root:
            self._status = "body"
            self.namespace = node.namespace
        elif node is self.header or (self._status == "body" and node.name == "Body"):
            self._status = "envelope"
        elif self._status == "envelope" and node.name == "Envelope":
            self._status = ""
        self._current = node.parent

    def close(self) -> PhpArray:
        """Resolve the references, and return the arguments by name.

        Raises:
            FatalError: if NuSOAP ends with a fatal error.
        """
        result = None if self._root is None else self._root.cell.value
        self.content = result
        if self._root is not None and not isinstance(result, PhpArray):
            # NuSOAP has no arguments in this case, but the value of a document in bare style is its
            # text.
            self.content = None if self._root.nil else self._root.text
        for identifier, cells in self._references.items():
            target = self._ids.get(identifier)
            value: PhpValue = "" if target is None else self._build(target)
            if isinstance(value, PhpArray):
                value.pop("!id", None)
            for cell in cells:
                cell.value = value
        self._release()
        return result if isinstance(result, PhpArray) else PhpArray()

    def _release(self) -> None:
        """Let go of the elements, which hold each other: they are freed now, not by a search."""
        nodes = [] if self._first is None else [self._first]
        while nodes:
            node = nodes.pop()
            nodes += node.children
            node.children, node.parent = [], None

    def _place(self, node: _Node, name: str) -> None:
        """Update the place in the message for a new element."""
        status = self._status
        if status == "body":
            if node.position == self._body + 1:
                self._become_root(node, name)
                node.type = "struct"
        elif status == "envelope":
            if name == "Header":
                self.header = node
                self._status = "header"
            elif name == "Body":
                self._status = "body"
                self._body = node.position
        elif status == "" and name == "Envelope":
            self._status = "envelope"
            self._envelope = node

    def _become_root(self, node: _Node, name: str) -> None:
        self._status = "method"
        self._root = node
        self.method = name

    def _take(  # noqa: C901, PLR0912 - one loop there, one here
        self, node: _Node, name: str, attributes: dict[str, str]
    ) -> None:
        for key, value in attributes.items():
            if not value.isascii():
                value = self._narrow_name(value)  # noqa: PLW2901 - as PHP's own parser passes it
            colon = key.rfind(":")
            local = key[colon + 1 :]
            if colon > 0 and key[:colon] == "xmlns":
                if _SCHEMA.fullmatch(value):
                    self._prefixes["xsd"] = value
                    self._prefixes["xsi"] = value + "-instance"
                self._prefixes[local] = value
            elif local == "type":
                if node.type != "array":
                    self._type(node, value, attributes)
            elif local == "arrayType":
                node.type = "array"
                declared = _ARRAY_TYPE.search(value)
                if declared is not None:
                    node.array_type = declared[2]
                    node.columns = declared[4]
            elif local == "nil":
                node.nil = value == "true" or equals_one(value)
            elif key not in ("href", "xmlns") and local not in ("encodingStyle", "root"):
                if node.extra is None:
                    node.extra = PhpArray()
                node.extra["!" + key] = Cell(value)
            if key == "xmlns":
                self._default = value
            elif key == "id":
                self._ids[value] = node
            elif key == "href":
                node.href = value
            if local == "root" and equals_one(value):
                self._become_root(node, name)

    def _type(self, node: _Node, value: str, attributes: dict[str, str]) -> None:
        colon = value.rfind(":")
        node.type = value[colon + 1 :]
        if colon > 0:
            prefix = value[:colon]
            namespace = self._prefixes.get(prefix, attributes.get("xmlns:" + prefix))
            if namespace is not None:
                node.type_namespace = namespace

    def _value(self, node: _Node) -> None:
        """Set the value of the element, as in the part "build to native type" of `end_element`."""
        if node.href is not None:
            node.cell.value = "placeholder"
            self._references.setdefault(node.href[1:], []).append(node.cell)
        elif node.children:
            node.cell.value = self._build(node)
        elif node.extra is not None:
            if node.nil:
                node.extra["!"] = Cell()
            elif not is_blank(node.text):
                node.extra["!"] = Cell(_simple(node))
            node.cell.value = node.extra
        elif not node.nil:
            node.cell.value = _simple(node)

    def _build(self, node: _Node) -> PhpValue:
        """Build the value of an element, as NuSOAP's `buildVal`."""
        if node.type is None:
            node.type = ""
        if not node.children:
            return _decode(node.text, node.type)
        if node.columns:
            values = _table(node)
        elif node.type in ("array", "Array") or (
            node.type == "Vector" and node.type_namespace == _APACHE
        ):
            values = PhpArray(enumerate(child.cell for child in node.children))
        elif node.type == "Map" and node.type_namespace == _APACHE:
            values = _map(node)
        else:
            values = _struct(node)
        if node.extra is not None:
            for key, cell in node.extra.items():
                values[key] = Cell(cell.value)
        if not is_blank(node.text):
            values["!"] = Cell(_decode(node.text, node.type))
        return values


def _table(node: _Node) -> PhpArray:
    """Return a two-dimensional array, with rows of `columns` values."""
    rows = PhpArray()
    row, column = 0, 0
    for child in node.children:
        if row not in rows:
            rows[row] = Cell(PhpArray())
        values = rows[row].value
        if isinstance(values, PhpArray):
            values.append(Cell(child.cell.value))
        column += 1
        if str(column) == node.columns.lstrip("0"):
            row, column = row + 1, 0
    return rows


def _map(node: _Node) -> PhpArray:
    """Return an Apache Map, in which each child holds a key and a value."""
    values = PhpArray()
    for child in node.children:
        key = child.children[0].cell.value if child.children else None
        values[array_key(key)] = child.children[1].cell if len(child.children) > 1 else Cell()
    return values


def _struct(node: _Node) -> PhpArray:
    """Return the children by name. A repeated name gives an array of its values."""
    values = PhpArray()
    for child in node.children:
        name = child.name
        if values.is_set(name):
            held = values[name]
            if not (isinstance(held.value, PhpArray) and held.value.is_set(0)):
                held.value = PhpArray({0: Cell(held.value)})
            held.value.append(child.cell)
        else:
            values[name] = child.cell
    return values


def _simple(node: _Node) -> PhpValue:
    if node.type is not None:
        return _decode(node.text, node.type)
    parent = node.parent
    if parent is not None and parent.type == "array" and parent.array_type is not None:
        return _decode(node.text, parent.array_type)
    return node.text


def _decode(text: str, schema_type: str) -> PhpValue:
    """Convert a text by its type, as NuSOAP's `decodeSimple`."""
    value: PhpValue = text
    if schema_type in _INTEGERS:
        value = to_int(text)
    elif schema_type in _FLOATS:
        value = to_float(text)
    elif schema_type == "boolean":
        value = text.lower() not in ("false", "f") and to_bool(text)
    elif schema_type in ("base64", "base64Binary"):
        value = from_base64(text)
    elif schema_type == "array":
        value = PhpArray()
    return value
