"""Random replies of imaginary gateways with their meaning, generated without the client.

`reply` combines a random form, order, names, separator and charset with the guide's text, and may
add noise before and after it or cut it off. `benchmarks.reply_traps` generates replies that mean
something else than they seem to.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape, quoteattr

from convergia_wsdl import load_guide

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Face = Literal["http", "soap"]
Operation = Literal["send", "status"]

GUIDE = load_guide()
SEND = {code.code: code.text for code in GUIDE.send.codes}
STATUS = {code.code: code.text for code in GUIDE.status.codes}

SEPARATORS = ("|", ",", ";", " - ", "-", ":", ": ", " ", "\t", "\n", " | ", ", ", "; ", "&", "#")
CODE_NAMES = (
    "codigo",
    "Código",
    "code",
    "estatus",
    "Status",
    "resultado",
    "COD",
    "codigo_respuesta",
)
ID_NAMES = (
    "id",
    "ID",
    "folio",
    "Folio",
    "idMensaje",
    "message_id",
    "messageId",
    "id_sms",
    "ticket",
)
TEXT_NAMES = ("descripcion", "mensaje", "message", "texto", "detalle")
NOTICE = (
    "<br />\n<b>Notice</b>:  Undefined index: extra in <b>/var/www/index.php</b> on line "
    "<b>100</b><br />\n"
)
UNBROKEN_NOTICE = NOTICE.replace("<b>100</b><br />", "<b>205</b>")
BEFORE = (
    "\ufeff",
    "\n",
    "\r\n \n",
    NOTICE,
    UNBROKEN_NOTICE,
    "\nWarning: gone in /var/www/x.php on line 205\n",
)
BEHIND = (
    "\n",
    "\r\n\r\n",
    NOTICE,
    UNBROKEN_NOTICE,
    "\n<!-- web-2 100 -->\n",
    "<script>count(201)</script>",
    " ",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A reply and its meaning.

    Attributes:
        face: the transport of the reply.
        operation: the operation of the request.
        body: the bytes of the body.
        code: the code in the reply. None if none can be known.
        message_id: the id in the reply. Empty if there is none.
        form: the kind of reply.
        readable: True if a person who knows the guide can read it.
        whole: True if it was not cut off.
    """

    face: Face
    operation: Operation
    body: bytes
    code: int | None
    message_id: str
    form: str
    readable: bool = True
    whole: bool = True


@dataclass(slots=True)
class _Meaning:
    code: str
    id: str
    text: str


def reply(rng: Random) -> Case:
    """Return a random reply with a meaning."""
    operation: Operation = "send" if rng.random() < 0.75 else "status"
    table = SEND if operation == "send" else STATUS
    code = 100 if operation == "send" and rng.random() < 0.5 else rng.choice(list(table))
    told_id = code == 100 if operation == "send" else rng.random() < 0.3
    message_id = _id(rng) if told_id and rng.random() < 0.95 else ""
    meaning = _Meaning(str(code), message_id, _text(rng, table[code]) if rng.random() < 0.5 else "")
    face: Face = "http" if rng.random() < 0.6 else "soap"
    if face == "soap" and rng.random() < 0.5:
        form, inside = rng.choice(_STRUCTURES)(rng, meaning)
        closed, body = True, envelope(inside)
    else:
        form, body, closed = _written(rng, meaning)
        if face == "soap":
            closed = True
            body = envelope(f"<return xsi:type='xsd:string'>{escape(body)}</return>")
    whole = not (closed and rng.random() < 0.25)
    if not whole:
        body = body.rstrip()
        body = body[: rng.randrange(1, len(body))]
    elif rng.random() < 0.5:
        body = "".join(rng.choices(BEFORE, k=rng.randrange(4))) + body
        body += "".join(rng.choices(BEHIND, k=rng.randrange(3)))
    message_id = meaning.id
    ambiguous = message_id.isdigit() and int(message_id) in table
    return Case(
        face,
        operation,
        encoded(rng, body),
        code,
        message_id,
        form,
        readable=whole and not ambiguous,
        whole=whole,
    )


def _id(rng: Random) -> str:
    return rng.choice(
        (
            lambda: str(rng.randrange(1, 10)),
            lambda: str(rng.randrange(10, 100_000)),
            lambda: str(rng.randrange(10**8, 10**9)),
            lambda: str(rng.randrange(10**11, 10**12)),
            lambda: str(rng.choice(list(SEND))),
            lambda: f"{rng.randrange(16**8):08x}",
            lambda: f"{rng.randrange(16**8):08X}-{rng.randrange(16**4):04X}",
            lambda: f"MX{rng.randrange(10**6)}",
            lambda: f"sms_{rng.randrange(10**6)}.{rng.randrange(10)}",
        )
    )()


def _text(rng: Random, text: str) -> str:
    plain = text.translate(str.maketrans("áéíóúñÁÉÍÓÚ", "aeiounAEIOU"))
    return rng.choice(
        (
            text,
            text.rstrip("."),
            text.upper(),
            text.lower(),
            plain,
            "".join(one if one.isascii() else "?" for one in text),
            text.encode().decode("latin-1"),
            text.encode("ascii", "xmlcharrefreplace").decode(),
        )
    )


