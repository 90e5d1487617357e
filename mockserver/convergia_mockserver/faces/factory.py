"""The gateway's faces by their paths: the one place that imports them, and spyne with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver.faces.http_get import HttpFace
from convergia_mockserver.faces.soap import SoapFace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_wsdl import Guide, Profile

    from convergia_mockserver.faces.wire import Face
    from convergia_mockserver.gateway.calls import FaceName
    from convergia_mockserver.gateway.operations import ResultCheck


def operations_of(faces: Iterable[Face]) -> dict[str, ResultCheck]:
    """Return the operations other than send and status of all the faces."""
    return {name: check for face in faces for name, check in face.operations.items()}


def results_of(faces: Iterable[Face]) -> dict[tuple[FaceName, str], ResultCheck]:
    """Return what send and status may be made to return, by face and operation."""
    return {at: check for face in faces for at, check in face.results.items()}


def create_faces(guide: Guide, profile: Profile) -> dict[str, Face]:
    """Both faces, under the guide's paths."""
    http = HttpFace(guide, profile)
    return {
        guide.send.path: http,
        guide.status.path: http,
        guide.webservice.path: SoapFace(guide, profile),
    }
