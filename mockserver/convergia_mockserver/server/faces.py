"""The gateway's faces by their paths: the one place that imports them, and spyne with them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_wsdl import Guide, Profile

    from convergia_mockserver.faces.wire import Face


def create_faces(guide: Guide, profile: Profile) -> dict[str, Face]:
    """Both faces, under the guide's paths."""
    http = _face("convergia_mockserver.faces.http_get", "HttpFace")(guide, profile)
    soap = _face("convergia_mockserver.faces.soap", "SoapFace")(guide, profile)
    return {guide.send.path: http, guide.status.path: http, guide.webservice.path: soap}


def _face(module: str, name: str) -> Callable[[Guide, Profile], Face]:
    return cast("Callable[[Guide, Profile], Face]", getattr(import_module(module), name))
