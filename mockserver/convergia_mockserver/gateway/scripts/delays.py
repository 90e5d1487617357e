"""Random delays of replies, repeatable by a seed."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec

LONGEST_DELAY = 3600.0
Held = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_DELAY)]


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A random delay in seconds, drawn anew for each reply.

    Attributes:
        distribution: `uniform` between `low` and `high`, or `lognormal`, which resembles a network:
            most replies come near `median`, a few much later.
        low: the shortest delay.
        high: the longest delay. Required for `uniform`.
        median: the median. Required for `lognormal`, and only allowed there.
        sigma: the standard deviation of the logarithm. Required for `lognormal`, and only allowed
            there. With 0.5, one reply in six takes longer than 1.65 times the median.

    Raises:
        ValueError: if the fields do not fit the distribution or each other.
    """

    distribution: Literal["uniform", "lognormal"] = "uniform"
    low: Held = 0.0
    high: Held | None = None
    median: Held | None = None
    sigma: Annotated[float, msgspec.Meta(ge=0, le=10)] | None = None

    def __post_init__(self) -> None:
        shape = (self.median, self.sigma)
        if self.distribution == "uniform":
            if self.high is None:
                raise ValueError("high: a uniform delay must have `high`")
            if any(each is not None for each in shape):
                raise ValueError("median and sigma are only for a lognormal delay")
        elif any(each is None for each in shape):
            raise ValueError("a lognormal delay must have median and sigma")
        elif not self.median:
            raise ValueError("median: it must be above 0")
        for name in ("low", "high", "median"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= LONGEST_DELAY:
                raise ValueError(f"{name}: a delay must be 0 to {LONGEST_DELAY:g} seconds")
        if self.high is not None and self.high < self.low:
            raise ValueError(f"high: {self.high:g} must not be below low ({self.low:g})")

    def __str__(self) -> str:
        if self.median is None:
            return f"{self.low:g} to {self.high:g} s"
        return f"~{self.median:g} s"

    def seconds(self, drawn: int) -> float:
        """Return the delay for a random 64-bit number."""
        # The half keeps the share strictly between 0 and 1.
        share = ((drawn >> 12) + 0.5) / 2**52
        if self.median is None or self.sigma is None:
            return self.low + (self._longest - self.low) * share
        # Imported here, because the import takes 5 ms and few scripts use this distribution.
        from statistics import NormalDist

        seconds = self.median * math.exp(self.sigma * NormalDist().inv_cdf(share))
        return min(max(seconds, self.low), self._longest)

    @property
    def _longest(self) -> float:
        return LONGEST_DELAY if self.high is None else self.high
