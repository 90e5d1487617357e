"""Inference of a dialect from replies whose meaning is known.

A probe knows its requests, and therefore the possible codes of each reply. Only this makes it safe
to read an unknown dialect.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from convergia_wsdl import Dialect, Keys

from convergia_sms._codecs.dialect import (
    Array,
    DialectReader,
    Objects,
    Reading,
    Returned,
    Struct,
)
from convergia_sms._codecs.vocabulary import ACCEPTED, folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convergia_wsdl import DialectForm, Endpoint, Profile

_SEPARATORS = ("|", ";", ",", "&", "\t", "\n", ":", "-", " ")
NAMED_FORMS = frozenset({"key-value", "json", "xml", "struct"})
"""The forms in which code and id have names."""
_HTML = re.compile(
    r"<(?:!doctype html|html|body|head|br|p|div|pre|b|span|title)\b[^>]*>", re.IGNORECASE
)
_TAG = re.compile(r"<[^>]*>")
_ELEMENT = re.compile(r"<([A-Za-z_][\w.-]*)>([^<]*)</\1>")
# The guide's texts have fewer words, and replies that show a dialect have fewer characters.
_LONGEST_TEXT = 24
_LONGEST_REPLY = 8_192
_PAIR = re.compile(r"\s*([A-Za-z_][\w.-]*)\s*=\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sample:
    """A reply and its possible meanings.

    Attributes:
        returned: the text of the body, or the value in the envelope.
        codes: the possible codes for the request.
        accepted: True if the call was carried out.
    """

    returned: Returned
    codes: frozenset[int]
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The parts of a dialect that one reply shows. None where it does not."""

    form: DialectForm
    separator: str | None = None
    order: Literal["code-id", "id-code"] | None = None
    text: bool = False
    html: bool = False
    code_key: str | None = None
    id_key: str | None = None
    text_key: str | None = None


@dataclass(frozen=True, slots=True)
class _Expected:
    """The possible content of one reply.

    Attributes:
        codes: the possible codes for the request.
        texts: the guide's texts of those codes, folded.
        code_names: names of a code, folded.
        id_names: names of an id, folded.
        accepted: True if the call was carried out, so that the reply has an id if any has.
    """

    codes: frozenset[str]
    texts: frozenset[str]
    code_names: frozenset[str]
    id_names: frozenset[str]
    accepted: bool

    def is_text(self, value: str) -> bool:
        """Return True for one of the guide's texts."""
        return bool(value) and folded(value) in self.texts

    def may_be_id(self, value: str) -> bool:
        """Return True if a value without a telling name may be an id: it has a digit."""
        return self.accepted and any(character.isdigit() for character in value)


@dataclass(frozen=True, slots=True)
class Inferred:
    """A dialect that reads all samples. `open` names the fields that none of them showed."""

    dialect: Dialect
    open: tuple[str, ...] = ()


def infer(
    samples: Sequence[Sample], assumed: Dialect, endpoint: Endpoint, profile: Profile
) -> Inferred | None:
    """Return the dialect of `samples` that is closest to the assumed one, or None.

    Args:
        samples: replies of one operation on one transport.
        assumed: the dialect for fields that no sample shows.
        endpoint: the operation's codes and texts.
        profile: the profile with the pattern of message ids.
    """
    shapes = [shape_of(sample, endpoint, profile) for sample in samples]
    seen = [shape for shape in shapes if shape is not None]
    if not seen or len(seen) < len(shapes):
        return _unshaped(samples, endpoint, profile)
    carried_out = [shape for sample, shape in zip(samples, seen, strict=True) if sample.accepted]
    named = [shape for shape in seen if shape.form != "code"]
    sends = any(code.code == ACCEPTED for code in endpoint.codes)
    bare = _bare(bool(carried_out) or not sends, assumed)
    for candidate in (_from_shapes(carried_out + named, assumed, ids=sends), bare):
        if candidate is not None and _reads(candidate.dialect, samples, endpoint, profile):
            return candidate
    return _unshaped(samples, endpoint, profile)


def _unshaped(samples: Sequence[Sample], endpoint: Endpoint, profile: Profile) -> Inferred | None:
    """Read replies that no dialect describes (JSON in JSON, XML attributes) as `auto` does."""
    auto = Dialect(form="auto")
    return Inferred(auto) if samples and _reads(auto, samples, endpoint, profile) else None


def shape_of(sample: Sample, endpoint: Endpoint, profile: Profile) -> Shape | None:
    """Return the shape of a reply, or None if it contains none of its codes."""
    synonyms = profile.reply.synonyms
    known = _Expected(
        frozenset(map(str, sample.codes)),
        frozenset(folded(code.text) for code in endpoint.codes if code.code in sample.codes),
        frozenset(map(folded, synonyms.code)),
        frozenset(map(folded, synonyms.id)),
        sample.accepted,
    )
    returned = sample.returned
    if isinstance(returned, Struct):
        return _of_members("struct", returned.members, known)
    if isinstance(returned, Array):
        return _of_items("array", None, returned.items, known)
    if isinstance(returned, Objects):
        return None
    text = returned.strip()
    if len(text) > _LONGEST_REPLY:
        return None
    html = _HTML.search(text) is not None
    elements = [
        (name, value.strip())
        for name, value in _ELEMENT.findall(text)
        if not _HTML.fullmatch(f"<{name}>")
    ]
    if elements:
        return _of_members("xml", elements, known, html=html)
    if html:
        text = _TAG.sub("", text).strip()
    if text.startswith("{"):
        return _of_json(text, known, html=html)
    if text in known.codes:
        return Shape("code", html=html)
    return _of_pairs(text, known, html=html) or _of_text(text, known, html=html)


