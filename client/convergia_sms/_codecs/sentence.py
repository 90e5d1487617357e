"""Replies that are sentences: a code, an id, labels, and words for success or failure.

Examples are "100 - Mensaje Enviado Correctamente - ID: 48213" and "OK: 100, folio 48213". All words
must be known. With one unknown word, or one number too many, nothing is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from convergia_sms._codecs.forms import SMALL_WORDS, Reading
from convergia_sms._codecs.statements import contradicted, success_stated
from convergia_sms._codecs.vocabulary import MARKS, TEXT, folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_sms._codecs.forms import Members, Names
    from convergia_sms._codecs.vocabulary import Marked, Vocabulary

__all__ = ["header_row", "label_and_value", "sentence"]

# A longer sentence says more than a code and an id.
_LONGEST = 512
_TOKEN = re.compile(rf"{TEXT}|\w[\w.-]*")
_PUNCTUATION = re.compile(r"[\s|,;:=#~&*()\[\]>\"'.·•!¡–—-]*")  # noqa: RUF001
# An empty field or a minus sign, which change the meaning of what follows.
_ODD = re.compile(r"([|,;])\s*\1|(?<![\w-])-\d")
_JOINED = re.compile("[-._]")
# A label may have so many words ("número de folio del mensaje").
_LABEL_WORDS = 5
_NUMBER_SIGNS = frozenset({"no", "num", "nro", "n"})

_Kind = Literal["code", "id", "text"]


@dataclass(slots=True)
class _Sorted:
    """The words of a sentence, sorted by their meaning."""

    codes: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    loose: list[str] = field(default_factory=list)
    stated: list[tuple[str, str]] = field(default_factory=list)


def sentence(marked: Marked, names: Names, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Read a text in which each word is a code, an id, a label or a statement."""
    text = marked.text
    if len(text) > _LONGEST or _ODD.search(text) or not _balanced(text):
        return
    tokens = _TOKEN.findall(text)
    if not tokens or any(not _PUNCTUATION.fullmatch(gap) for gap in _TOKEN.split(text)):
        return
    found = _walk([_trimmed(token) for token in tokens], names, vocabulary)
    if found is None:
        return
    for reading in _assigned(found, marked, vocabulary):
        code = str(reading.code)
        if marked.allows(code) and not contradicted(found.stated, code, vocabulary):
            yield reading


def header_row(names_row: list[str], values: list[str], names: Names) -> Members | None:
    """Pair a row of labels with the row of values below it, or return None."""
    known = names.code | names.id | names.text
    if len(names_row) != len(values) or len(values) < 2:  # noqa: PLR2004
        return None
    if not all(folded(name) in known for name in names_row):
        return None
    return tuple(zip(names_row, values, strict=True))


def label_and_value(rows: list[list[str]], names: Names) -> Members | None:
    """Read rows of two cells, a label and a value, or return None."""
    known = names.code | names.id | names.text
    if any(len(row) != 2 for row in rows):  # noqa: PLR2004
        return None
    if not all(folded(row[0]) in known for row in rows):
        return None
    return tuple((row[0].rstrip(": "), row[1]) for row in rows)


def _balanced(text: str) -> bool:
    return (
        text.count("(") == text.count(")")
        and text.count("[") == text.count("]")
        and text.count('"') % 2 == 0
        and text.count("'") % 2 == 0
    )


def _trimmed(token: str) -> str:
    return token if token == TEXT else token.rstrip(MARKS + "_")


def _walk(tokens: list[str], names: Names, vocabulary: Vocabulary) -> _Sorted | None:
    """Sort the tokens by their meaning, or return None if one is unknown."""
    found = _Sorted()
    if any(_holds_label(token, names) for token in tokens):
        return None
    place = 0
    pending: _Kind | None = None
    while place < len(tokens):
        kind, words = _label(tokens, place, names)
        if kind is None:
            if not _take(tokens[place], found):
                return None
            pending = None
            place += 1
            continue
        if {kind, pending} == {"code", "id"}:
            # Two labels without a value between them are a row of headings.
            return None
        label = " ".join(tokens[place : place + words])
        place += words
        if place < len(tokens) and folded(tokens[place]) in _NUMBER_SIGNS:
            place += 1
        value = tokens[place] if place < len(tokens) else ""
        if kind == "id" and vocabulary.looks_like_id(value):
            found.ids.add(value)
        elif kind == "code" and vocabulary.is_listed(value):
            found.codes.add(value)
            found.stated.append((label, value))
        else:
            # In "Estatus: OK", "ID:" or "Respuesta: codigo 100" the rest has its own meaning.
            found.stated.append(("", label))
            pending = pending if kind == "text" else kind
            continue
        pending = None
        place += 1
    return found


def _holds_label(token: str, names: Names) -> bool:
    """Return True if the token joins a label to something else by "-", "." or "_" ("77-codigo")."""
    pieces = _JOINED.split(token)
    labels = names.code | names.id | names.text
    return len(pieces) > 1 and any(folded(piece) in labels for piece in pieces)


def _take(token: str, found: _Sorted) -> bool:
    """Sort a token that is not a label. Return False if it is unknown."""
    if token == TEXT:
        return True
    if success_stated(token) is not None:
        found.stated.append(("", token))
        return True
    if any(character.isdigit() for character in token):
        found.loose.append(token)
        return True
    return False


def _label(tokens: list[str], place: int, names: Names) -> tuple[_Kind | None, int]:
    """Return the kind and the number of words of the longest label at `place`."""
    for words in range(min(_LABEL_WORDS, len(tokens) - place), 0, -1):
        group = tokens[place : place + words]
        if TEXT in group or any(token[:1].isdigit() for token in group):
            continue
        plain = [folded(token) for token in group]
        for joined in (
            "".join(plain),
            "".join(word for word in plain if word not in SMALL_WORDS),
        ):
            if joined in names.id:
                return "id", words
            if joined in names.code:
                return "code", words
            if joined in names.text:
                return "text", words
    return None, 0


def _assigned(found: _Sorted, marked: Marked, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Yield all ways to interpret the words as one code and at most one id."""
    if len(found.codes) > 1 or len(found.ids) > 1:
        return
    loose = found.loose
    if found.codes:
        candidates = [(next(iter(found.codes)), loose)]
    elif any(vocabulary.is_listed(token) for token in loose):
        candidates = [
            (token, loose[:place] + loose[place + 1 :])
            for place, token in enumerate(loose)
            if vocabulary.is_listed(token)
        ]
    elif marked.codes is not None and len(marked.codes) == 1:
        # The guide's text of one code stands for that code. But a token such as "100-77" may also
        # hold a code. Then nothing is read.
        if any(vocabulary.is_listed(piece) for one in loose for piece in _JOINED.split(one)):
            return
        candidates = [(next(iter(marked.codes)), loose)]
    else:
        return
    for code, rest in candidates:
        ids = [*found.ids, *rest]
        if not ids:
            yield Reading(int(code))
        elif len(ids) == 1 and vocabulary.looks_like_id(ids[0]):
            yield Reading(int(code), ids[0])
