"""Gates on findings: listing or counting those that a test suite must not have."""

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

# `encoding` is left out. It only states how many SMS a text takes.
GATED: tuple[FindingKind, ...] = (
    "arguments", "charset", "cleartext-password", "resend", "duplicate",
)  # fmt: skip
_MAX_HELD = 1000


class RequestFinding(msgspec.Struct, frozen=True):
    """A finding with the request that it is about.

    Attributes:
        request: the number of the request in the journal.
        at: the time of the answer in UTC, by the clock of the space.
        face: `http` or `soap`.
        operation: `send`, `status` or another operation of the WSDL.
        kind: the kind of the finding.
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
    """Return the names of kinds as `FindingKind`.

    Raises:
        ValueError: if a kind does not exist. The message lists all kinds.
    """
    known: dict[str, FindingKind] = {kind: kind for kind in (*GATED, "encoding")}
    asked = list(kinds)
    for kind in asked:
        if kind not in known:
            raise ValueError(
                f"the finding {kind!r} does not exist; the kinds are {', '.join(known)}"
            )
    return tuple(known[kind] for kind in asked)


def findings_of(
    entries: Iterable[StoredEntry], kinds: Collection[str], profile: Profile
) -> Iterator[RequestFinding]:
    """Yield the findings of these kinds, in the order of their requests.

    A `charset` finding counts only over SOAP, where characters are lost. Over HTTP it names the
    characters that SOAP would lose.
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
    """A counter of the findings in all spaces, which survives the spaces themselves.

    Thread-safe.

    Args:
        kinds: the kinds of findings to count.
        profile: the assumptions in force.
    """

    def __init__(self, kinds: Collection[FindingKind], profile: Profile) -> None:
        self._kinds = frozenset(kinds)
        self._profile = profile
        self._lock = threading.Lock()
        self._found: list[tuple[str, RequestFinding]] = []
        self._count = 0

    def note(self, space: str, entry: StoredEntry) -> None:
        """Count the findings of a journal entry."""
        found = list(findings_of((entry,), self._kinds, self._profile))
        with self._lock:
            self._count += len(found)
            room = max(0, _MAX_HELD - len(self._found))
            self._found += [(space, each) for each in found[:room]]

    @property
    def count(self) -> int:
        """The number of findings so far."""
        return self._count

    @property
    def found(self) -> list[tuple[str, RequestFinding]]:
        """The first 1,000 findings, each with the name of its space."""
        with self._lock:
            return list(self._found)
