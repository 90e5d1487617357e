"""Replies that mean something else than they seem to. See `benchmarks.replies`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from benchmarks.replies import NOTICE, Case, Face, encoded, envelope, ordered

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


# Bodies without a code of the guide, or with a contradiction to their code.
_TRAPS: tuple[Callable[[Random], str], ...] = (
    lambda _: '{"success": false, "code": 100}',
    lambda rng: json.dumps({"codigo": 100, "error": rng.choice([True, "sin saldo", ["x"], 1])}),
    lambda _: '{"error": 100}',
    lambda _: '{"codigo": 100, "mensaje": "Trafico no permitido"}',
    lambda _: '{"codigo": 100, "descripcion": "No se envió el mensaje"}',
    lambda rng: json.dumps({"status": 200, "message": rng.choice(["OK", "success"])}),
    lambda rng: json.dumps({"status": rng.choice([200, 404, 500, 502, 503])}),
    lambda rng: json.dumps({"cantidad": 100, "folio": rng.randrange(1000)}),
    lambda rng: json.dumps({"saldo": rng.choice([100, 105, 200])}),
    lambda rng: json.dumps([{"codigo": 100, "id": 1}, {"codigo": rng.choice([201, 204]), "id": 2}]),
    lambda rng: f"{rng.choice(['100', '201'])} de {rng.choice(['100', '200'])} mensajes",
    lambda rng: f"Error {rng.choice([400, 403, 404, 500, 502, 503])}",
    lambda rng: f"<html><body><h1>{rng.choice([403, 404, 500, 502])} Error</h1></body></html>",
    lambda _: "<html><body><h1>200 OK</h1></body></html>",
    lambda _: "ERROR: 100",
    lambda rng: f"ERROR|100|{rng.randrange(10**6)}",
    lambda _: "<cantidad>100</cantidad>",
    lambda rng: f"Saldo: {rng.choice([100, 200, 205])}",
    lambda rng: f"<r><codigo>100</codigo><codigo>{rng.choice([201, 205])}</codigo></r>",
    lambda _: "<table><tr><td>100</td></tr><tr><td>201</td></tr></table>",
    lambda _: "Error de Sistema",
    lambda _: "Error En red",
    lambda _: f"{NOTICE.replace('Notice', 'Fatal error')}100",
    lambda rng: f"codigo=100&codigo={rng.choice([201, 204])}",
    lambda rng: f"100|{rng.choice([201, 205])}|{rng.randrange(100)}",
    lambda _: "SQLSTATE[HY000] [2002] Connection refused (100)",
    lambda _: "<html><body>Bienvenido a la red. Usuario 100</body></html>",
)


def trap(rng: Random) -> Case:
    """Return a reply whose code cannot be known, or which contradicts itself."""
    body = rng.choice(_TRAPS)(rng)
    face: Face = "http" if rng.random() < 0.6 else "soap"
    if face == "soap":
        body = envelope(f"<return>{escape(body)}</return>")
    return Case(face, "send", encoded(rng, body), None, "", "trap", readable=False)


# The code is known in these bodies, but the other value is not an id.
_NOT_IDS: tuple[Callable[[Random], str], ...] = (
    lambda rng: f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
    lambda rng: f"{rng.randrange(100)}.{rng.randrange(100):02}",
    lambda rng: f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}",
    lambda rng: f"10.0.{rng.randrange(256)}.{rng.randrange(256)}",
    lambda _: "-1",
    lambda _: "OK",
    lambda _: "0",
)


def no_id(rng: Random) -> Case:
    """Return an accepted reply with a value that only looks like an id."""
    separator = rng.choice((",", ";", " - ", " ", "\t", "\n", "#"))
    body = separator.join(ordered(rng, "100", rng.choice(_NOT_IDS)(rng)))
    return Case("http", "send", encoded(rng, body), 100, "", "no id", readable=False)
