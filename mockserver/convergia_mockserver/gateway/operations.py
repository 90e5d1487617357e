"""What operations other than send and status answer: functions and fixed values.

A script comes first, then a function, then the fixed value, then a value that the face makes up.
Thread-safe.
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
    """An operation that cannot be answered so. The message names those that there are."""


class OperationAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an operation answers to every call.

    Attributes:
        returns: the result: a struct is a table, an array a list. Of several results a table by
            their names. Unset: a value that the face makes up.
        soap_fault: a SOAP Fault instead.
    """

    returns: Any = msgspec.UNSET
    soap_fault: SoapFault | None = None


@dataclass(frozen=True, slots=True)
class OperationCall:
    """A call of an operation, as a function sees it.

    Attributes:
        operation: the WSDL's name of it.
        arguments: by the WSDL's names: a struct is a dict, an array a list, dates, numbers and
            booleans are Python's. A text that is not one of its type stays a text. The password is
            left out.
        username: who calls; empty where the operation takes no user.
        address: the caller's IP address.
        face: the transport.
    """

    operation: str
    arguments: Mapping[str, Value]
    username: str = ""
    address: str = "127.0.0.1"
    face: FaceName = "soap"


OperationFunction: TypeAlias = "Callable[[OperationCall], Value | SoapFault]"


# Raises TypeError, which says why, if an operation cannot return a value.
ResultCheck: TypeAlias = "Callable[[Value], object]"
# The same of send and status, by face and operation.
ResultChecks: TypeAlias = "Mapping[tuple[FaceName, str], ResultCheck]"


class OperationBook:
    """A space's answers to operations other than send and status.

    Args:
        operations: those that there are, and what each may return.
        answers: what some of them answer from the start.
        results: what send and status may be made to return, by face and operation.

    Attributes:
        names: of the operations.

    Raises:
        OperationError: an answer is for an operation that is not there, or does not fit its type.
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
            OperationError: there is no such operation.
        """
        self.check(name)
        self._functions[name] = function

    def check(self, name: str) -> None:
        """Raise if there is no such operation.

        Raises:
            OperationError: the WSDL has no such operation.
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
        """Raise if an operation cannot return a value; unset fits all.

        Args:
            name: of the operation.
            value: the value.
            face: of a send or a status: the face that is to spell it.

        Raises:
            OperationError: there is no such operation, or the value is not of its type.
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
        """Raise if one of the operations cannot answer so.

        Raises:
            OperationError: there is no such operation, or the value is not of its type.
        """
        for name, answer in answers.items():
            self.check_result(name, answer.returns)

    def become(self, answers: Mapping[str, OperationAnswer]) -> None:
        """Give these answers, which were checked, in place of those from the start."""
        self._fixed = dict(answers)

    def answer(self, call: OperationCall) -> OperationAnswer:
        """Return what a call gets."""
        function = self._functions.get(call.operation)
        if function is None:
            return self._fixed.get(call.operation, _MADE_UP)
        result = function(call)
        if isinstance(result, SoapFault):
            return OperationAnswer(soap_fault=result)
        return OperationAnswer(result)

    def clear(self) -> None:
        """Forget the functions."""
        self._functions.clear()


_MADE_UP = OperationAnswer()
