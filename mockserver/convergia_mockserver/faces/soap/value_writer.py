"""Writing a Python value as the result of an operation, by the WSDL's names, types and style.

The form is that of NuSOAP (`serializeType` and the functions it calls), also if the WSDL comes from
another stack: namespaces on the elements, `xsi:type` on encoded values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

import msgspec

from .envelopes import END, as_it_came, expand_entities
from .examples import example
from .facets import NO_FACETS
from .schema_types import SOAP_ENCODING, TEXT, XSD, QName, Shape
from .simple_types import to_text

if TYPE_CHECKING:
    from convergia_mockserver.gateway.calls import Scalar, Value

    from .envelopes import Envelopes
    from .wsdl import WsdlOperation

_SCALARS = (str, int, float, bool, bytes, Decimal, date, time)


class ResponseWriter(Protocol):
    """The interface of a writer of one operation's envelopes."""

    def write(self, result: object, namespace: str | None, *, soap12: bool) -> bytes:
        """Return the bytes of the envelope. See `ResponseFrame.wrap` for `namespace`."""
        ...


class ValueTypeError(TypeError):
    """A value does not fit the WSDL's type of a result. The message gives the reason."""


class ResponseFrame:
    """The part of an operation's envelope that is the same for every result.

    Attributes:
        encoded: True if values are encoded with their types.
        prefixes: the prefixes that a value may use, by namespace.
    """

    def __init__(self, operation: WsdlOperation, tns: str, envelopes: Envelopes) -> None:
        self._operation = operation
        self._envelopes = envelopes
        self.encoded: bool = operation.output.use == "encoded"
        self.prefixes: dict[str, str] = {XSD: "xsd", SOAP_ENCODING: "SOAP-ENC", tns: "tns"}
        own = self.encoded and any(_names_type_of(shape, tns) for shape in operation.results)
        used = {"tns": tns} if own else {}
        style = operation.output.encoding_style if self.encoded else ""
        self._starts = {
            soap12: envelopes.start(style, used, soap12=soap12) for soap12 in (False, True)
        }

    def wrap(self, contents: str, namespace: str | None, *, soap12: bool) -> bytes:
        """Return the whole envelope.

        Args:
            contents: the contents of the Body, or of the response element in RPC style.
            namespace: the namespace of the request's method element, which NuSOAP repeats without
                escaping. Each character is one byte. None or empty for no namespace.
            soap12: True for a SOAP 1.2 envelope.
        """
        operation = self._operation
        body = self._envelopes.encode(contents)
        if operation.style == "rpc":
            # PHP treats "0" as empty.
            bare = namespace is None or namespace in ("", "0")
            name = f"{operation.name}Response" if bare else f"ns1:{operation.name}Response"
            opening = f"<{name}>" if bare else f'<{name} xmlns:ns1="{namespace}">'
            body = as_it_came(opening) + body + as_it_came(f"</{name}>")
        return self._starts[soap12] + body + END

    def prefixed(self, name: QName) -> str:
        """Return the name of a type with the prefix that the envelope declares for it."""
        prefix = self.prefixes.get(name.namespace)
        return f"{prefix}:{name.name}" if prefix else name.name


