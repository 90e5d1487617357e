"""Texts about a number of things, in the singular and the plural."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, one: str, many: str) -> str:
    """Return `one` if the count is 1, otherwise `many`.

    This is the English half of gettext's `ngettext`. A text is translated later, where the command
    prints it: `make texts` collects both forms as one entry of the catalogue.

    Args:
        count: the number of things.
        one: the text for 1, which it spells out: `1 message waits`.
        many: the text with the count as a value: `{count:,} messages wait`.
    """
    return one if count == 1 else many
