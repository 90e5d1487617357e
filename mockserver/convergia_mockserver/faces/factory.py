"""Creating the faces by their paths. Only this module imports them, and with them spyne."""

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
    """Return the operations of all faces other than send and status."""
    return {name: check for face in faces for name, check in face.operations.items()}


def results_of(faces: Iterable[Face]) -> dict[tuple[FaceName, str], ResultCheck]:
    """Return the checks of the results of send and status, by face and operation."""
    return {at: check for face in faces for at, check in face.results.items()}


def create_faces(guide: Guide, profile: Profile) -> dict[str, Face]:
    """Create both faces, by the guide's paths."""
    http = HttpFace(guide, profile)
    return {
        guide.send.path: http,
        guide.status.path: http,
        guide.webservice.path: SoapFace(guide, profile),
    }
