"""Lazy exports of a package, whose modules are imported when a name is first used."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["exported"]


def exported(package: str, modules: Mapping[str, Collection[str]], name: str) -> object:
    """Import what a package calls `name`, and store it there, for its `__getattr__`.

    Args:
        package: its `__name__`.
        modules: the exported names, by the module that defines them.
        name: the name to import.

    Raises:
        AttributeError: the package exports no such name.
    """
    home = next((module for module, names in modules.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{package}.{home}"), name)
    setattr(sys.modules[package], name, value)
    return value
