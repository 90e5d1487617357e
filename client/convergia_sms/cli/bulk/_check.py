"""Every row is looked at before the first is sent: what is wrong, where, and what it will take."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convergia_sms._codecs.soap import NOT_XML
from convergia_sms._numbers import normalize
from convergia_sms._text import charset, damage, length, measure, transliterate
from convergia_sms.outbox._zones import zone_of

from .sources import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from convergia_wsdl import Profile

    from convergia_sms._models import Transport
    from convergia_sms._text import Replacement
    from convergia_sms.outbox import Draft, Priority

    from ._columns import Columns
    from .sources import Row

_SHOWN = 20
_SAMPLES = 3
# Limits of the outbox's tables; checked here, where the line is known.
_MAX_KEY = 200
_NOT_KEPT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be sent."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A row that can be sent.

    Attributes:
        segments: SMS parts that it takes.
        damaged: True if the gateway would put `?` into it.
        forces_ucs2: characters that make it cost more than it would without them.
        plain_segments: parts that it would take without them.
        replacements: what `--transliterate` changed.
    """

    line: int
    number: str
    text: str
    extra: str | None
    key: str | None
    segments: int
    damaged: bool
    forces_ucs2: tuple[str, ...] = ()
    plain_segments: int = 0
    replacements: tuple[Replacement, ...] = ()


@dataclass(slots=True)
class Findings:
    """What looking at all rows found.

    Attributes:
        rows: how many there are.
        segments: SMS parts that the good ones take together.
        damaged: how many the gateway would put `?` into.
        problems: the first of those that cannot be sent.
        bad: how many those are.
        samples: the first messages, as they would go out.
        costlier: how many take more parts because of characters outside of GSM-7.
        spared: how many parts they would take less without these.
        costly: the first of them.
        transliterated: how many were changed by `--transliterate`.
        replacements: what it changed, and how often.
        zones: how many are for numbers of each time zone, as `zone_of` names it.
    """

    rows: int = 0
    segments: int = 0
    damaged: int = 0
    bad: int = 0
    problems: list[Problem] = field(default_factory=list)
    samples: list[Checked] = field(default_factory=list)
    costlier: int = 0
    spared: int = 0
    costly: Checked | None = None
    transliterated: int = 0
    replacements: Counter[tuple[str, str]] = field(default_factory=Counter)
    zones: Counter[str | None] = field(default_factory=Counter)

    @property
    def good(self) -> int:
        """How many can be sent."""
        return self.rows - self.bad

    def add(self, found: Checked | Problem) -> None:
        """Count one row."""
        self.rows += 1
        if isinstance(found, Problem):
            self.bad += 1
            if len(self.problems) < _SHOWN:
                self.problems.append(found)
            return
        self.segments += found.segments
        self.zones[zone_of(found.number)] += 1
        self.damaged += found.damaged
        if len(self.samples) < _SAMPLES:
            self.samples.append(found)
        if found.plain_segments < found.segments:
            self.costlier += 1
            self.spared += found.segments - found.plain_segments
            self.costly = self.costly or found
        if found.replacements:
            self.transliterated += 1
            for each in found.replacements:
                self.replacements[each.original, each.replacement] += each.count


