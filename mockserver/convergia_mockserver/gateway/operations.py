"""Answers of operations other than send and status: functions and fixed values.

A script has precedence, then a function, then the fixed value. Without any of them the face makes
up a value. Thread-safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from .calls import FaceName, SoapFault, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class OperationError(ValueError):
    """An answer names an unknown operation, or does not fit the operation's type."""


class OperationAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fixed answer of an operation to every call.

    Attributes:
        returns: the result. A struct is a table, an array a list, and several results are a table
            by their names. If unset, the face makes up a value.
        soap_fault: a SOAP Fault that replaces the result.
    """

    returns: Any = msgspec.UNSET
    soap_fault: SoapFault | None = None


@dataclass(frozen=True, slots=True)
class OperationCall:
    """A call of an operation, as it is passed to a registered function.

    Attributes:
        operation: the WSDL's name of the operation.
        arguments: the arguments by the WSDL's names. A struct is a dict, an array is a list, and
            dates, numbers and booleans are Python's. A text that is invalid for its type stays a
            text. The password is left out.
        username: the caller's account. Empty if the operation takes no user.
        address: the IP address of the caller.
        face: the transport, `http` or `soap`.
    """

    operation: str
    arguments: Mapping[str, Value]
    username: str = ""
    address: str = "127.0.0.1"
    face: FaceName = "soap"


OperationFunction: TypeAlias = "Callable[[OperationCall], Value | SoapFault]"


# Raises TypeError with the reason if an operation cannot return a value.
ResultCheck: TypeAlias = "Callable[[Value], object]"
# The checks of send and status, by face and operation.
ResultChecks: TypeAlias = "Mapping[tuple[FaceName, str], ResultCheck]"


class OperationBook:
    """The answers of a space to operations other than send and status.

    Args:
        operations: a check of the result of each operation, by its name.
        answers: the initial fixed answers.
        results: checks of the results of send and status, by face and operation.

    Attributes:
        names: the names of the operations.

    Raises:
        OperationError: if an answer names an unknown operation, or does not fit its type.
    """

    def __init__(
        self,
        operations: Mapping[str, ResultCheck],
        answers: Mapping[str, OperationAnswer],
        results: ResultChecks = MappingProxyType({}),
    ) -> None:
        self.names: tuple[str, ...] = tuple(operations)
        self._checks = operations
        self._results = results
        self.check_answers(answers)
        self._fixed = dict(answers)
        self._functions: dict[str, OperationFunction] = {}

    def register(self, name: str, function: OperationFunction) -> None:
        """Call `function` for every call of an operation from now on.

        Raises:
            OperationError: if the WSDL has no such operation.
        """
        self.check(name)
        self._functions[name] = function

    def check(self, name: str) -> None:
        """Check that an operation exists.

        Raises:
            OperationError: if the WSDL has no such operation.
        """
        if name not in self.names:
            known = ", ".join(self.names) or "none besides send and status"
            raise OperationError(f"the WSDL has no operation {name!r}; there are: {known}")

    def check_result(
        self,
        name: str,
        value: Any,  # noqa: ANN401 - or unset
        face: FaceName | None = None,
    ) -> None:
        """Check that an operation can return a value. An unset value fits every operation.

        Args:
            name: the name of the operation.
            value: the value.
            face: the face that writes the value. Only for send and status.

        Raises:
            OperationError: if the WSDL has no such operation, or the value does not fit its type.
        """
        if face is None:
            self.check(name)
        check = self._checks.get(name) if face is None else self._results.get((face, name))
        if value is msgspec.UNSET or check is None:
            return
        try:
            check(value)
        except TypeError as error:
            raise OperationError(str(error)) from None

    def check_answers(self, answers: Mapping[str, OperationAnswer]) -> None:
        """Check fixed answers.

        Raises:
            OperationError: if the WSDL has no such operation, or the value does not fit its type.
        """
        for name, answer in answers.items():
            self.check_result(name, answer.returns)

    def become(self, answers: Mapping[str, OperationAnswer]) -> None:
        """Replace the fixed answers. They must have passed `check_answers`."""
        self._fixed = dict(answers)

    def answer(self, call: OperationCall) -> OperationAnswer:
        """Return the answer to a call."""
        function = self._functions.get(call.operation)
        if function is None:
            return self._fixed.get(call.operation, _MADE_UP)
        result = function(call)
        if isinstance(result, SoapFault):
            return OperationAnswer(soap_fault=result)
        return OperationAnswer(result)

    def clear(self) -> None:
        """Remove all registered functions."""
        self._functions.clear()


_MADE_UP = OperationAnswer()
