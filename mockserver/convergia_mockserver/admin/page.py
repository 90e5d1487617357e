"""The OpenAPI document as a page for people, without external resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from jinja2 import Environment, PackageLoader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .endpoints import Group

_ENVIRONMENT = Environment(
    loader=PackageLoader(__package__ or "", "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = _ENVIRONMENT.loader.get_source(_ENVIRONMENT, "page.css")[0] if _ENVIRONMENT.loader else ""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def render(groups: Iterable[Group]) -> str:
    """Return the page: every endpoint with its parameters."""
    return _ENVIRONMENT.get_template("page.html").render(
        groups=groups, fields=lambda kind: msgspec.structs.fields(kind) if kind else ()
    )
