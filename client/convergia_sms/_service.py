"""Operations of a WSDL as methods, for the stubs of `convergia wsdl stubs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

__all__ = ["ServiceMethods", "plain", "wsdl_names"]

F = TypeVar("F")
_NAMES = "__convergia_wsdl_names__"


def wsdl_names(operation: str, arguments: Mapping[str, str]) -> Callable[[F], F]:
    """Record the WSDL's names for a stub's method, where they are not valid in Python.

    Args:
        operation: the operation's name in the WSDL.
        arguments: the WSDL's names of the arguments, by the method's names.
    """

    def name(method: F) -> F:
        setattr(method, _NAMES, (operation, dict(arguments)))
        return method

    return name


class ServiceMethods:
    """Methods that call the operations of a stub.

    Args:
        stub: a class with a method for each operation.
        call: calls an operation with arguments.
        repeatable: the methods that may be called twice without harm.

    Raises:
        TypeError: `repeatable` names a method that the stub lacks.
    """

    def __init__(
        self,
        stub: Callable[..., object],
        call: Callable[[str, Mapping[str, object], bool], object],
        repeatable: Collection[str],
    ) -> None:
        self._stub = stub
        self._call = call
        self._repeatable = frozenset([repeatable] if isinstance(repeatable, str) else repeatable)
        for name in sorted(self._repeatable):
            if not callable(getattr(stub, name, None)):
                raise TypeError(f"repeatable: {_name_of(stub)} has no method {name!r}")

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = None if name.startswith("__") else getattr(self._stub, name, None)
        if not callable(method):
            # The error that Python raises for any object.
            raise AttributeError(f"{_name_of(self._stub)} has no method {name!r}")  # noqa: TRY004
        named: tuple[str, dict[str, str]] = getattr(method, _NAMES, (name, {}))
        operation, names = named
        repeatable = name in self._repeatable

        def call(**arguments: object) -> object:
            given = {names.get(key, key): value for key, value in arguments.items()}
            return self._call(operation, given, repeatable)

        return call

    def __repr__(self) -> str:
        return f"<service of {_name_of(self._stub)}>"


def plain(value: object) -> Any:  # noqa: ANN401 - the stub says what it is
    """Return zeep's structs as dicts, also inside lists and structs."""
    from zeep.helpers import serialize_object

    serialize: Callable[..., Any] = serialize_object
    return serialize(value, dict)


def _name_of(stub: object) -> str:
    return str(getattr(stub, "__name__", stub))
