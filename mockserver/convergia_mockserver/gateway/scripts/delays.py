"""How long a reply is held back: a range, or a distribution that a seed draws from."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec

LONGEST_DELAY = 3600.0
Held = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_DELAY)]


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Seconds to hold a reply back, drawn anew for each reply.

    Attributes:
        distribution: `uniform` between `low` and `high`, or `lognormal` as replies over a network
            are: most near `median`, a few much later.
        low: the shortest.
        high: the longest. `uniform` needs it.
        median: of `lognormal`: half of the replies are faster.
        sigma: of `lognormal`: the standard deviation of the logarithm. 0.5 makes one reply in six
            slower than 1.65 times the median.

    Raises:
        ValueError: they do not belong together.
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
                raise ValueError("high: a uniform delay wants its longest")
            if any(each is not None for each in shape):
                raise ValueError("median and sigma are a lognormal delay's")
        elif any(each is None for each in shape):
            raise ValueError("a lognormal delay wants median and sigma")
        elif not self.median:
            raise ValueError("median: it is above 0")
        for name in ("low", "high", "median"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= LONGEST_DELAY:
                raise ValueError(f"{name}: a delay is 0 to {LONGEST_DELAY:g} seconds")
        if self.high is not None and self.high < self.low:
            raise ValueError(f"high: {self.high:g} is below low, {self.low:g}")

    def __str__(self) -> str:
        if self.median is None:
            return f"{self.low:g} to {self.high:g} s"
        return f"~{self.median:g} s"

    def seconds(self, drawn: int) -> float:
        """Return the delay for a number of 64 bits that was drawn."""
        # 52 bits and a half: between 0 and 1, and never one of them.
        share = ((drawn >> 12) + 0.5) / 2**52
        if self.median is None or self.sigma is None:
            return self.low + (self._longest - self.low) * share
        # Here, since it takes a server 5 ms to import and few scripts draw from this distribution.
        from statistics import NormalDist

        seconds = self.median * math.exp(self.sigma * NormalDist().inv_cdf(share))
        return min(max(seconds, self.low), self._longest)

    @property
    def _longest(self) -> float:
        return LONGEST_DELAY if self.high is None else self.high
