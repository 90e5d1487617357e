"""Converting the values that NuSOAP reads to arguments of the WSDL's types.

NuSOAP checks almost nothing and calls the function with any values. Values that a stricter server
would refuse give a finding.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .facets import allows, to_value
from .php_values import PhpArray, float_text
from .schema_types import TEXT
from .simple_types import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convergia_mockserver.gateway.calls import Value

    from .php_values import PhpValue
    from .schema_types import Shape

_MOST_FINDINGS = 20
# Attributes that NuSOAP uses itself, in any namespace. They never reach the function.
_SWALLOWED = frozenset(("type", "arrayType", "nil", "encodingStyle", "root", "href"))


@dataclass(slots=True)
class Arguments:
    """The arguments of one call.

    Attributes:
        values: the values by the WSDL's names.
        texts: the scalars as texts, by their path of names joined by dots.
        findings: deviations from the WSDL. They name elements, and never show a value.
    """

    values: dict[str, Value] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def note(self, finding: str) -> None:
        """Add a finding, unless there are many already."""
        if len(self.findings) < _MOST_FINDINGS:
            self.findings.append(finding)


def read_arguments(given: Mapping[str, PhpValue], shapes: tuple[Shape, ...]) -> Arguments:
    """Return the arguments of a call.

    Args:
        given: the values of the request, by the names of the shapes.
        shapes: the arguments that the WSDL declares.
    """
    arguments = Arguments()
    for shape in shapes:
        if shape.name in given:
            arguments.values[shape.name] = _read(given[shape.name], shape, shape.name, arguments)
        elif not shape.optional:
            arguments.note(f"{shape.name} is missing: the WSDL requires it")
    return arguments


def _read(value: PhpValue, shape: Shape, path: str, arguments: Arguments) -> Value:
    if not shape.repeated:
        return _one(value, shape, path, arguments)
    return [
        _one(each, shape, f"{path}.{number}", arguments)
        for number, each in enumerate(_items(value, None))
    ]


def _one(value: PhpValue, shape: Shape, path: str, arguments: Arguments) -> Value:
    if value is None:
        if not shape.nillable:
            arguments.note(f"{path} is nil, which the WSDL does not allow there")
        return None
    if shape.kind == "struct":
        return _struct(value, shape, path, arguments)
    if shape.kind == "array":
        item = shape.fields[0]
        return [
            _one(each, item, f"{path}.{number}", arguments)
            for number, each in enumerate(_items(value, item))
        ]
    if shape.attributes:
        return _text_and_attributes(value, shape, path, arguments)
    if isinstance(value, PhpArray):
        inner = value.get("!")
        if inner is not None and not isinstance(inner.value, PhpArray):
            return _one(inner.value, shape, path, arguments)
        arguments.note(f"{path} has children or is repeated, where the WSDL has one {shape.base}")
        return _untyped(value, path, arguments)
    text = as_text(value)
    arguments.texts[path] = text
    if not allows(text, shape.base, shape.facets):
        arguments.note(f"{path} is not a {_type_name(shape)}")
    return to_value(text, shape.base, shape.facets)


def _text_and_attributes(value: PhpValue, shape: Shape, path: str, arguments: Arguments) -> Value:
    """Return a mapping of the text and its attributes, or only the text without attributes."""
    cells = value if isinstance(value, PhpArray) else PhpArray()
    found = _attributes(cells, shape, path, arguments)
    inner = value if cells is not value else cells["!"].value if "!" in cells else ""
    text = _one(inner, replace(shape, attributes=()), path, arguments)
    return {TEXT: text, **found} if found else text


def _attributes(cells: PhpArray, shape: Shape, path: str, arguments: Arguments) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for declared in shape.attributes:
        # NuSOAP stores an attribute under "!" and its name, with its namespace prefix.
        names = [str(name) for name in cells if str(name).startswith("!")]
        written = [name for name in names if name[1:].rpartition(":")[2] == declared.name]
        if written:
            value = cells[written[0]].value
            found[declared.name] = _one(value, declared, f"{path}.{declared.name}", arguments)
        elif not declared.optional and declared.name not in _SWALLOWED:
            arguments.note(f"{path}.{declared.name} is missing: the WSDL requires it")
    return found


def _struct(value: PhpValue, shape: Shape, path: str, arguments: Arguments) -> Value:
    if not isinstance(value, PhpArray):
        if as_text(value).strip():
            arguments.note(f"{path} is a text, where the WSDL has a {_type_name(shape)}")
            return as_text(value)
        value = PhpArray()
    fields = {each.name: each for each in shape.fields}
    found: dict[str, Value] = {}
    for name, cell in value.items():
        declared = fields.get(str(name))
        inner = f"{path}.{name}"
        if declared is not None:
            found[declared.name] = _read(cell.value, declared, inner, arguments)
        elif not str(name).startswith("!"):
            arguments.note(f"{inner} is not in the WSDL")
            found[str(name)] = _untyped(cell.value, inner, arguments)
    for name, declared in fields.items():
        if name not in found and not declared.optional:
            arguments.note(f"{path}.{name} is missing: the WSDL requires it")
    return found | _attributes(value, shape, path, arguments)


def _untyped(value: PhpValue, path: str, arguments: Arguments) -> Value:
    if isinstance(value, PhpArray):
        inner = {
            str(name): _untyped(cell.value, f"{path}.{name}", arguments)
            for name, cell in value.items()
        }
        is_list = [*value] == [*range(len(value))]
        return [*inner.values()] if is_list else inner
    if value is not None:
        arguments.texts[path] = as_text(value)
    return value


def _items(value: PhpValue, item: Shape | None) -> Iterator[PhpValue]:
    """Yield the items of an array, in any of its forms.

    An encoded array is a list. A literal array is a struct with the item's name, once or repeated.
    A repeated element is a list, or the value itself if there is only one.
    """
    if isinstance(value, PhpArray):
        if item is not None and item.name in value and 0 not in value:
            yield from _items(value[item.name].value, None)
            return
        if 0 in value or not value:
            for key, cell in value.items():
                if isinstance(key, int):
                    yield cell.value
            return
    elif item is not None and (value is None or value == ""):
        return
    yield value


def as_text(value: PhpValue) -> str:
    """Return a PHP scalar as XML Schema writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return float_text(value)
    return "" if value is None or isinstance(value, PhpArray) else to_text(value, "")


def _type_name(shape: Shape) -> str:
    return shape.base if shape.type is None else shape.type.name