def _from_shapes(shapes: Sequence[Shape], assumed: Dialect, *, ids: bool) -> Inferred | None:
    """Return the dialect of replies that contain more than a code. The first has priority.

    `ids` is True if the operation returns ids, which a status query does not.
    """
    if not shapes:
        return None
    form = shapes[0].form
    if any(shape.form not in {form, "code"} for shape in shapes):
        return None

    def first(field: str) -> str | None:
        return next((value for shape in shapes if (value := getattr(shape, field))), None)

    separator, order = first("separator"), first("order")
    keys = Keys(
        code=first("code_key") or assumed.keys.code,
        id=first("id_key") or assumed.keys.id,
        text=first("text_key") or assumed.keys.text,
    )
    dialect = Dialect(
        form=form,
        separator=separator or assumed.separator,
        order="id-code" if (order or assumed.order) == "id-code" else "code-id",
        text=any(shape.text for shape in shapes),
        html=any(shape.html for shape in shapes),
        keys=keys,
    )
    not_shown = {
        "separator": ids and form in {"separated", "key-value"} and separator is None,
        "order": ids and form in {"separated", "array"} and order is None,
        "keys.id": ids and form in NAMED_FORMS and first("id_key") is None,
    }
    return Inferred(dialect, tuple(field for field, hidden in not_shown.items() if hidden))


def _bare(complete: bool, assumed: Dialect) -> Inferred:
    """Return the dialect of replies that are only a code.

    A rejected message has no id, so a bare code does not show where an id would be. `complete`
    means that these replies would have shown an id.
    """
    if complete:
        return Inferred(assumed if assumed.form == "code" else Dialect(form="code"))
    if assumed.form in {"code", "separated", "auto"} and not assumed.html:
        return Inferred(assumed, ("form", "separator", "order"))
    return Inferred(Dialect(form="auto"), ("form", "separator", "order"))


def _reads(
    dialect: Dialect, samples: Iterable[Sample], endpoint: Endpoint, profile: Profile
) -> bool:
    """Return True if a client with this dialect reads all samples as one of their codes."""
    reader = DialectReader(dialect, endpoint, profile, strict=True)
    for sample in samples:
        reading = reader.read(sample.returned)
        if not isinstance(reading, Reading) or reading.code not in sample.codes:
            return False
    return True


def _of_members(
    form: DialectForm,
    members: Iterable[tuple[str, str]],
    known: _Expected,
    *,
    html: bool = False,
) -> Shape | None:
    values = [(name, value.strip()) for name, value in members]
    codes = [name for name, value in values if value in known.codes]
    if not codes:
        return None
    code_key = next((name for name in codes if folded(name) in known.code_names), codes[0])
    texts = [name for name, value in values if name != code_key and known.is_text(value)]
    rest = [(name, value) for name, value in values if name not in {code_key, *texts}]
    return Shape(
        form,
        text=bool(texts),
        html=html,
        code_key=code_key,
        id_key=_id_key(rest, known),
        text_key=texts[-1] if texts else None,
    )


def _id_key(members: Sequence[tuple[str, str]], known: _Expected) -> str | None:
    """Return the name of the id, or None if it is not clear.

    A rejection may have other values beside its code. There, only a known name identifies the id.
    """
    named = [(name, value) for name, value in members if folded(name) in known.id_names]
    filled = [name for name, value in named if value]
    if filled or named:
        return filled[0] if filled else named[0][0]
    unnamed = [name for name, value in members if known.may_be_id(value)]
    return unnamed[0] if len(unnamed) == 1 else None


def _of_items(
    form: DialectForm,
    separator: str | None,
    items: Sequence[str],
    known: _Expected,
    *,
    html: bool = False,
) -> Shape | None:
    places = {item.strip(): place for place, item in reversed(list(enumerate(items)))}
    code = next((item for item in places if item in known.codes), None)
    if code is None:
        return None
    others = [item for item in places if item and item != code]
    text = [item for item in others if known.is_text(item)]
    ids = [item for item in others if item not in text and known.may_be_id(item)]
    order: Literal["code-id", "id-code"] | None = None
    if ids:
        order = "code-id" if places[code] < places[ids[0]] else "id-code"
    return Shape(form, separator=separator, order=order, text=bool(text), html=html)


def _of_json(text: str, known: _Expected, *, html: bool) -> Shape | None:
    try:
        named = json.loads(text)
    except (ValueError, RecursionError):
        return None
    members = [(str(name), "" if value is None else str(value)) for name, value in named.items()]
    return _of_members("json", members, known, html=html)


def _of_pairs(text: str, known: _Expected, *, html: bool) -> Shape | None:
    for separator in _SEPARATORS:
        pairs = [_PAIR.fullmatch(piece) for piece in text.split(separator)]
        found = [(pair[1], pair[2].strip()) for pair in pairs if pair is not None]
        if found and len(found) == len(pairs):
            shape = _of_members("key-value", found, known, html=html)
            if shape is not None and len(found) > 1:
                return replace(shape, separator=separator)
            if shape is not None:
                return shape
    return None


def _of_text(text: str, known: _Expected, *, html: bool) -> Shape | None:
    for separator in _SEPARATORS:
        if separator in text:
            items = _split(text, separator, known)
            shape = _of_items("separated", separator, items, known, html=html)
            if shape is not None:
                return shape
    return None


def _split(text: str, separator: str, known: _Expected) -> list[str]:
    """Split `text` at the separator, but keep the guide's texts whole."""
    pieces = text.split(separator)
    for start in range(len(pieces)):
        for stop in range(min(len(pieces), start + _LONGEST_TEXT), start + 1, -1):
            joined = separator.join(pieces[start:stop])
            if known.is_text(joined):
                return [*pieces[:start], joined, *pieces[stop:]]
    return pieces
