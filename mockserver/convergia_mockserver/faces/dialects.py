"""Encoding of answers in the dialect that the profile sets for reply bodies.

This encoder is the mock server's own. The client has its own decoder, so that one does not hide the
mistakes of the other. `faces.soap` writes the forms `struct` and `array`, which only SOAP has.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape as escape_html
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape as escape_xml

from convergia_wsdl import ContractError

if TYPE_CHECKING:
    from convergia_wsdl import Dialect, Guide

    from convergia_mockserver.gateway.calls import Answer, Operation

_STRUCTURED = ("struct", "array")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a reply: the code, the id of an accepted message, the guide's text."""

    code: int
    message_id: str | None = None
    text: str = ""

    @classmethod
    def of(cls, guide: Guide, operation: Operation, answer: Answer) -> Fields:
        """Return the fields of an answer. A code that the guide does not list has no text."""
        if answer.code is None:
            raise TypeError(f"a {operation} must be answered with one of the guide's codes")
        endpoint = guide.send if operation == "send" else guide.status
        return cls(answer.code, answer.message_id, endpoint.text(answer.code) or "")


def refuse_structures(dialect: Dialect, where: str, source: str) -> None:
    """Check that a dialect is not a struct or an array, which plain HTTP cannot carry.

    Raises:
        ContractError: if its form is one of these.
    """
    if dialect.form in _STRUCTURED:
        raise ContractError(f"{source}: {where}: form {dialect.form!r} exists only over SOAP")


def pairs(dialect: Dialect, fields: Fields) -> list[tuple[str, str | int]]:
    """Return the fields that the dialect shows, with its keys and in its order."""
    code: tuple[str, str | int] = (dialect.keys.code, fields.code)
    shown = [code]
    if dialect.form == "code":
        return shown
    if fields.message_id is not None:
        identifier = (dialect.keys.id, fields.message_id)
        shown = [code, identifier] if dialect.order == "code-id" else [identifier, code]
    if dialect.text and fields.text:
        shown.append((dialect.keys.text, fields.text))
    return shown


def spell(dialect: Dialect, fields: Fields) -> str:
    """Return the body of a reply.

    The form `auto` lets a reader detect the form. A writer must choose one, and uses separated
    fields. Without an id, as in a rejection or a status, a separated form is just the code.
    """
    shown = pairs(dialect, fields)
    match dialect.form:
        case "json":
            body = json.dumps(dict(shown), ensure_ascii=False)
        case "xml":
            return _xml(dialect, shown)
        case "key-value":
            body = dialect.separator.join(f"{key}={value}" for key, value in shown)
        case _:
            body = dialect.separator.join(str(value) for _, value in shown)
    return _page(escape_html(body, quote=False)) if dialect.html else body


def _xml(dialect: Dialect, shown: list[tuple[str, str | int]]) -> str:
    root = dialect.keys.root
    elements = "".join(f"<{key}>{escape_xml(str(value))}</{key}>" for key, value in shown)
    body = f"<{root}>{elements}</{root}>"
    return _page(body) if dialect.html else f'<?xml version="1.0"?>{body}'


def _page(body: str) -> str:
    return f"<html><body>{body}</body></html>"
