"""Names of a package that bring their modules along when they are first used."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["exported"]


def exported(package: str, modules: Mapping[str, Collection[str]], name: str) -> object:
    """Return what a package calls `name`, and keep it there: the answer of its `__getattr__`.

    Args:
        package: its `__name__`.
        modules: the names that it exports, by the module inside it that has them.
        name: which.

    Raises:
        AttributeError: the package exports no such name.
    """
    home = next((module for module, names in modules.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{package}.{home}"), name)
    setattr(sys.modules[package], name, value)
    return value
