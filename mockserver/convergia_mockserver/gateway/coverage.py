"""Coverage: the codes, operations and faults that requests have exercised on each face."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from .faults import FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Guide

    from .calls import Answer, Call

# face, operation, code (None if the operation has no code), fault ("" for none)
Cell = tuple[str, str, int | None, str]
FACES = ("http", "soap")
OPERATIONS = ("send", "status")


class FaceCoverage(msgspec.Struct, frozen=True):
    """The coverage of one face: how often each item occurred, and the items that are missing.

    Attributes:
        send: requests by send code, written as text.
        status: requests by status code, written as text.
        operations: requests by the name of an operation other than send and status.
        faults: requests by the name of a fault.
        missing: operations, codes and faults that never occurred, such as `send`, `send 109` or
            `http-503`.
        percent: the percentage of all operations, codes and faults that occurred.
    """

    send: dict[str, int]
    status: dict[str, int]
    faults: dict[str, int]
    missing: tuple[str, ...]
    percent: float
    operations: dict[str, int] = {}


class Coverage(msgspec.Struct, frozen=True):
    """The coverage of both faces.

    Attributes:
        faces: the coverage of each face, by its name.
        percent: the average over the faces that were used. 0 if none was used.
    """

    faces: dict[str, FaceCoverage]
    percent: float


def cell(call: Call, answer: Answer) -> Cell:
    """Return what an answered call exercised."""
    return call.face, call.operation, answer.code, "" if answer.fault is None else answer.fault.kind


def coverage(
    counts: Mapping[Cell, int], guide: Guide, operations: tuple[str, ...] = ()
) -> Coverage:
    """Return the coverage that results from counted calls.

    Args:
        counts: how often each combination occurred.
        guide: the guide, which lists the codes.
        operations: the SOAP operations besides send and status.
    """
    faces = {
        face: _face(face, counts, guide, operations if face == "soap" else ()) for face in FACES
    }
    used = [faces[face].percent for face in FACES if any(key[0] == face for key in counts)]
    return Coverage(faces, round(sum(used) / len(used), 1) if used else 0.0)


def _face(
    face: str, counts: Mapping[Cell, int], guide: Guide, others: tuple[str, ...]
) -> FaceCoverage:
    codes: dict[str, Counter[int]] = {operation: Counter() for operation in OPERATIONS}
    called: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    seen: set[str] = set()
    for (at, operation, code, fault), times in counts.items():
        if at != face:
            continue
        seen.add(operation)
        if fault:
            faults[fault] += times
        # If a fault hides the reply, the sender could not read the code, so it does not count.
        if operation not in OPERATIONS:
            called[operation] += times
        elif code is not None and (not fault or not FaultKind(fault).hides_reply):
            codes[operation][code] += times
    listed = {"send": guide.send.codes, "status": guide.status.codes}
    wanted = [*OPERATIONS, *others]
    for operation in OPERATIONS:
        wanted += [f"{operation} {known.code}" for known in listed[operation]]
        seen |= {f"{operation} {code}" for code in codes[operation]}
    wanted += list(FaultKind)
    seen |= set(faults)
    missing = tuple(each for each in wanted if each not in seen)
    return FaceCoverage(
        send={str(code): times for code, times in sorted(codes["send"].items())},
        status={str(code): times for code, times in sorted(codes["status"].items())},
        faults=dict(sorted(faults.items())),
        missing=missing,
        percent=round(100 * (1 - len(missing) / len(wanted)), 1),
        operations=dict(sorted(called.items())),
    )
