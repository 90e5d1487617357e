"""The error for contract files that cannot be read."""

from __future__ import annotations


class ContractError(ValueError):
    """A contract file is missing, is not TOML, or has an invalid value.

    The error names the file, the place in it, and what was expected there.
    """
