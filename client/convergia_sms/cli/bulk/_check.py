"""Checks of all rows before the first is sent: what is wrong, where, and what it will cost."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convergia_sms._codecs.soap import NOT_XML
from convergia_sms._numbers import normalize
from convergia_sms._text import charset, damage, length, measure, transliterate
from convergia_sms.outbox._zones import zone_of

from ._tally import Tally
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
# Limits of the outbox's tables. They are checked here, where the line is known.
_MAX_KEY = 200
_NOT_KEPT = re.compile("[\0\ud800-\udfff]")
# Correct texts never contain these characters, but cp1252 read as ISO-8859-1 does.
_CONTROL = re.compile("[\x80-\x9f]")
# Beginnings of UTF-8 read as cp1252: Ã© is é, â€œ an opening quotation mark.
_GARBLED = re.compile(
    r"\w*(?:[ÂÃ][\x80-\xbf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|â€)\w*"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """The reason why a row cannot be sent."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A row that can be sent.

    Attributes:
        segments: the number of SMS parts.
        damaged: True if the gateway would replace characters with `?`.
        forces_ucs2: characters that force UCS-2, which may take more parts.
        plain_segments: the number of parts without those characters.
        replacements: the changes made by `--transliterate`.
        empty: a column of the template whose cell is empty, or None.
        garbled: a part of the text that was read in the wrong encoding, by its looks, or None.
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
    empty: str | None = None
    garbled: str | None = None

    @property
    def tally(self) -> Tally:
        """The costs of the message and the oddities of its text."""
        spared = max(0, self.segments - self.plain_segments)
        return Tally(
            self.segments, int(spared > 0), spared, int(self.damaged), int(bool(self.replacements)),
            int(self.empty is not None), int(self.garbled is not None),
        )  # fmt: skip


@dataclass(slots=True)
class Findings:
    """The result of checking all rows.

    Attributes:
        rows: the number of rows.
        problems: the first rows that cannot be sent.
        bad: the number of rows that cannot be sent.
        samples: the first messages, as they would be sent.
        costly, first_empty, first_garbled: the first row of each of these kinds.
        replacements: the changes of `--transliterate`, with the number of times for each.
        zones: the number of rows for each time zone, as `zone_of` returns it.
    """

    rows: int = 0
    bad: int = 0
    problems: list[Problem] = field(default_factory=list)
    samples: list[Checked] = field(default_factory=list)
    costly: Checked | None = None
    replacements: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_empty: Checked | None = None
    first_garbled: Checked | None = None
    zones: Counter[str | None] = field(default_factory=Counter)

    @property
    def good(self) -> int:
        """The number of rows that can be sent."""
        return self.rows - self.bad

    def add(self, found: Checked | Problem) -> None:
        """Count one row."""
        self.rows += 1
        if isinstance(found, Problem):
            self.bad += 1
            if len(self.problems) < _SHOWN:
                self.problems.append(found)
            return
        self.zones[zone_of(found.number)] += 1
        if len(self.samples) < _SAMPLES:
            self.samples.append(found)
        if self.costly is None and found.plain_segments < found.segments:
            self.costly = found
        if self.first_empty is None and found.empty is not None:
            self.first_empty = found
        if self.first_garbled is None and found.garbled is not None:
            self.first_garbled = found
        for each in found.replacements:
            self.replacements[each.original, each.replacement] += each.count


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks rows one by one.

    Attributes:
        columns: the roles of the columns.
        profile: the profile in use.
        transport: the transport by which the messages will be sent.
        transliterated: True to replace characters that the gateway would turn into `?`.
        strict: True to reject a text that the gateway would damage.
        allowed: the numbers that may get a message. None for all.
    """

    columns: Columns
    profile: Profile
    transport: Transport
    transliterated: bool = False
    strict: bool = False
    allowed: frozenset[str] | None = None

    def check(self, row: Row) -> Checked | Problem:
        """Return the checked row, or the reason why it cannot be sent."""
        if row.problem:
            return Problem(row.line, row.problem)
        try:
            number = normalize(row.cell(self.columns.number) or "")
            if self.allowed is not None and number not in self.allowed:
                return Problem(row.line, f"{number} is not an allowed number (allowed_numbers)")
            text, damaged, replacements = self._text(row)
            extra = "" if self.columns.extra is None else row.cell(self.columns.extra) or ""
            self._check_characters("reference", extra)
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
            cost.forces_ucs2, plain, replacements, self.columns.empty(row), _garbled(text),
        )  # fmt: skip

    def _text(self, row: Row) -> tuple[str, bool, tuple[Replacement, ...]]:
        """Return the text to send, True if the gateway will damage it, and the changes.

        Raises:
            ValueError: the text cannot be sent. The error says why.
        """
        profile, transport = self.profile, self.transport
        text = self.columns.text_of(row)
        self._check_characters("text", text)
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
            raise ValueError(f"the text has {size} {profile.text.unit}; the most is {limit}")
        return text, bool(lost), changed

    def _key(self, row: Row, number: str) -> str | None:
        """Return the row's key, or None if there is no key column.

        If the key column is the number column, the key is the normalised number.

        Raises:
            ValueError: the key is missing or cannot be stored.
        """
        if self.columns.key is None:
            return None
        if self.columns.key == self.columns.number:
            return number
        key = (row.cell(self.columns.key) or "").strip()
        if not key:
            raise ValueError(f"the key in column {self.columns.key!r} is empty")
        if len(key) > _MAX_KEY:
            raise ValueError(f"the key has {len(key):,} characters; the most is {_MAX_KEY}")
        self._check_characters("key", key)
        return key

    def _check_characters(self, name: str, value: str) -> None:
        """Reject characters that no request can carry, or no database can store.

        Raises:
            ValueError: `value` has such a character. The error names it.
        """
        if value.isascii() and value.isprintable():
            return
        found = (NOT_XML if self.transport == "soap" else _NOT_KEPT).search(value)
        if found is not None:
            raise ValueError(
                f"the {name} has the character U+{ord(found[0]):04X}, which cannot be sent"
            )
        control = _CONTROL.search(value)
        if control is not None:
            raise ValueError(
                f"the {name} has the character U+{ord(control[0]):04X}, which no text has: the file"
                " is probably in another encoding, such as cp1252"
            )

    def findings(
        self,
        rows: Iterable[Row],
        tick: Callable[[], object],
        report: Callable[[Problem], object] = lambda _: None,
        good: Callable[[Checked], object] = lambda _: None,
    ) -> Findings:
        """Check all rows and return the result.

        Args:
            rows: all rows of the file.
            tick: called after each row.
            report: called with each row that cannot be sent.
            good: called with each row that can be sent.
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
        """Yield the messages to enqueue.

        Args:
            rows: all rows of the file.
            batch: the name of the batch.
            priority: the priority of the messages.
            dropped: lines to leave out, in ascending order.
            tick: called after each row.
            sensitive: True if only the recipients may read the texts.

        Raises:
            SourceError: a row can no longer be sent, because the file has changed.
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
                    f"line {found.line}: the file changed while it was read",
                    "run the command again",
                )
            key = key_of(found, batch)
            yield Draft(
                found.number, found.text, found.extra, key, batch, priority, sensitive=sensitive
            )
            tick()


def _garbled(text: str) -> str | None:
    found = None if text.isascii() else _GARBLED.search(text)
    return None if found is None else found[0]


def key_of(row: Checked, batch: str) -> str:
    """Return the message's key: the row's own, or its batch and line."""
    return row.key if row.key is not None else f"{batch}:{row.line}"
