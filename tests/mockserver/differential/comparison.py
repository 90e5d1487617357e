"""The comparison of both gateways' replies, with every difference."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.mockserver.differential.plan import EXAMPLES

if TYPE_CHECKING:
    from tests.mockserver.differential.exchange import Gateway, Reply, Request

_RETURNED = re.compile(rb"<return[^>]*>(.*)</return>", re.DOTALL)
_FAULT = re.compile(rb"<faultstring[^>]*>([^<]*)</faultstring>")
_MOST_SHOWN = 10


@dataclass(frozen=True)
class Difference:
    """A request that was answered in two ways."""

    request: Request
    theirs: Reply
    ours: Reply

    def __str__(self) -> str:
        return f"{self.request}\n  theirs: {self.theirs}\n  ours:   {self.ours}"


@dataclass
class Comparison:
    """The result of a run.

    A quick run ends at its first difference, which Hypothesis then makes small. A long one goes on
    and keeps them all: shown is the shortest request of each kind.

    Attributes:
        outcomes: how often the real gateway answered how.
        answers: how many examples reached the gateway's rules, and were answered with a code.
    """

    nusoap: Gateway
    mock: Gateway
    outcomes: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    _differences: dict[tuple[str, str], list[Difference]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def of(self, request: Request, times: int = 1) -> None:
        """Ask both, and compare their replies.

        Args:
            request: what both are asked.
            times: how often the mock server is asked. Each of its replies must be the same.
        """
        theirs = self.nusoap.ask(request)
        said = outcome(theirs)
        self.outcomes[said] += 1
        self.answers += said.startswith("answered")
        replies = (self.mock.ask(request) for _ in range(times))
        ours = next((reply for reply in replies if not reply.same_as(theirs)), None)
        if ours is None:
            return
        difference = Difference(request, theirs, ours)
        assert EXAMPLES, str(difference)
        self._differences[said, outcome(ours)].append(difference)

    @property
    def total(self) -> int:
        """The number of examples that were compared."""
        return self.outcomes.total()

    def report(self) -> str:
        """Every kind of difference, by its shortest request; empty when there was none."""
        kinds = sorted(self._differences.values(), key=len, reverse=True)
        shown = [f"{len(kind)} times: {min(kind, key=_length)}" for kind in kinds[:_MOST_SHOWN]]
        count = sum(map(len, kinds))
        return "\n".join([f"{count} differences of {len(kinds)} kinds", *shown]) if kinds else ""


def _length(difference: Difference) -> int:
    return len(difference.request.target + difference.request.body)


def outcome(reply: Reply) -> str:
    """A few words that tell replies apart: answered with which code, or refused in which words."""
    returned = _RETURNED.search(reply.body)
    said = returned[1] if returned is not None else reply.body
    code, _, _ = said.decode("latin-1").partition("|")
    if code.isdecimal():
        return f"answered {code}"
    fault = _FAULT.search(reply.body)
    if fault is None:
        return f"HTTP {reply.status}, neither answer nor fault"
    words = fault[1].decode("latin-1").replace("\n", " ")
    return re.sub(r"'[^']*'|&apos;.*?&apos;|line \d+", "…", words)[:70]