def encoded(rng: Random, body: str) -> bytes:
    """Encode a body in a random charset that gateways use."""
    charset = rng.choice(("utf-8", "utf-8", "iso-8859-1", "cp1252", "utf-16"))
    if charset == "utf-16":
        return body.encode(charset)
    # An editor wrote the byte order mark, so it is UTF-8's in any charset of the script.
    return "\ufeff".encode().join(one.encode(charset, "replace") for one in body.split("\ufeff"))


# Functions that write a body. They return its form, the text, and True if a cut is visible.
def _written(rng: Random, meaning: _Meaning) -> tuple[str, str, bool]:
    form, body, closed = rng.choice(_FORMS)(rng, meaning)
    if rng.random() < 0.2:
        shown = body if "<" in body else html.escape(body, quote=rng.random() < 0.5)
        shown = shown.replace("\n", "<br>\n") if rng.random() < 0.5 and "<" not in body else shown
        page = f"<html><head><title>API SMS</title></head><body>{shown}</body></html>"
        return (
            f"{form} in html",
            rng.choice((page, f"<!DOCTYPE html>\n{page}", f"<p>{shown}</p>")),
            True,
        )
    return form, body, closed


def ordered(rng: Random, *pieces: str) -> list[str]:
    """Return the non-empty pieces in a random order."""
    kept = [piece for piece in pieces if piece]
    if rng.random() < 0.4:
        kept.reverse()
    return kept


def _bare(_rng: Random, meaning: _Meaning) -> tuple[str, str, bool]:
    body = meaning.code
    meaning.id = ""
    return "bare", f"{body} - {meaning.text}" if meaning.text else body, False


def _separated(rng: Random, meaning: _Meaning) -> tuple[str, str, bool]:
    separator = rng.choice(SEPARATORS)
    pieces = ordered(rng, meaning.code, meaning.id)
    if meaning.text:
        pieces.insert(rng.randrange(len(pieces) + 1), meaning.text)
    trailing = separator if rng.random() < 0.15 and separator.strip() in {"|", ",", ";"} else ""
    return f"separated {separator!r}", separator.join(pieces) + trailing, False


def _sentence(rng: Random, meaning: _Meaning) -> tuple[str, str, bool]:
    well = meaning.code in {"100", "0", "3"}
    start = rng.choice(("", "OK: ", "Éxito, ", "Código: ") if well else ("", "Error: ", "ERROR "))
    text = f" - {meaning.text}" if meaning.text else ""
    label = rng.choice(("ID: ", "folio ", "Folio No. ", "id=", "ID de mensaje: ", "message id "))
    joint = rng.choice((", ", " - ", "; ", " | ", "\n", " ("))
    told = f"{joint}{label}{meaning.id}{')' if joint == ' (' else ''}" if meaning.id else ""
    return "sentence", f"{start}{meaning.code}{text}{told}", False


def _named(rng: Random, meaning: _Meaning) -> list[tuple[str, str]]:
    members = [(rng.choice(CODE_NAMES), meaning.code)]
    if meaning.id:
        members.append((rng.choice(ID_NAMES), meaning.id))
    if meaning.text and rng.random() < 0.7:
        members.append((rng.choice(TEXT_NAMES), meaning.text))
    rng.shuffle(members)
    return members


def _pairs(rng: Random, meaning: _Meaning) -> tuple[str, str, bool]:
    meaning.text = "" if "&" in meaning.text else meaning.text
    separator = rng.choice(("&", ";", "|", ",", "\n", "&amp;", "; ", ", "))
    sign = rng.choice(("=", ": ", ":")) if separator != "&amp;" else "="
    quote = rng.choice(("", "", '"'))
    pairs = (f"{name}{sign}{quote}{value}{quote}" for name, value in _named(rng, meaning))
    return f"pairs {separator!r}", separator.join(pairs), False


def _json(rng: Random, meaning: _Meaning) -> tuple[str, str, bool]:
    members: dict[str, object] = {}
    for name, value in _named(rng, meaning):
        number = value.isdigit() and str(int(value)) == value and rng.random() < 0.6
        members[name] = int(value) if number else value
    if rng.random() < 0.3:
        members |= rng.choice(({"saldo": 480}, {"fecha": "2026-11-26 10:00:05"}, {"total": 100}))
    shapes: tuple[Callable[[], object], ...] = (
        lambda: members,
        lambda: {"respuesta": members},
        lambda: [members],
        lambda: {"data": {"sms": members}, "version": "1.0"},
        lambda: [{"nombre": name, "valor": value} for name, value in members.items()],
        lambda: [int(meaning.code), *([meaning.id] if meaning.id else [])],
        lambda: [meaning.code, *([int(meaning.id)] if meaning.id.isdigit() else [])],
        lambda: "|".join([meaning.code, *([meaning.id] if meaning.id else [])]),
        lambda: {"d": ",".join([meaning.code, *([meaning.id] if meaning.id else [])])},
    )
    place = rng.randrange(len(shapes))
    if place == 6 and not meaning.id.isdigit():
        meaning.id = ""
    indent = rng.choice((None, 2))
    return "json", json.dumps(shapes[place](), indent=indent, ensure_ascii=rng.random() < 0.5), True


