"""Finding the operations in a WSDL, only with the standard library."""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET  # the WSDL under test comes from the gateway's own owner
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from convergia_wsdl import OperationOverride, Profile

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
SOAP12 = "{http://schemas.xmlsoap.org/wsdl/soap12/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"

SEND = frozenset({"username", "password", "number", "message"})
STATUS = frozenset({"username", "password", "messageid"})
_HOLDERS = frozenset({"sequence", "all", "choice", "group", "complexContent", "restriction"})
# A limit, because a type may contain itself.
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Described:
    """An operation as a WSDL describes it.

    Attributes:
        name: the name of the operation.
        action: its SOAPAction.
        element: the outermost element of the request in the Body.
        namespace: the namespace of that element.
        qualified: True if the arguments are in that namespace too.
        encoded: True if arguments have an `xsi:type`.
        parts: the arguments in order, each as the path of element names joined by dots.
        soap12: True if it is only offered over SOAP 1.2.
    """

    name: str
    action: str
    element: str
    namespace: str
    qualified: bool
    encoded: bool
    parts: tuple[str, ...]
    soap12: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """An operation that is bound to send or status.

    Attributes:
        operation: the description of the operation.
        parts: its parts by the guide's parameters.
        values: the values of parts for which the guide has no parameter.
    """

    operation: Described
    parts: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)


def operations(wsdl: bytes) -> tuple[Described, ...]:
    """Return the operations of the SOAP 1.1 bindings in `wsdl`, or else of SOAP 1.2's."""
    root = ET.fromstring(wsdl)  # noqa: S314
    return tuple(_operations(root, SOAP)) or tuple(_operations(root, SOAP12))


def addresses(wsdl: bytes) -> tuple[str, ...]:
    """Return the address of every port in `wsdl`."""
    root = ET.fromstring(wsdl)  # noqa: S314
    return tuple(
        address.get("location", "")
        for namespace in (SOAP, SOAP12)
        for address in root.iter(f"{namespace}address")
    )


def _operations(root: ET.Element, soap: str) -> Iterator[Described]:
    messages = {message.get("name", ""): message for message in root.iter(f"{WSDL}message")}
    port_types = {port.get("name", ""): port for port in root.iter(f"{WSDL}portType")}
    for binding in root.iter(f"{WSDL}binding"):
        if (bound := binding.find(f"{soap}binding")) is None:
            continue
        style = bound.get("style", "document")
        port_type = port_types[_local(binding.get("type", ""))]
        for operation in binding.iter(f"{WSDL}operation"):
            name = operation.get("name", "")
            offered = port_type.find(f"{WSDL}operation[@name='{name}']/{WSDL}input")
            body = operation.find(f"{WSDL}input/{soap}body")
            if offered is None or body is None:
                raise AssertionError(f"the WSDL describes no input of {name!r}")
            message = messages[_local(offered.get("message", ""))]
            how = operation.find(f"{soap}operation")
            action = "" if how is None else how.get("soapAction", "")
            rpc = (style if how is None else how.get("style", style)) == "rpc"
            described = (_rpc if rpc else _document)(name, action, body, message, root)
            yield replace(described, soap12=soap == SOAP12)


def bind(profile: Profile) -> dict[Literal["send", "status"], Bound]:
    """Return the operations of the profile's WSDL that are send and status."""
    known = operations(profile.wsdl_bytes())
    binding = profile.binding
    return {
        "send": _bind(known, profile, "send", SEND, binding.send),
        "status": _bind(known, profile, "status", STATUS, binding.status),
    }


def other_operations(profile: Profile) -> tuple[str, ...]:
    """Return the names of the operations other than send and status."""
    bound = {each.operation.name for each in bind(profile).values()}
    names = dict.fromkeys(one.name for one in operations(profile.wsdl_bytes()))
    return tuple(name for name in names if name not in bound)


def unknown_operations(profile: Profile, named: Collection[str]) -> str:
    """Return a sentence about named operations that do not exist. Empty if all exist."""
    others = other_operations(profile)
    if not (unknown := [name for name in named if name not in others]):
        return ""
    return (
        f"{', '.join(unknown)}: besides send and status, the profile's WSDL has"
        f" {', '.join(others) or 'no operation'}"
    )


def guarded_operations(profile: Profile) -> tuple[str, ...]:
    """Return the names of the other operations that take a user and a password."""
    others = other_operations(profile)
    return tuple(name for name in others if credentials_of(profile, name) is not None)


def credentials_of(profile: Profile, name: str) -> tuple[str, str] | None:
    """Return the parts of an operation for user and password. None unless it has both."""
    described = _named(operations(profile.wsdl_bytes()), name)
    parts = _parameters(described, profile)
    if not {"username", "password"} <= parts.keys():
        return None
    return parts["username"], parts["password"]


