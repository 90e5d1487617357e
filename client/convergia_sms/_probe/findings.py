"""What a probe finds out, assumption by assumption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["as assumed", "otherwise", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One assumption held against a gateway.

    Attributes:
        key: its place in `profile.toml`, dotted.
        verdict: `unknown` when nothing that was asked could tell.
        assumed: what the profile says, as TOML spells it.
        found: what the gateway does, as TOML spells it; empty when unknown.
        note: what it was seen by, or why it stays unknown.
    """

    key: str
    verdict: Verdict
    assumed: str
    found: str = ""
    note: str = ""


def compared(key: str, assumed: str, found: str, note: str = "") -> Finding:
    """Return a finding about something that was seen."""
    return Finding(key, "as assumed" if assumed == found else "otherwise", assumed, found, note)


def unknown(key: str, assumed: str, note: str) -> Finding:
    """Return a finding that nothing was seen of it."""
    return Finding(key, "unknown", assumed, note=note)
