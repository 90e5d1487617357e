"""Gates: findings that a suite is not to have, listed, or counted as they come."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from .findings import Finding, FindingKind, findings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from convergia_wsdl import Profile

    from .entries import StoredEntry

# `encoding` only says how many SMS a text makes.
GATED: tuple[FindingKind, ...] = (
    "arguments", "charset", "cleartext-password", "resend", "duplicate",
)  # fmt: skip
_MAX_HELD = 1000


class RequestFinding(msgspec.Struct, frozen=True):
    """A finding, and the request that it is about.

    Attributes:
        request: the request's number in the journal.
        at: when it was answered, UTC, by the space's clock.
        face: http or soap.
        operation: send, status or another of the WSDL.
        kind: the finding's kind.
        text: the finding, for people.
    """

    request: int
    at: datetime
    face: str
    operation: str | None
    kind: FindingKind
    text: str

    def __str__(self) -> str:
        return f"request {self.request} ({self.face} {self.operation}): {self.kind}: {self.text}"


def check_kinds(kinds: Iterable[str]) -> tuple[FindingKind, ...]:
    """Return the kinds as they are typed.

    Raises:
        ValueError: there is no such kind; lists those there are.
    """
    known: dict[str, FindingKind] = {kind: kind for kind in (*GATED, "encoding")}
    asked = list(kinds)
    for kind in asked:
        if kind not in known:
            raise ValueError(f"there is no finding {kind!r}; the kinds are {', '.join(known)}")
    return tuple(known[kind] for kind in asked)


def findings_of(
    entries: Iterable[StoredEntry], kinds: Collection[str], profile: Profile
) -> Iterator[RequestFinding]:
    """Yield the findings of these kinds, request by request.

    A `charset` finding counts over SOAP alone, where the characters are lost. Over HTTP it says
    what SOAP would lose.
    """
    for entry in entries:
        for finding in findings(entry.exchange, entry.call, entry.answer, profile):
            if finding.kind in kinds and (finding.kind != "charset" or entry.face == "soap"):
                yield _of(entry, finding)


def _of(entry: StoredEntry, finding: Finding) -> RequestFinding:
    return RequestFinding(
        entry.number,
        datetime.fromtimestamp(entry.at, UTC),
        entry.face,
        None if entry.call is None else entry.call.operation,
        finding.kind,
        finding.text,
    )


class FindingGate:
    """Counts the findings of all spaces as they come, so that none is lost with a space.

    Thread-safe.

    Args:
        kinds: which findings.
        profile: the assumptions in force.
    """

    def __init__(self, kinds: Collection[FindingKind], profile: Profile) -> None:
        self._kinds = frozenset(kinds)
        self._profile = profile
        self._lock = threading.Lock()
        self._found: list[tuple[str, RequestFinding]] = []
        self._count = 0

    def note(self, space: str, entry: StoredEntry) -> None:
        """Look at an entry of the journal."""
        found = list(findings_of((entry,), self._kinds, self._profile))
        with self._lock:
            self._count += len(found)
            room = max(0, _MAX_HELD - len(self._found))
            self._found += [(space, each) for each in found[:room]]

    @property
    def count(self) -> int:
        """How many there were."""
        return self._count

    @property
    def found(self) -> list[tuple[str, RequestFinding]]:
        """The first thousand, each with the name of its space."""
        with self._lock:
            return list(self._found)
