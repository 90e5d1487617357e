"""What goes wrong when the contract's files are read."""

from __future__ import annotations


class ContractError(ValueError):
    """A contract file is missing, is not TOML, or says something that cannot be.

    The message names the file, the place in it, and what was expected there.
    """
