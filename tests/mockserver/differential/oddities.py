"""The parts of a generated SOAP request that are odd.

A request has few of them, so that most requests reach the gateway's rules.
"""

from __future__ import annotations

from hypothesis import strategies as st

ASPECTS = (
    "operation",
    "arguments",
    "nesting",
    "namespace",
    "type",
    "nil",
    "reference",
    "attribute",
    "value",
    "header",
    "envelope",
    "action",
    "content type",
    "compression",
    # The richest in ways to be odd.
    *("charset",) * 2,
    *("form",) * 2,
)

oddities = st.lists(st.sampled_from(ASPECTS), max_size=3).map(frozenset)


def one_in(count: int) -> st.SearchStrategy[bool]:
    """True once in `count` times."""
    return st.integers(1, count).map(lambda drawn: drawn == count)
