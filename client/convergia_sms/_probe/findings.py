"""Findings of a probe, one for each assumption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["as assumed", "otherwise", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The comparison of one assumption with a gateway.

    Attributes:
        key: the dotted key in `profile.toml`.
        verdict: the result. `unknown` if no reply shows the gateway's value.
        assumed: the profile's value, in TOML.
        found: the gateway's value, in TOML. Empty if unknown.
        note: the evidence, or why it is unknown.
    """

    key: str
    verdict: Verdict
    assumed: str
    found: str = ""
    note: str = ""


def compared(key: str, assumed: str, found: str, note: str = "") -> Finding:
    """Return a finding for an observed value."""
    return Finding(key, "as assumed" if assumed == found else "otherwise", assumed, found, note)


def unknown(key: str, assumed: str, note: str) -> Finding:
    """Return a finding for an assumption that no reply confirms or refutes."""
    return Finding(key, "unknown", assumed, note=note)
