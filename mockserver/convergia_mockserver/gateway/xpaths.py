"""XPath 1.0 on a request's body, with limits on time and size.

elementpath evaluates node by node in Python, so an expression that takes too long can be stopped.
libxml2's engine cannot be interrupted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ElementTree, TreeBuilder
from xml.parsers import expat

from elementpath import ElementPathError, XPath1Parser, XPathContext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elementpath import XPathToken

_MAX_EXPRESSION = 500
# A larger body, or one with more elements, is not a request for an SMS. It matches no expression.
_MAX_BODY = 64 * 1024
_MAX_ELEMENTS = 500
_MAX_DEPTH = 100
_STEPS_BETWEEN_LOOKS = 64
_PREFIXES = {
    "soap": "http://schemas.xmlsoap.org/soap/envelope/",
    "soap12": "http://www.w3.org/2003/05/soap-envelope",
}


class _TooLargeError(Exception):
    """A body is too large, or has a DTD, and is not evaluated."""


class XPath:
    """An XPath expression that matches a body if it is true, or finds any node.

    The prefixes `soap` and `soap12` stand for the two envelope namespaces.

    Args:
        expression: an XPath 1.0 expression.

    Raises:
        ValueError: if the expression is invalid or too long.
    """

    def __init__(self, expression: str) -> None:
        if len(expression) > _MAX_EXPRESSION:
            raise ValueError(f"xpath: it must have at most {_MAX_EXPRESSION} characters")
        self.expression: str = expression
        try:
            self._token: Any = XPath1Parser(namespaces=_PREFIXES).parse(expression)
            empty = read_document(b"<x/>")
            if empty is not None:
                self.find(empty, 1.0)
        except ElementPathError as error:
            raise ValueError(f"xpath: {error}") from None
        except RecursionError:
            raise ValueError("xpath: it is nested too deeply") from None

    def find(self, document: ElementTree, timeout: float) -> bool | None:
        """Return True if the expression matches a document, None if not.

        Args:
            document: a document from `read_document`.
            timeout: in CPU seconds.

        Raises:
            TimeoutError: if the evaluation takes longer.
        """
        context = _BoundedContext(document, _Watch(timeout))
        return bool(self._token.boolean_value(self._token.evaluate(context))) or None

    def holds(self, document: ElementTree, timeout: float) -> bool | None:
        """Do the same as `find`, but return None if the evaluation fails, except by a timeout."""
        try:
            return self.find(document, timeout)
        except TimeoutError:
            raise
        except (ElementPathError, RecursionError, ArithmeticError, TypeError, ValueError):
            return None


def read_document(body: bytes) -> ElementTree | None:
    """Return a body as a document. None if it is not XML, has a DTD or is too large."""
    if not body or len(body) > _MAX_BODY:
        return None
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    count = depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count, depth
        count, depth = count + 1 + len(attributes), depth + 1
        if count > _MAX_ELEMENTS or depth > _MAX_DEPTH:
            raise _TooLargeError
        builder.start(_name(name), {_name(each): value for each, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_name(name))

    def refuse(*_: object) -> None:
        # An entity may expand to a million times its length.
        raise _TooLargeError

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
        return ElementTree(builder.close())
    except (expat.ExpatError, _TooLargeError, LookupError, ValueError):
        return None


def _name(name: str) -> str:
    return "{" + name if "}" in name else name


class _Watch:
    """The time limit of one evaluation."""

    __slots__ = ("_steps", "_until")

    def __init__(self, timeout: float) -> None:
        self._until = time.thread_time() + timeout
        self._steps = 0

    def over(self, nodes: Iterator[Any]) -> Iterator[Any]:
        """Yield the nodes, and check the time limit in between.

        Raises:
            TimeoutError: if the time is up.
        """
        for node in nodes:
            self._steps += 1
            if self._steps % _STEPS_BETWEEN_LOOKS == 0 and time.thread_time() > self._until:
                raise TimeoutError
            yield node


class _BoundedContext(XPathContext):  # type: ignore[misc]
    """An evaluation context whose every iteration checks the time limit. Copies share it."""

    def __init__(self, document: ElementTree, watch: _Watch) -> None:
        super().__init__(document)
        self._watch = watch

    def iter_self(self) -> Iterator[Any]:
        return self._watch.over(super().iter_self())

    def iter_attributes(self) -> Iterator[Any]:
        return self._watch.over(super().iter_attributes())

    def iter_children_or_self(self) -> Iterator[Any]:
        return self._watch.over(super().iter_children_or_self())

    def iter_matching_nodes(self, name: str, default_namespace: str | None = None) -> Iterator[Any]:
        return self._watch.over(super().iter_matching_nodes(name, default_namespace))

    def iter_parent(self) -> Iterator[Any]:
        return self._watch.over(super().iter_parent())

    def iter_siblings(self, axis: str | None = None) -> Iterator[Any]:
        return self._watch.over(super().iter_siblings(axis))

    def iter_descendants(self, axis: str | None = None) -> Iterator[Any]:
        return self._watch.over(super().iter_descendants(axis))

    def iter_ancestors(self, axis: str | None = None) -> Iterator[Any]:
        return self._watch.over(super().iter_ancestors(axis))

    def iter_preceding(self) -> Iterator[Any]:
        return self._watch.over(super().iter_preceding())

    def iter_followings(self) -> Iterator[Any]:
        return self._watch.over(super().iter_followings())

    def inner_focus_select(self, token: XPathToken, predicate: bool = False) -> Iterator[Any]:
        return self._watch.over(super().inner_focus_select(token, predicate))
