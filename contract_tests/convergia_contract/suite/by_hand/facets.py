"""Finding valid texts for the simple types of a WSDL, only with the standard library."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # the WSDL under test comes from the gateway's own owner
from typing import TYPE_CHECKING

from convergia_contract.suite.by_hand.operations import XSD

if TYPE_CHECKING:
    from collections.abc import Mapping

# A pattern of digits, with or without a number of repetitions, and of literal characters.
_DIGIT = r"(?:\\d|\[0-9\])(?:\{(\d+)(?:,\d*)?\}|\+)?"
_READABLE = re.compile(rf"(?:{_DIGIT}|[-/:A-Za-z0-9])+")
_LONGEST = 1000


def fitting_texts(wsdl: bytes) -> Mapping[str, str]:
    """Return a text for each restricted simple type in `wsdl`, by the type's name.

    zeep knows a type's built-in ancestor and drops what restricts it. A type declared inside an
    element goes by the element's name, as in zeep.
    """
    root = ET.fromstring(wsdl)  # noqa: S314
    holders = {
        inner: outer.get("name", "")
        for outer in root.iter()
        for inner in outer.findall(f"{XSD}simpleType")
    }
    found = {}
    for simple in root.iter(f"{XSD}simpleType"):
        restriction = simple.find(f"{XSD}restriction")
        text = None if restriction is None else _fitting(restriction)
        if text is not None:
            found[simple.get("name") or holders.get(simple, "")] = text
    return found


def _fitting(restriction: ET.Element) -> str | None:
    facets: dict[str, str] = {}
    for facet in restriction:
        facets.setdefault(facet.tag.removeprefix(XSD), facet.get("value", ""))
    for exact in ("enumeration", "minInclusive", "maxInclusive"):
        if exact in facets:
            return facets[exact]
    if _READABLE.fullmatch(pattern := facets.get("pattern", "")):
        return re.sub(_DIGIT, lambda found: "5" * min(int(found[1] or 1), _LONGEST), pattern)
    if not facets.keys() & {"length", "minLength", "maxLength"}:
        return None
    shortest = int(facets.get("length") or facets.get("minLength") or 0)
    longest = int(facets.get("length") or facets.get("maxLength") or _LONGEST)
    return "mock".ljust(min(shortest, _LONGEST), "k")[:longest]
