"""Take what one transport showed for a hypothesis about the other, which did not show it.

Both transports of a gateway are usually one program: how it spells an accepted reply over one tells
how it will over the other. It remains a guess, and the finding says so.
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
    """Return one transport's dialect with what the other showed; None if it showed nothing new.

    Args:
        inferred: the dialect as far as this transport's replies show it; None if they show none.
        other: the same operation's replies over the other transport.
        answered: whether this transport gave any reply that could be read.
    """
    if other is None or other.inferred is None:
        return None
    told = other.inferred
    if inferred is None:
        # Replies that no dialect reads are not as the other's are. No reply at all may be.
        certain = not told.open and told.dialect.form not in _OF_SOAP_ALONE
        return told if certain and not answered else None
    if "form" in inferred.open:
        return told if not told.open and _may_be_bare(told.dialect) else None
    return _completed(inferred, told)


def _may_be_bare(dialect: Dialect) -> bool:
    """Return True if a refusal in this dialect is a bare code."""
    return dialect.form in {"code", "separated"} and not (dialect.text or dialect.html)


def _completed(inferred: Inferred, told: Inferred) -> Inferred | None:
    """Fill in the fields that are open here and were seen there."""
    dialect, rest = inferred.dialect, []
    for field in inferred.open:
        seen = field not in told.open and "form" not in told.open
        if field == "separator" and seen and told.dialect.form == dialect.form:
            dialect = msgspec.structs.replace(dialect, separator=told.dialect.separator)
        elif field == "order" and seen and told.dialect.form in _BY_PLACE:
            dialect = msgspec.structs.replace(dialect, order=told.dialect.order)
        elif field == "keys.id" and seen and told.dialect.form in NAMED_FORMS:
            keys = msgspec.structs.replace(dialect.keys, id=told.dialect.keys.id)
            dialect = msgspec.structs.replace(dialect, keys=keys)
        else:
            rest.append(field)
    return Inferred(dialect, tuple(rest)) if len(rest) < len(inferred.open) else None
