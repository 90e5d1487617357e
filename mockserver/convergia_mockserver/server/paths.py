"""Where each part of a mock server is, below its base URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    from convergia_wsdl import Guide

Part = Literal["soap", "http", "portal", "admin"]


def path_of(part: Part, guide: Guide) -> str:
    """The path of a part.

    Raises:
        ValueError: there is no such part.
    """
    paths: dict[str, str] = {
        "soap": guide.webservice.path,
        "http": guide.send.path,
        "portal": "/portal/",
        "admin": "/__admin/",
    }
    if part not in paths:
        raise ValueError(f"no part {part!r}; there are: {', '.join(paths)}")
    return paths[part]


def prefix_of(space: str | None) -> str:
    """What stands before any path of a space; empty for None."""
    return "" if space is None else "/s/" + quote(space, safe="")
