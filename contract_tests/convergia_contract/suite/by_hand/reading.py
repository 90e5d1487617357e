"""Reading a reply's body in a given dialect, independent of the client's decoder."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

from convergia_contract.suite.speaker import Answer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from convergia_wsdl import Dialect, FieldSynonyms

_CODE = re.compile(r"\d{1,3}")
# Python does not convert numbers with thousands of digits.
_LONG_REFERENCE = re.compile(r"&#[0-9]{20,};?")
_TOKEN = re.compile(r"[0-9A-Za-z._-]+")


class UnreadableError(AssertionError, ValueError):
    """The body has no code in its dialect."""


def read(
    body: str, dialect: Dialect, codes: Collection[int], *, raw: bytes | None = None
) -> Answer:
    """Return the code and the id in a body.

    Args:
        body: the text of the reply.
        dialect: the dialect that it must have.
        codes: the codes of its table, which only the form `auto` uses.
        raw: the bytes to keep as the answer's body. By default `body`.

    Raises:
        UnreadableError: if it has another form.
    """
    code, message_id = _fields(body, dialect, codes)
    if code is None or not _CODE.fullmatch(code):
        raise UnreadableError(f"no code in the dialect {dialect}: {body!r}")
    return Answer(int(code), message_id or None, body.encode() if raw is None else raw)


def read_names(
    values: Mapping[str, str], dialect: Dialect, synonyms: FieldSynonyms, raw: bytes
) -> Answer:
    """Return the code and the id in a struct, by the dialect's names or by known names."""
    code = _member(values, dialect.keys.code, synonyms.code)
    if code is None or not _CODE.fullmatch(code):
        raise UnreadableError(f"no member {dialect.keys.code!r} with a code: {dict(values)}")
    return Answer(int(code), _member(values, dialect.keys.id, synonyms.id) or None, raw)


def _member(values: Mapping[str, str], own: str, known: Collection[str]) -> str | None:
    if own in values:
        return values[own]
    found = [
        text for name, text in values.items() if re.sub("[^a-z0-9]", "", name.lower()) in known
    ]
    return found[0] if len(found) == 1 else None


def read_items(values: Sequence[str], dialect: Dialect, raw: bytes) -> Answer:
    """Return the code and the id in an array, by the order of its items."""
    code, message_id = _in_order(list(values), dialect)
    if code is None or not _CODE.fullmatch(code):
        raise UnreadableError(f"no code among the items {list(values)}")
    return Answer(int(code), message_id or None, raw)


def _fields(body: str, dialect: Dialect, codes: Collection[int]) -> tuple[str | None, str | None]:
    keys = dialect.keys
    if dialect.form == "xml":
        return _element(body, keys.code), _element(body, keys.id)
    if dialect.html:
        body = html.unescape(_LONG_REFERENCE.sub("\ufffd", re.sub(r"<[^<>]*>", "", body)))
    body = body.strip()
    match dialect.form:
        case "code":
            return body, None
        case "separated":
            return _in_order([part.strip() for part in body.split(dialect.separator)], dialect)
        case "key-value":
            pairs = dict(pair.partition("=")[::2] for pair in body.split(dialect.separator))
            return pairs.get(keys.code), pairs.get(keys.id)
        case "json":
            try:
                named = json.loads(body)
            except (ValueError, RecursionError) as error:
                raise UnreadableError(f"not JSON: {body!r}") from error
            if not isinstance(named, dict):
                raise UnreadableError(f"not a JSON object: {body!r}")
            return str(named.get(keys.code)), str(named.get(keys.id) or "")
        case "auto":
            return _guess(body, codes)
        case _:
            raise UnreadableError(f"a {dialect.form} has no text form: {body!r}")


def _in_order(parts: list[str], dialect: Dialect) -> tuple[str | None, str | None]:
    """Return code and id from parts. The text comes last, and the id may be missing."""
    if dialect.text and len(parts) > 1:
        parts = parts[:-1]
    if len(parts) == 1:
        return parts[0], None
    first, second = parts[:2]
    return (first, second) if dialect.order == "code-id" else (second, first)


def _element(body: str, name: str) -> str | None:
    found = re.search(rf"<{re.escape(name)}>([^<]*)</", body)
    return found[1].strip() if found else None


def _guess(body: str, codes: Collection[int]) -> tuple[str | None, str | None]:
    tokens = _TOKEN.findall(re.sub(r"<[^>]*>", " ", body))
    code = next((token for token in tokens if token.isdigit() and int(token) in codes), None)
    others = [token for token in tokens if token != code and any(map(str.isdigit, token))]
    return code, others[0] if others else None
