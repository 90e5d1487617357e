"""The value that a SOAP reply returns, even if PHP prints text around the envelope."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convergia_sms._codecs.body import as_text
from convergia_sms._codecs.dialect import Array, Objects, Returned, Struct, Unreadable
from convergia_sms._codecs.markup import local_name, parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

_NAMESPACES = (
    "http://schemas.xmlsoap.org/soap/envelope/",
    "http://www.w3.org/2003/05/soap-envelope",
)
_OPENING = re.compile(r"<((?:[A-Za-z_][\w.-]{0,63}:)?Envelope)(?=[\s>/])")
_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_DOCTYPE = re.compile("<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MAX_DEPTH = 16
# A larger structure is not a code and an id.
_MAX_PARTS = 64
# Characters that need no escape anywhere in XML.
_PLAIN = re.compile(rb"[ !-%'-;=?-~]+")
_PROBE = b"another value 7310462"
# Stop learning after so many, in case each reply differs (a date in a comment).
_MAX_LESSONS = 8


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP Fault: the service's own text for a failure."""

    code: str
    text: str


class EnvelopeReader:
    """Reads replies, and remembers the bytes around the returned value.

    A gateway's replies differ only in that value. If the bytes around it are those of a reply that
    was parsed before, the value is what is between them. This takes a tenth of the time. Any number
    of threads may share a reader.
    """

    def __init__(self) -> None:
        self._known: tuple[tuple[bytes, bytes], ...] = ()
        self._lessons = 0

    def read(self, body: bytes) -> Returned | Fault | Unreadable:
        """Return the same as `read_envelope`."""
        for before, after in self._known:
            if body.startswith(before) and body.endswith(after):
                value = body[len(before) : len(body) - len(after)]
                if _PLAIN.fullmatch(value) and len(body) > len(before) + len(after):
                    return value.decode("ascii")
        returned = read_envelope(body)
        if isinstance(returned, str) and self._lessons < _MAX_LESSONS:
            self._lessons += 1
            self._learn(body, returned)
        return returned

    def _learn(self, body: bytes, value: str) -> None:
        """Remember the bytes around `value`, if it is they that make it what is returned."""
        plain = value.encode("ascii", "replace")
        if not _PLAIN.fullmatch(plain) or body.count(plain) != 1:
            return
        before, _, after = body.partition(plain)
        if read_envelope(before + _PROBE + after) == _PROBE.decode():
            self._known += ((before, after),)


def read_envelope(body: bytes) -> Returned | Fault | Unreadable:
    """Return the value that a SOAP reply returns.

    It tolerates a byte order mark, blank lines, comments, PHP's notices and anything else around
    the envelope, and a charset that header and declaration disagree on. `xsi:type` is ignored: a
    code is a code whether it is a string or an int. Two envelopes cannot be read.
    """
    text = as_text(body)
    before, commented = _start(text)
    openings = list(_OPENING.finditer(text, commented))
    if len(openings) != 1:
        reason = "no SOAP envelope" if not openings else f"{len(openings)} SOAP envelopes"
        return Unreadable(reason if text.strip() else "an empty body")
    if _DOCTYPE.search(before):
        return Unreadable("a DOCTYPE before the envelope")
    start = openings[0].start()
    closing = f"</{openings[0][1]}"
    end = text.rfind(closing)
    stop = text.find(">", end) + 1 if end >= 0 else 0
    if not stop or text[end + len(closing) : stop - 1].strip():
        return Unreadable("a SOAP envelope that does not end")
    root = parse_xml(text[start:stop])
    if root is None:
        return Unreadable("a SOAP envelope that is not well-formed XML")
    return _returned(root)


def _start(text: str) -> tuple[str, int]:
    """Return the text before the envelope without comments, and where it ends.

    A comment may contain an envelope that nobody sent.
    """
    kept: list[str] = []
    place = 0
    while True:
        opening = _OPENING.search(text, place)
        until = len(text) if opening is None else opening.start()
        comment = text.find("<!--", place, until)
        end = -1 if comment < 0 else text.find("-->", comment + 4)
        if end < 0:
            kept.append(text[place:until])
            return "".join(kept), place
        kept.append(text[place:comment])
        place = end + len("-->")


def _returned(root: _Element) -> Returned | Fault | Unreadable:
    namespace = next((known for known in _NAMESPACES if root.tag == f"{{{known}}}Envelope"), None)
    if namespace is None:
        return Unreadable("an envelope in another namespace than SOAP's")
    body = root.find(f"{{{namespace}}}Body")
    if body is None or len(body) == 0:
        return Unreadable("a SOAP envelope with nothing in it")
    fault = body.find(f"{{{namespace}}}Fault")
    if fault is not None:
        return _fault(fault)
    return _value(body[0], _by_id(body))


def _fault(fault: _Element) -> Fault:
    found = {local_name(element): (element.text or "").strip() for element in fault.iter("*")}
    code = found.get("faultcode") or found.get("Value") or ""
    return Fault(code, found.get("faultstring") or found.get("Text") or "")


def _by_id(body: _Element) -> dict[str, _Element]:
    """Return the values beside the response, for parts that only refer to them."""
    return {str(element.attrib["id"]): element for element in body if "id" in element.attrib}


def _value(element: _Element, targets: dict[str, _Element]) -> Returned | Unreadable:
    """Return the value of an element, descending while there is a single child.

    The first step leads from the response to the returned part. A lone leaf below that is a struct
    of one member, because its name may have a meaning.
    """
    for depth in range(_MAX_DEPTH):
        element = _target(element, targets)
        children = [_target(child, targets) for child in element]
        if not children:
            return element.text or ""
        if len(children) > 1 or (depth and not len(children[0])):
            return _compound(element, children, targets)
        element = children[0]
    return Unreadable("a value nested too deep")


def _target(element: _Element, targets: dict[str, _Element]) -> _Element:
    """Return the element, or the one that its `href` refers to (multiRef of SOAP encoding)."""
    return targets.get(str(element.attrib.get("href", ""))[1:], element)


def _compound(
    element: _Element, children: list[_Element], targets: dict[str, _Element]
) -> Returned | Unreadable:
    names = [local_name(child) for child in element]
    if all(_is_map_item(child) for child in children):
        # PHP's SoapServer writes an associative array as Apache's Map: item(key, value), …
        return Struct(tuple((child[0].text or "", child[1].text or "") for child in children))
    if any(len(child) for child in children):
        return _nested(element, targets)
    texts = [child.text or "" for child in children]
    if (len(names) > 1 and len(set(names)) == 1) or f"{{{_ENCODING}}}arrayType" in element.attrib:
        return Array(tuple(texts))
    return Struct(tuple(zip(names, texts, strict=True)))


def _nested(element: _Element, targets: dict[str, _Element]) -> Objects | Unreadable:
    """Return the leaves of each struct in a structure as one group."""
    groups: list[tuple[tuple[str, str], ...]] = []
    waiting = [(element, 0)]
    while waiting:
        holder, depth = waiting.pop()
        if depth > _MAX_DEPTH or len(groups) > _MAX_PARTS:
            return Unreadable("a value nested too deep")
        members: list[tuple[str, str]] = []
        for child in holder:
            value = _target(child, targets)
            if _is_map_item(value) and not len(value[1]):
                members.append((value[0].text or "", value[1].text or ""))
            elif len(value):
                waiting.append((value, depth + 1))
            else:
                members.append((local_name(child), value.text or ""))
        groups.append(tuple(members))
    return Objects(tuple(groups))


def _is_map_item(element: _Element) -> bool:
    return [local_name(child) for child in element] == ["key", "value"]
