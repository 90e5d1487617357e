"""Comparison of two WSDLs by meaning: order, prefixes, comments and addresses do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .description import Description, OperationDescription, Value


def differences(old: Description, new: Description) -> list[str]:
    """Return the differences between `old` and `new`, one sentence each. Empty if they agree."""
    found = []
    if old.namespace != new.namespace:
        found.append(f"target namespace: {old.namespace} became {new.namespace}")
    before, after = old.operations, new.operations
    found += [f"{name}: is gone" for name in sorted(before.keys() - after.keys())]
    found += [
        f"{name}: is new, takes {_listed(after[name].takes)}"
        for name in sorted(after.keys() - before.keys())
    ]
    for name in sorted(before.keys() & after.keys()):
        found += _operation(before[name], after[name])
    return found


def _operation(old: OperationDescription, new: OperationDescription) -> list[str]:
    found = [
        f"{old.name}: {what} {before} became {after}"
        for what, before, after in (
            ("style", old.style, new.style),
            ("use", old.use, new.use),
            ("SOAPAction", old.action, new.action),
            ("namespace", old.namespace, new.namespace),
        )
        if before != after
    ]
    for what, before, after in (
        ("takes", old.takes, new.takes),
        ("returns", old.returns, new.returns),
    ):
        if before != after:
            found.append(f"{old.name}: {what} {_listed(after)} instead of {_listed(before)}")
    return found


def _listed(values: tuple[Value, ...]) -> str:
    return f"({', '.join(map(str, values))})"
