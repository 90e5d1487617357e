"""Hypotheses about one transport from the replies over the other.

Both transports of a gateway are usually one program, so the form of an accepted reply over one
suggests the form over the other. It remains a guess, and the finding says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .dialects import NAMED_FORMS, Inferred

if TYPE_CHECKING:
    from convergia_wsdl import Dialect

    from .transport import OperationReplies

__all__ = ["hypothesis"]

_BY_PLACE = frozenset({"separated", "array"})
_OF_SOAP_ALONE = frozenset({"struct", "array"})


def hypothesis(
    inferred: Inferred | None, other: OperationReplies | None, *, answered: bool
) -> Inferred | None:
    """Return a dialect completed by that of the other transport, or None if nothing is new.

    Args:
        inferred: the dialect inferred from this transport's replies, or None.
        other: the replies of the same operation over the other transport.
        answered: True if this transport had any readable reply.
    """
    if other is None or other.inferred is None:
        return None
    known = other.inferred
    if inferred is None:
        # If the replies are unreadable, they differ from the other's. Without any reply they may be
        # the same.
        certain = not known.open and known.dialect.form not in _OF_SOAP_ALONE
        return known if certain and not answered else None
    if "form" in inferred.open:
        return known if not known.open and _may_be_bare(known.dialect) else None
    return _completed(inferred, known)


def _may_be_bare(dialect: Dialect) -> bool:
    """Return True if a rejection in this dialect is a bare code."""
    return dialect.form in {"code", "separated"} and not (dialect.text or dialect.html)


def _completed(inferred: Inferred, known: Inferred) -> Inferred | None:
    """Fill in the open fields that the other transport showed."""
    dialect, rest = inferred.dialect, []
    for field in inferred.open:
        seen = field not in known.open and "form" not in known.open
        if field == "separator" and seen and known.dialect.form == dialect.form:
            dialect = msgspec.structs.replace(dialect, separator=known.dialect.separator)
        elif field == "order" and seen and known.dialect.form in _BY_PLACE:
            dialect = msgspec.structs.replace(dialect, order=known.dialect.order)
        elif field == "keys.id" and seen and known.dialect.form in NAMED_FORMS:
            keys = msgspec.structs.replace(dialect.keys, id=known.dialect.keys.id)
            dialect = msgspec.structs.replace(dialect, keys=keys)
        else:
            rest.append(field)
    return Inferred(dialect, tuple(rest)) if len(rest) < len(inferred.open) else None
