"""Which codes, operations and faults were exercised, on which face."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from .faults import FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Guide

    from .calls import Answer, Call

# face, operation, code (None for an operation without), fault ("" for none)
Cell = tuple[str, str, int | None, str]
FACES = ("http", "soap")
OPERATIONS = ("send", "status")


class FaceCoverage(msgspec.Struct, frozen=True):
    """What was exercised on one face: times by what, and what was not.

    Attributes:
        send: by send code, as text.
        status: by status code, as text.
        operations: by the name of an operation other than send and status.
        faults: by the fault's name.
        missing: operations, codes and faults never seen, e.g. `send`, `send 109`, `http-503`.
        percent: of all operations, codes and faults.
    """

    send: dict[str, int]
    status: dict[str, int]
    faults: dict[str, int]
    missing: tuple[str, ...]
    percent: float
    operations: dict[str, int] = {}


class Coverage(msgspec.Struct, frozen=True):
    """What was exercised.

    Attributes:
        faces: by face.
        percent: over the faces that were used at all; 0 when none was.
    """

    faces: dict[str, FaceCoverage]
    percent: float


def cell(call: Call, answer: Answer) -> Cell:
    """Return what one answered call exercised."""
    return call.face, call.operation, answer.code, "" if answer.fault is None else answer.fault.kind


def coverage(
    counts: Mapping[Cell, int], guide: Guide, operations: tuple[str, ...] = ()
) -> Coverage:
    """Return the coverage that so many exercises make.

    Args:
        counts: how often each was.
        guide: lists the codes.
        operations: those that SOAP has besides send and status.
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
        # A code that the sender could not read was not exercised.
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