def _xml(rng: Random, meaning: _Meaning) -> tuple[str, str, bool]:
    members = [(name.replace("ó", "o"), value) for name, value in _named(rng, meaning)]
    elements = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members)
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in dict(members).items())
    items = "".join(f'<dato nombre="{name}">{escape(value)}</dato>' for name, value in members)
    values = "".join(f"<{name} valor={quoteattr(value)}/>" for name, value in members)
    body = rng.choice(
        (
            f"<respuesta>{elements}</respuesta>",
            f"<r><sms>{elements}</sms></r>",
            f"<respuesta {attributes}/>",
            f"<r>{items}</r>",
            f"<r>{values}</r>",
        )
    )
    return "xml", rng.choice(("", '<?xml version="1.0" encoding="ISO-8859-1"?>\n')) + body, True


def _table(rng: Random, meaning: _Meaning) -> tuple[str, str, bool]:
    members = _named(rng, meaning)
    cell = rng.choice(("<td>{}</td>", "<td align='left'>{}</td>\n", "<td><b>{}</b></td>"))
    names = "".join(f"<th>{name}</th>" for name, _ in members)
    values = "".join(cell.format(html.escape(value)) for _, value in members)
    rows = "".join(
        f"<tr><td>{name}:</td>{cell.format(html.escape(value))}</tr>" for name, value in members
    )
    plain = "".join(cell.format(piece) for piece in ordered(rng, meaning.code, meaning.id))
    body = rng.choice(
        (
            f"<tr>{names}</tr><tr>{values}</tr>" if len(members) > 1 else f"<tr>{plain}</tr>",
            rows,
            f"<tr>{plain}</tr>",
        )
    )
    return "table", f"<table border=1>{body}</table>", True


def _list(rng: Random, meaning: _Meaning) -> tuple[str, str, bool]:
    pieces = ordered(rng, meaning.code, meaning.id)
    named = [f"{name}: {value}" for name, value in _named(rng, meaning)]
    chosen = rng.choice((pieces, named))
    if rng.random() < 0.5:
        return "list", f"<ul>{''.join(f'<li>{html.escape(one)}</li>' for one in chosen)}</ul>", True
    return "br list", "<br>".join(map(html.escape, chosen)), False


def _csv(rng: Random, meaning: _Meaning) -> tuple[str, str, bool]:
    members = [(name, value) for name, value in _named(rng, meaning) if name not in TEXT_NAMES]
    separator = rng.choice((",", ";", "\t"))
    if len(members) < 2:
        return _bare(rng, meaning)
    return "csv", "\n".join(separator.join(row) for row in zip(*members, strict=True)), False


_FORMS: tuple[Callable[[Random, _Meaning], tuple[str, str, bool]], ...] = (
    _bare, _separated, _separated, _sentence, _pairs, _json, _xml, _table, _list, _csv,
)  # fmt: skip


def _struct(rng: Random, meaning: _Meaning) -> tuple[str, str]:
    members = [(name.replace("ó", "o"), value) for name, value in _named(rng, meaning)]
    kind = rng.choice(("xsd:string", "xsd:int", "xsd:anyType"))
    leaves = "".join(
        f'<{name} xsi:type="{kind}">{escape(value)}</{name}>' for name, value in members
    )
    return rng.choice(
        (
            ("soap struct", f"<return>{leaves}</return>"),
            ("soap parts", leaves),
            ("soap nested", f"<return><version>2</version><sms>{leaves}</sms></return>"),
            ("soap nested", f"<return><sms>{leaves}</sms><version>2</version></return>"),
            (
                "soap map",
                "<return>"
                + "".join(
                    f"<item><key>{n}</key><value>{escape(v)}</value></item>" for n, v in members
                )
                + "</return>",
            ),
        )
    )


def _array(rng: Random, meaning: _Meaning) -> tuple[str, str]:
    pieces = ordered(rng, meaning.code, meaning.id)
    items = "".join(f"<item xsi:type='xsd:string'>{piece}</item>" for piece in pieces)
    return "soap array", f"<return c:arrayType='xsd:string[{len(pieces)}]'>{items}</return>"


def _return_and_id(rng: Random, meaning: _Meaning) -> tuple[str, str]:
    if not meaning.id:
        return "soap return", f"<return xsi:type='xsd:int'>{meaning.code}</return>"
    name = rng.choice(("idMensaje", "folio", "messageId"))
    parts = [f"<return>{meaning.code}</return>", f"<{name}>{meaning.id}</{name}>"]
    rng.shuffle(parts)
    return "soap return and id", "".join(parts)


_STRUCTURES = (_struct, _array, _return_and_id)


def envelope(inside: str) -> str:
    """Return a SOAP reply with the contents `inside`."""
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:c="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f"<enviarResponse>{inside}</enviarResponse></s:Body></s:Envelope>"
    )