@dataclass(frozen=True, slots=True)
class Checker:
    """Looks at rows one by one.

    Attributes:
        columns: which column is what.
        profile: the assumptions in force.
        transport: by which the messages will go.
        transliterated: whether stand-ins are put where the gateway would put `?`.
        strict: whether a text that the gateway would damage is refused.
        allowed: the numbers that may get a message; None for all.
    """

    columns: Columns
    profile: Profile
    transport: Transport
    transliterated: bool = False
    strict: bool = False
    allowed: frozenset[str] | None = None

    def check(self, row: Row) -> Checked | Problem:
        """Return what is to be sent for a row, or why nothing can be."""
        if row.problem:
            return Problem(row.line, row.problem)
        try:
            number = normalize(row.cell(self.columns.number) or "")
            if self.allowed is not None and number not in self.allowed:
                return Problem(row.line, f"{number} is not an allowed number (allowed_numbers)")
            text, damaged, replacements = self._text(row)
            extra = "" if self.columns.extra is None else row.cell(self.columns.extra) or ""
            self._hold_to_characters("reference", extra)
            key = self._key(row, number)
        except ValueError as error:
            return Problem(row.line, str(error))
        cost = measure(text)
        plain = cost.segments
        if cost.forces_ucs2 and plain > 1:
            instead = transliterate(text, charset(self.profile, self.transport))
            plain = measure(instead.text).segments
        return Checked(
            row.line, number, text, extra or None, key, cost.segments, damaged,
            cost.forces_ucs2, plain, replacements,
        )  # fmt: skip

    def _text(self, row: Row) -> tuple[str, bool, tuple[Replacement, ...]]:
        """Return the text as it goes out, True if the gateway will damage it, and what changed.

        Raises:
            ValueError: it cannot go out; says why.
        """
        profile, transport = self.profile, self.transport
        text = self.columns.text_of(row)
        self._hold_to_characters("text", text)
        changed: tuple[Replacement, ...] = ()
        if self.transliterated and not (text.isascii() and text.isprintable()):
            instead = transliterate(text, charset(profile, transport))
            text, changed = instead.text, tuple(instead.replacements)
        lost = () if text.isascii() else damage(text, profile, transport)
        if not text:
            raise ValueError("the text is empty")
        if lost and self.strict:
            raise ValueError(f"the gateway would replace {', '.join(map(repr, lost))}")
        size, limit = length(text, profile.text.unit), profile.text.max_length
        if size > limit:
            raise ValueError(f"the text has {size} {profile.text.unit}, {limit} may be")
        return text, bool(lost), changed

    def _key(self, row: Row, number: str) -> str | None:
        """Return the row's key; None when its line is its key.

        A number as a key is that number, however the cell writes it.

        Raises:
            ValueError: the key is missing, or cannot be stored.
        """
        if self.columns.key is None:
            return None
        if self.columns.key == self.columns.number:
            return number
        key = (row.cell(self.columns.key) or "").strip()
        if not key:
            raise ValueError(f"the key, column {self.columns.key!r}, is empty")
        if len(key) > _MAX_KEY:
            raise ValueError(f"the key has {len(key):,} characters, {_MAX_KEY} may be")
        self._hold_to_characters("key", key)
        return key

    def _hold_to_characters(self, name: str, value: str) -> None:
        """Refuse what no request can carry, or no database keep.

        Raises:
            ValueError: which character it is.
        """
        if value.isascii() and value.isprintable():
            return
        found = (NOT_XML if self.transport == "soap" else _NOT_KEPT).search(value)
        if found is not None:
            raise ValueError(f"the {name} holds U+{ord(found[0]):04X}, which cannot be sent")

    def findings(
        self,
        rows: Iterable[Row],
        tick: Callable[[], object],
        report: Callable[[Problem], object] = lambda _: None,
        good: Callable[[Checked], object] = lambda _: None,
    ) -> Findings:
        """Return what looking at all rows finds.

        Args:
            rows: all of them.
            tick: called after each.
            report: called with each that cannot be sent.
            good: called with each that can.
        """
        findings = Findings()
        for row in rows:
            found = self.check(row)
            findings.add(found)
            if isinstance(found, Problem):
                report(found)
            else:
                good(found)
            tick()
        return findings

    def drafts(
        self,
        rows: Iterable[Row],
        batch: str,
        priority: Priority,
        dropped: Iterator[int],
        tick: Callable[[], object],
        *,
        sensitive: bool = False,
    ) -> Iterator[Draft]:
        """Make the messages to enqueue.

        Args:
            rows: all of them.
            batch: what they are enqueued with.
            priority: which go first.
            dropped: lines that are left out, in their order.
            tick: called after each row.
            sensitive: whether nobody but the recipients may read the texts.

        Raises:
            SourceError: the file is no longer what was looked at.
        """
        from convergia_sms.outbox import Draft

        left_out = next(dropped, None)
        for row in rows:
            if row.line == left_out:
                left_out = next(dropped, None)
                tick()
                continue
            found = self.check(row)
            if isinstance(found, Problem):
                raise SourceError(
                    f"line {found.line}: the file changed while it was read", "call it again"
                )
            key = key_of(found, batch)
            yield Draft(
                found.number, found.text, found.extra, key, batch, priority, sensitive=sensitive
            )
            tick()


def key_of(row: Checked, batch: str) -> str:
    """Return the message's key: the row's own, or its batch and line."""
    return row.key if row.key is not None else f"{batch}:{row.line}"
