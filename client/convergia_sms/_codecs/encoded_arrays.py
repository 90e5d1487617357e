"""Arrays in SOAP encoding from Python lists. zeep can read them, but not write them.

zeep treats such a type as `xsd:any`, and accepts finished elements there. They are made here: an
`item` of the declared type for each value, with `xsi:type`, as NuSOAP and Axis send them. Source:
the SOAP 1.1 note, section 5.4.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from convergia_sms._codecs.soap_encoding import NAMESPACE

__all__ = ["ArrayWriter"]

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class ArrayWriter:
    """Converts lists in the values of a call to values that zeep writes as encoded arrays."""

    def __init__(self) -> None:
        self._prefixes: dict[str, str] = {}

    def values(self, given: Mapping[str, Any], type_: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the values of a struct. `type_` is zeep's type, which is untyped here."""
        elements = dict(getattr(type_, "elements", None) or ())
        return {name: self._member(value, elements.get(name)) for name, value in given.items()}

    def declare(self, envelope: etree._Element) -> None:
        """Declare the prefixes that the arrays use, because zeep ignores names in attributes."""
        if self._prefixes:
            prefixes = {prefix: namespace for namespace, prefix in self._prefixes.items()}
            etree.cleanup_namespaces(envelope, top_nsmap=prefixes, keep_ns_prefixes=[*prefixes])

    def _member(self, value: Any, element: Any) -> Any:  # noqa: ANN401
        if element is None:
            return value
        if element.accepts_multiple and isinstance(value, list):
            return [self._value(each, element.type) for each in value]
        return self._value(value, element.type)

    def _value(self, value: Any, type_: Any) -> Any:  # noqa: ANN401
        array = getattr(type_, "_array_type", None)
        if array is not None:
            is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
            return self._array(value, type_, array.array_type) if is_list else value
        if isinstance(value, Mapping):
            return self.values(value, type_)
        # zeep's own structs may have a type that extends the declared one.
        members = getattr(value, "__values__", None)
        if members is None or not _has_array(value):
            return value
        return type(value)(**self.values(members, value._xsd_type))  # noqa: SLF001

    def _array(self, values: Sequence[Any], type_: Any, item_type: Any) -> Any:  # noqa: ANN401
        from zeep.xsd import Element

        items = etree.Element("items")
        item = Element("item", item_type, nillable=True)  # type: ignore[no-untyped-call]
        for value in values:
            inner = self._value(value, item_type)
            if isinstance(inner, dict):
                inner = item_type(**inner)  # refuses unknown members
            elif isinstance(inner, list):
                raise TypeError("an item of the array must not be a list")
            item.render(items, inner, render_path=["item"])  # type: ignore[no-untyped-call]
        declared = self._prefixed(item_type.qname)
        for each in items:
            if _XSI_NIL not in each.attrib:
                each.set(_XSI_TYPE, declared)
        named = {attribute.qname: name for name, attribute in type_.attributes if attribute.name}
        members = {
            type_.elements[0][0]: list(items),
            named[etree.QName(NAMESPACE, "arrayType")]: f"{declared}[{len(values)}]",
        }
        # The value that zeep makes of a list would lack arrayType.
        return type_._value_class(**members)  # noqa: SLF001

    def _prefixed(self, name: etree.QName) -> str:
        namespace = name.namespace or ""
        prefix = self._prefixes.setdefault(namespace, f"type{len(self._prefixes)}")
        return f"{prefix}:{name.localname}"


def _has_array(value: Any) -> bool:  # noqa: ANN401
    """Return True if a struct of zeep's, or one in it, contains an encoded array."""
    from zeep.xsd.valueobjects import ArrayValue

    if isinstance(value, ArrayValue):
        return True
    inside = value if isinstance(value, list) else getattr(value, "__values__", {}).values()
    return any(_has_array(each) for each in inside)