def _bind(
    known: tuple[Described, ...],
    profile: Profile,
    purpose: Literal["send", "status"],
    needed: frozenset[str],
    override: OperationOverride | None,
) -> Bound:
    parts_of = {operation.name: _parameters(operation, profile) for operation in known}
    if override is not None and override.operation:
        operation = _named(known, override.operation)
        return Bound(operation, parts_of[operation.name] | override.parts, override.values)
    fit = [one for one in known if needed <= parts_of[one.name].keys()]
    if purpose == "status":
        fit = [one for one in fit if not {"number", "message"} & parts_of[one.name].keys()]
    if len(fit) > 1:
        verbs = getattr(profile.binding.verbs, purpose)
        fit = [one for one in fit if any(verb in _plain(one.name) for verb in verbs)]
    if len(fit) != 1:
        names = ", ".join(one.name for one in fit or known) or "none"
        found = "several operations fit" if fit else "no operation fits, of"
        raise AssertionError(f"{purpose}: in the profile's WSDL {found} {names}")
    parts = parts_of[fit[0].name]
    if override is None:
        return Bound(fit[0], parts)
    return Bound(fit[0], parts | override.parts, override.values)


def _named(known: tuple[Described, ...], name: str) -> Described:
    for one in known:
        if one.name == name:
            return one
    raise AssertionError(f"the profile's WSDL has no operation {name!r}")


def _parameters(operation: Described, profile: Profile) -> dict[str, str]:
    """Return the operation's parts by the guide's parameters, using the profile's synonyms.

    Whole names have precedence over the words in them, as in `strClave` or `nombre_usuario`.
    """
    synonyms = profile.binding.synonyms
    meanings = {
        word: parameter
        for parameter in ("username", "password", "number", "message", "extra", "messageid")
        for word in getattr(synonyms, parameter)
    }
    names = {part: part.rpartition(".")[2] for part in operation.parts}
    known = {
        meanings[_plain(name)]: part for part, name in names.items() if _plain(name) in meanings
    }
    by_word = {
        parameter: part
        for part, name in names.items()
        if part not in known.values() and (parameter := _by_words(name, meanings)) is not None
    }
    return by_word | known


def _by_words(name: str, meanings: Mapping[str, str]) -> str | None:
    """Return the parameter that the longest run of a name's words means, if it is unambiguous."""
    words = [_plain(word) for word in re.findall("[A-Z]+(?![a-z])|[A-Z]?[^A-Z_]+", name)]
    for length in range(len(words), 0, -1):
        runs = ("".join(words[at : at + length]) for at in range(len(words) - length + 1))
        found = {meanings[run] for run in runs if run in meanings and run != "id"}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _rpc(
    name: str, action: str, body: ET.Element, message: ET.Element, root: ET.Element
) -> Described:
    parts = tuple(
        leaf
        for part in message.findall(f"{WSDL}part")
        for leaf in _leaves(root, part, part.get("name", ""))
    )
    return Described(
        name,
        action,
        element=name,
        namespace=body.get("namespace", ""),
        qualified=False,
        encoded=body.get("use") == "encoded",
        parts=parts,
    )


def _document(
    name: str, action: str, body: ET.Element, message: ET.Element, root: ET.Element
) -> Described:
    """Return an operation with wrapped arguments, which are the children of its only element."""
    part = message.find(f"{WSDL}part")
    wrapper = "" if part is None else _local(part.get("element", ""))
    for schema in root.iter(f"{XSD}schema"):
        for element in schema.findall(f"{XSD}element[@name='{wrapper}']"):
            return Described(
                name,
                action,
                element=wrapper,
                namespace=schema.get("targetNamespace", ""),
                qualified=schema.get("elementFormDefault") == "qualified",
                encoded=body.get("use") == "encoded",
                parts=tuple(_leaves(root, element)),
            )
    raise AssertionError(f"the WSDL's types lack the element {wrapper!r}")


def _leaves(root: ET.Element, element: ET.Element, *path: str) -> Iterator[str]:
    kind = _type_of(root, element)
    if kind is None or len(path) > _DEEPEST:
        yield ".".join(path)
        return
    for child in _children(root, kind):
        yield from _leaves(root, child, *path, child.get("name") or _local(child.get("ref", "")))


def _children(root: ET.Element, kind: ET.Element) -> Iterator[ET.Element]:
    """Yield the direct child elements of a complex type, in order."""
    for node in kind:
        tag = node.tag.removeprefix(XSD)
        if tag == "element":
            yield node
        elif tag == "group" and "ref" in node.attrib:
            for group in root.iterfind(f".//{XSD}group[@name='{_local(node.attrib['ref'])}']"):
                yield from _children(root, group)
        elif tag == "extension":
            if (base := _named_type(root, node.get("base", ""))) is not None:
                yield from _children(root, base)
            yield from _children(root, node)
        elif tag in _HOLDERS:
            yield from _children(root, node)


def _type_of(root: ET.Element, element: ET.Element) -> ET.Element | None:
    """Return the complex type of an element. None if its type is simple."""
    if (inline := element.find(f"{XSD}complexType")) is not None:
        return inline
    if (referred := _local(element.get("ref", ""))) and (
        declared := root.find(f".//{XSD}schema/{XSD}element[@name='{referred}']")
    ) is not None:
        return _type_of(root, declared)
    return _named_type(root, element.get("type", ""))


def _named_type(root: ET.Element, name: str) -> ET.Element | None:
    for named in root.iter(f"{XSD}complexType"):
        if named.get("name") == _local(name):
            return named
    return None


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _plain(name: str) -> str:
    """Return a name in the form for comparisons: lower-case letters and digits without accents."""
    bare = unicodedata.normalize("NFKD", name.lower())
    return re.sub("[^a-z0-9]", "", bare)
