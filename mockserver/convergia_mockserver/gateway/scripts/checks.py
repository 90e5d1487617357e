"""Checks of scripts, and the operation and face that a script is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.calls import GUIDE_OPERATIONS, WSDL
from convergia_mockserver.gateway.operations import OperationError

from .definition import ScriptError
from .delays import LONGEST_DELAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_wsdl import Guide

    from convergia_mockserver.gateway.calls import FaceName, Operation
    from convergia_mockserver.gateway.operations import OperationBook

    from .definition import Script, ScriptAnswer

# Nodes of regular expressions, of about 400 bytes each.
_MAX_COMPILED = 100_000
_MAX_REPLIES = 16 * 1024 * 1024


class ScriptChecks:
    """The checks that the scripts of a space must pass.

    Args:
        guide: the guide, which lists the codes of send and status.
        operations: the operations of the WSDL other than send and status.
    """

    def __init__(self, guide: Guide, operations: OperationBook) -> None:
        self._operations = operations
        self._send_codes = frozenset(known.code for known in guide.send.codes)
        self._status_codes = frozenset(known.code for known in guide.status.codes)

    def scope(self, script: Script) -> tuple[Operation | None, FaceName | None]:
        """Return the operation and the face that a script is for.

        If the script names no operation, its codes imply it. SOAP Faults and values that are not
        scalars imply SOAP.

        Raises:
            ScriptError: if the script has no answer, or an invalid one.
        """
        if not script.answers:
            raise ScriptError("answers: a script must have at least one answer")
        if script.times is not None and script.times < 0:
            raise ScriptError(f"times: {script.times} must be 0 or more")
        if not 0 <= script.probability <= 1:
            raise ScriptError(f"probability: {script.probability} must be between 0 and 1")
        for answer in script.answers:
            delay = answer.delay if isinstance(answer.delay, float | int) else 0.0
            if not (0 <= delay <= LONGEST_DELAY and 0 <= answer.seconds <= LONGEST_DELAY):
                raise ScriptError(f"a delay must be 0 to {LONGEST_DELAY:g} seconds")
        operation = self._operation(script)
        return operation, self._face(script, operation)

    def check_new(self, script: Script) -> None:
        """Check a new script for likely mistakes. Stored scripts are not checked again.

        Raises:
            ScriptError: if a code is in no table, a file was not read, or an answer holds two.
        """
        codes = {answer.code for answer in script.answers if answer.code is not None}
        unlisted = codes - self._send_codes - self._status_codes
        if unlisted and script.match.operation is None:
            raise ScriptError(
                f"code: the guide does not list {_listed(unlisted)}; a send has"
                f" {_listed(self._send_codes)}, a status query has {_listed(self._status_codes)};"
                " name the `operation` to answer with another code"
            )
        for answer in script.answers:
            said = {
                "returns": answer.returns is not msgspec.UNSET,
                "soap_fault": answer.soap_fault is not None,
                "reply": answer.reply is not None,
            }
            if sum(said.values()) > 1:
                names = " and ".join(name for name, given in said.items() if given)
                raise ScriptError(f"{names}: an answer must have only one of them")
            if answer.reply is not None and answer.reply.file is not None:
                raise ScriptError(
                    f"reply: file: {answer.reply.file!r} cannot be read here; only Python and a"
                    " start file may name files, so give the body as `text` or `base64`"
                )

    @staticmethod
    def check_size(scripts: Iterable[Script]) -> None:
        """Check the size of all scripts together.

        Raises:
            ScriptError: if they are too large.
        """
        nodes = size = 0
        for script in scripts:
            nodes += script.match.compiled_size
            size += sum(answer.weight for answer in script.answers)
        if nodes > _MAX_COMPILED:
            raise ScriptError(
                "the regular expressions of all scripts together are too large; delete some"
                " scripts, or repeat less in them"
            )
        if size > _MAX_REPLIES:
            raise ScriptError(
                f"the replies of all scripts together must have at most {_MAX_REPLIES:,} bytes;"
                " delete some scripts"
            )

    def _operation(self, script: Script) -> Operation | None:
        operation = script.match.operation
        known = (*GUIDE_OPERATIONS, *self._operations.names, WSDL)
        if operation is not None and operation not in known:
            raise ScriptError(
                f"operation: {operation!r} does not exist; it must be one of: {', '.join(known)}"
            )
        codes = {answer.code for answer in script.answers if answer.code is not None}
        if operation is None:
            return self._operation_of_codes(codes)
        if operation == WSDL and (codes or any(answer.decides for answer in script.answers)):
            raise ScriptError(
                "code, returns and soap_fault are for calls; a request for the WSDL may get a"
                " reply, a fault or a delay"
            )
        if codes and operation not in GUIDE_OPERATIONS:
            raise ScriptError(f"code: {operation} has no codes; use `returns`")
        return operation

    def _operation_of_codes(self, codes: set[int]) -> Operation | None:
        if codes and codes <= self._status_codes:
            return "status"
        if codes & self._status_codes and codes & self._send_codes:
            raise ScriptError(
                f"codes {sorted(codes)} mix sends and status queries; a script must be for one"
                " of them"
            )
        return "send" if codes else None

    def _face(self, script: Script, operation: Operation | None) -> FaceName | None:
        face = script.match.face
        for answer in script.answers:
            only = self._only_face(answer, operation, face)
            if only is not None and face not in (None, only):
                raise ScriptError(
                    f"soap_fault: the {face} face has no SOAP Faults; leave out the face"
                )
            face = only or face
        return face

    def _only_face(
        self, answer: ScriptAnswer, operation: Operation | None, face: FaceName | None
    ) -> FaceName | None:
        """Return the only face that can write an answer. None if both can.

        Raises:
            ScriptError: if no face can.
        """
        if answer.soap_fault is not None:
            return "soap"
        if answer.returns is msgspec.UNSET:
            return None
        if operation is None:
            raise ScriptError("returns: name the `operation` that returns the value")
        if operation not in GUIDE_OPERATIONS:
            self._check_result(operation, answer, None)
            return None
        return self._face_that_returns(operation, answer, face)

    def _face_that_returns(
        self, operation: Operation, answer: ScriptAnswer, face: FaceName | None
    ) -> FaceName | None:
        if face is not None:
            self._check_result(operation, answer, face)
            return None
        if isinstance(answer.returns, dict | list | tuple | None):
            self._check_result(operation, answer, "soap")
            return "soap"
        for each in ("http", "soap"):
            self._check_result(operation, answer, each)
        return None

    def _check_result(
        self, operation: Operation, answer: ScriptAnswer, face: FaceName | None
    ) -> None:
        try:
            self._operations.check_result(operation, answer.returns, face)
        except OperationError as error:
            over = "" if face is None else f" (over {face})"
            raise ScriptError(f"returns{over}: {error}") from None


def _listed(codes: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(codes)))
