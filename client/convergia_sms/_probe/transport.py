"""A transport of a probed gateway: its replies to the questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from convergia_sms._codecs.body import as_text, without_notices
from convergia_sms._codecs.dialect import DialectReader, Reading, Returned, Unreadable
from convergia_sms._codecs.envelope import Fault, read_envelope
from convergia_sms._codecs.vocabulary import ACCEPTED
from convergia_sms._models import DeliveryStatus

from .dialects import Inferred, Sample, infer
from .precedence import Contest

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_wsdl import Dialect, Endpoint, Guide, Profile

    from convergia_sms._codecs.wire import Operation

    from .gateway import TranscriptEntry
    from .questions import Question

_OK = 200
ANY_ID = r"[^\s|,;<>&]{1,128}"
"""A pattern for ids that match no narrower one."""


@dataclass(slots=True)
class OperationReplies:
    """The replies of one operation on one transport.

    Attributes:
        contests: the winning code where several applied.
        inferred: the dialect of the replies. None if it is unknown.
        strays: questions with a reply that has none of the applying codes, with that reply.
    """

    inferred: Inferred | None
    contests: list[Contest] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)


class ProbedTransport:
    """Asks the questions and reads the replies.

    Args:
        name: http or soap.
        ask: asks one question.
        guide: the tables of codes.
        assumed: the profile for values that replies do not show.
    """

    def __init__(
        self,
        name: Literal["http", "soap"],
        ask: Callable[[Question], TranscriptEntry],
        guide: Guide,
        assumed: Profile,
    ) -> None:
        self.name = name
        self._ask = ask
        self._guide = guide
        # Until an id was observed, any value may be one.
        ids = msgspec.structs.replace(assumed.message_id, pattern=ANY_ID)
        self._assumed = msgspec.structs.replace(assumed, message_id=ids)
        self._asked: list[tuple[Question, TranscriptEntry, bool]] = []

    def ask(self, question: Question, *, accepted: bool = False) -> TranscriptEntry:
        """Ask a question and keep the reply. `accepted` means that the call was carried out."""
        entry = self._ask(question)
        self._asked.append((question, entry, accepted))
        return entry

    def try_out(self, question: Question) -> TranscriptEntry:
        """Ask a question without keeping the reply, as for limits, which need many."""
        return self._ask(question)

    def last_reading(self, operation: Operation, dialect: Dialect) -> Reading | None:
        """Return the reading of the last reply to a question about `operation`."""
        asked = [entry for question, entry, _ in self._asked if question.operation == operation]
        return self.read(asked[-1], operation, dialect) if asked else None

    def samples(self, operation: Operation) -> list[Sample]:
        """Return the replies of an operation that have any content."""
        endpoint = self._endpoint(operation)
        return [
            Sample(returned, _possible(endpoint, accepted), accepted)
            for question, entry, accepted in self._asked
            if question.operation == operation and (returned := self.returned(entry)) is not None
        ]

    def replies(self, operation: Operation) -> OperationReplies:
        """Return the evaluation of all replies of an operation so far."""
        endpoint = self._endpoint(operation)
        asked = [one for one in self._asked if one[0].operation == operation]
        samples, silent = [], []
        for question, entry, accepted in asked:
            returned = self.returned(entry)
            if returned is None:
                silent.append(f"{question.name}: HTTP {entry.status}")
            else:
                samples.append(Sample(returned, _possible(endpoint, accepted), accepted))
        found = infer(samples, self.assumed(operation), endpoint, self._assumed)
        replies = OperationReplies(found, strays=silent)
        if found is None:
            return replies
        for question, entry, accepted in asked:
            reading = self.read(entry, operation, found.dialect)
            if reading is None:
                continue
            if reading.code in question.applies:
                if not accepted:
                    replies.contests.append(Contest(question.applies, reading.code))
            elif (stray := f"{question.name}: {reading.code}") not in replies.strays:
                replies.strays.append(stray)
        return replies

    def read(
        self, entry: TranscriptEntry, operation: Operation, dialect: Dialect
    ) -> Reading | None:
        """Return a reply's code and id in a dialect, or None if it has no code."""
        returned = self.returned(entry)
        if returned is None:
            return None
        reader = DialectReader(dialect, self._endpoint(operation), self._assumed, strict=True)
        reading = reader.read(returned)
        return reading if isinstance(reading, Reading) else None

    def returned(self, entry: TranscriptEntry) -> Returned | None:
        """Return the value in a reply, or None for a fault, an error page or no reply."""
        if entry.status != _OK:
            return None
        if self.name == "http":
            return without_notices(as_text(entry.body))
        value = read_envelope(entry.body)
        return None if isinstance(value, (Fault, Unreadable)) else value

    def assumed(self, operation: Operation) -> Dialect:
        """Return the profile's dialect of an operation."""
        replies = getattr(self._assumed.reply, self.name)
        dialect: Dialect = getattr(replies, operation)
        return dialect

    def _endpoint(self, operation: Operation) -> Endpoint:
        return self._guide.send if operation == "send" else self._guide.status


def _possible(endpoint: Endpoint, accepted: bool) -> frozenset[int]:
    """Return the possible codes: 100 or a state if the call was carried out, else an error.

    The status of the real message may be an error too, because the gateway may not know it yet.
    """
    codes = frozenset(code.code for code in endpoint.codes)
    if accepted:
        return codes & {ACCEPTED} or codes
    return codes - {ACCEPTED, *DeliveryStatus}