class ValueWriter:
    """A writer of the results of an operation other than send and status."""

    def __init__(self, operation: WsdlOperation, tns: str, envelopes: Envelopes) -> None:
        self._operation = operation
        self._frame = ResponseFrame(operation, tns, envelopes)
        results = operation.results
        self._example: Value = (
            example(results[0])
            if len(results) == 1
            else {shape.name: example(shape) for shape in results}
        )

    def write(self, result: object, namespace: str | None, *, soap12: bool) -> bytes:
        """Return the envelope around a result.

        Args:
            result: a `Value`, or for several results a mapping by their names. If unset, a made-up
                value is returned.
            namespace: see `ResponseFrame.wrap`.
            soap12: True for a SOAP 1.2 envelope.

        Raises:
            ValueTypeError: if the value does not fit the WSDL's type.
        """
        value: Value = self._example if result is msgspec.UNSET else result  # type: ignore[assignment]
        return self._frame.wrap(self._contents(value), namespace, soap12=soap12)

    def check(self, value: Value) -> None:
        """Check that the operation can return a value.

        Raises:
            ValueTypeError: if the value does not fit the WSDL's type.
        """
        self._contents(value)

    def _contents(self, value: Value) -> str:
        results = self._operation.results
        if len(results) == 1:
            by_name: Mapping[str, Value] = {results[0].name: value}
        elif not results and value is None:
            by_name = {}
        elif isinstance(value, Mapping):
            by_name = value
        else:
            names = ", ".join(shape.name for shape in results) or "nothing"
            raise ValueTypeError(
                f"{self._operation.name} returns {names}: give a mapping, not {_kind(value)}"
            )
        if self._operation.style == "rpc":
            return self._fields(results, by_name, "", self._operation.name)
        parts = self._operation.output.parts
        if len(parts) == 1 and parts[0].shape.kind == "struct":
            wrapper = parts[0].shape
            inner = self._fields(wrapper.fields, by_name, wrapper.namespace, wrapper.name)
            return f"<{wrapper.name}{_xmlns(wrapper.namespace)}>{inner}</{wrapper.name}>"
        return self._fields(results, by_name, "", self._operation.name)

    def _fields(
        self, shapes: Sequence[Shape], values: Mapping[str, Value], around: str, path: str
    ) -> str:
        _check_names(values, _names(shapes), path)
        return "".join(
            self._field(shape, values, around, f"{path}.{shape.name}") for shape in shapes
        )

    def _field(self, shape: Shape, values: Mapping[str, Value], around: str, path: str) -> str:
        value = values.get(shape.name)
        if value is None and (
            (shape.name not in values and not shape.nillable) or (shape.optional or shape.repeated)
        ):
            return ""
        if shape.repeated:
            items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
            return "".join(self._element(shape, item, around, path) for item in items)
        return self._element(shape, value, around, path)

    def _element(self, shape: Shape, value: Value, around: str, path: str) -> str:
        attributes = "" if self._operation.style == "rpc" else _change(shape.namespace, around)
        if value is None:
            return f"<{shape.name}{attributes}{self._nil(shape)}/>"
        match shape.kind:
            case "scalar":
                if shape.attributes and isinstance(value, Mapping):
                    _check_names(value, (TEXT, *_names(shape.attributes)), path)
                    attributes += _attributes(shape, value, path)
                    value = value.get(TEXT, "")
                inner = expand_entities(_scalar(shape, value, path))
            case "struct":
                if not isinstance(value, Mapping):
                    raise ValueTypeError(f"{path} is a struct: give a mapping, not {_kind(value)}")
                inner = self._fields(
                    shape.fields, _without(shape.attributes, value), shape.namespace, path
                )
                attributes += _attributes(shape, value, path)
            case "array":
                return self._array(shape, value, attributes, path)
        if self._frame.encoded and shape.type is not None:
            attributes += f' xsi:type="{self._frame.prefixed(shape.type)}"'
        return f"<{shape.name}{attributes}>{inner}</{shape.name}>"

    def _array(self, shape: Shape, value: Value, attributes: str, path: str) -> str:
        if isinstance(value, str | bytes) or not isinstance(value, Sequence):
            raise ValueTypeError(f"{path} is an array: give a list, not {_kind(value)}")
        item = shape.fields[0]
        inner = "".join(
            self._element(item, each, shape.namespace, f"{path}[{number}]")
            for number, each in enumerate(value)
        )
        if self._frame.encoded:
            attributes += self._array_type(item, len(value))
        return f"<{shape.name}{attributes}>{inner}</{shape.name}>"

    def _array_type(self, item: Shape, length: int) -> str:
        declared = self._frame.prefixed(item.type or QName(XSD, "anyType"))
        return f' xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="{declared}[{length}]"'

    def _nil(self, shape: Shape) -> str:
        if not self._frame.encoded:
            return ' xsi:nil="true"' if shape.nillable else ""
        if shape.kind == "array":
            return ' xsi:nil="true"' + self._array_type(shape.fields[0], 0)
        declared = "" if shape.type is None else f' xsi:type="{self._frame.prefixed(shape.type)}"'
        return f' xsi:nil="true"{declared}'


def _names(shapes: Sequence[Shape]) -> tuple[str, ...]:
    return tuple(shape.name for shape in shapes)


def _check_names(values: Mapping[str, Value], known: tuple[str, ...], path: str) -> None:
    unknown = [name for name in values if name not in known]
    if unknown:
        raise ValueTypeError(f"{path} has no {unknown[0]!r}, but {', '.join(known) or 'nothing'}")


def _without(shapes: Sequence[Shape], value: Mapping[str, Value]) -> Mapping[str, Value]:
    names = _names(shapes)
    return {name: inner for name, inner in value.items() if name not in names}


def _attributes(shape: Shape, value: Mapping[str, Value], path: str) -> str:
    written = []
    for number, each in enumerate(shape.attributes):
        given = value.get(each.name)
        if given is None:
            continue
        name = each.name
        if each.namespace:
            name = f"a{number}:{name}"
            written.append(f' xmlns:a{number}="{expand_entities(each.namespace)}"')
        written.append(f' {name}="{expand_entities(_scalar(each, given, path))}"')
    return "".join(written)


def _scalar(shape: Shape, value: Value, path: str) -> str:
    is_list = shape.facets.item is not None
    if is_list and isinstance(value, Sequence) and not isinstance(value, _SCALARS):
        return " ".join(_scalar(replace(shape, facets=NO_FACETS), each, path) for each in value)
    if not isinstance(value, _SCALARS):
        raise ValueTypeError(f"{path} is a {shape.base}: give a scalar, not {_kind(value)}")
    if shape.base == "boolean":
        return "true" if value and str(value).lower() not in {"false", "0"} else "false"
    scalar: Scalar = value
    return to_text(scalar, shape.base)


def _names_type_of(shape: Shape, namespace: str) -> bool:
    """Return True if an encoded value of this shape names a type in the namespace."""
    own = shape.type is not None and shape.type.namespace == namespace and shape.kind != "array"
    return own or any(_names_type_of(field, namespace) for field in shape.fields)


def _change(namespace: str, around: str) -> str:
    return "" if namespace == around else _xmlns(namespace)


def _xmlns(namespace: str) -> str:
    return f' xmlns="{expand_entities(namespace)}"'


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
