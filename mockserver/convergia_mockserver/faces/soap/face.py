"""The SOAP face: `/webservice.php` as a NuSOAP server with the cached WSDL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.faces.dialects import Fields

from ._spyne import SoapServer
from .arguments import read_arguments
from .binding import bind, credentials
from .envelopes import DEAD, SOAP12_ENVELOPE, Envelopes
from .findings import surprises, surprises_of_message
from .functions_page import functions_page
from .learned import LearnedReplies, LearnedRequests
from .php_values import FatalError, PhpArray, to_argument
from .requests import RequestRefusedError, is_soap12
from .results import ResultWriter
from .served_wsdl import ServedWsdl, endpoint
from .soap_call import SoapCall
from .value_writer import ValueWriter
from .wsdl import read_wsdl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Guide, Profile

    from convergia_mockserver.faces.wire import RawRequest, Reply
    from convergia_mockserver.gateway.calls import Answer, Call
    from convergia_mockserver.gateway.operations import ResultCheck, ResultChecks

    from .binding import Argument, BoundOperation
    from .php_values import PhpValue
    from .requests import SoapMessage
    from .value_writer import ResponseWriter
    from .wsdl import WsdlOperation


@dataclass(frozen=True, slots=True)
class _Other:
    """An operation other than send and status, with the places of user and password."""

    operation: WsdlOperation
    credentials: tuple[Argument, ...]


class SoapFace:
    """The SOAP face.

    A POST is a SOAP request. Other methods get the WSDL (`?wsdl`) or the page of its functions.

    Args:
        guide: the guide, which names the path and the parameters.
        profile: the profile, which has the WSDL, its binding, the dialects and the charset.

    Attributes:
        operations: the WSDL's operations other than send and status.
        results: checks of the values that send and status may return.

    Raises:
        ContractError: if the WSDL cannot be read, or its operations cannot be bound.
    """

    def __init__(self, guide: Guide, profile: Profile) -> None:
        document = profile.wsdl_bytes()
        self._guide = guide
        self._wsdl = wsdl = read_wsdl(document, profile.wsdl)
        self._served = ServedWsdl(document, guide.webservice.path)
        send, status = bind(wsdl, profile)
        self._bound = {bound.operation.name: bound for bound in (send, status)}
        self._names = {bound.kind: bound.operation.name for bound in (send, status)}
        self._others = {
            operation.name: _Other(operation, credentials(operation, profile))
            for operation in wsdl.operations
            if operation.name not in self._bound
        }
        self._envelopes = Envelopes(profile.text.soap_charset)
        tns = wsdl.target_namespace
        replies = profile.reply.soap
        results = {
            bound.kind: ResultWriter(bound, dialect, profile, tns, self._envelopes)
            for bound, dialect in ((send, replies.send), (status, replies.status))
        }
        self.results: ResultChecks = {
            ("soap", kind): writer.check for kind, writer in results.items()
        }
        writers: dict[str, ResponseWriter] = {
            self._names[kind]: writer for kind, writer in results.items()
        }
        others = {
            name: ValueWriter(other.operation, tns, self._envelopes)
            for name, other in self._others.items()
        }
        self.operations: Mapping[str, ResultCheck] = {
            name: writer.check for name, writer in others.items()
        }
        writers |= others
        self._server = SoapServer(wsdl, writers, profile.text.soap_charset)
        self._requests = LearnedRequests(self.read_at_length)
        self._replies = LearnedReplies(self._server.give)

    def read(self, request: RawRequest) -> Call | Reply:
        """Return the call in a POST, or the reply: a fault, the WSDL or the functions page."""
        if request.method != "POST":
            # NuSOAP looks for these four letters anywhere in the query, but only in lower case.
            if b"wsdl" in request.query:
                return self._served.reply(request)
            return functions_page(self._wsdl, endpoint(request, self._guide.webservice.path))
        return self._requests.read(request)

    def read_at_length(self, request: RawRequest) -> Call | Reply:
        """Read a POST element by element as NuSOAP does, without the forms learned before."""
        try:
            name, values, message = self._server.take(request)
        except RequestRefusedError as refusal:
            soap12 = self._wsdl.soap12 and is_soap12(request)
            return self._envelopes.refusal(str(refusal), soap12=soap12)
        except FatalError:
            return DEAD
        soap12 = self._wsdl.soap12 and message.version == SOAP12_ENVELOPE
        bound = self._bound.get(name)
        if bound is None:
            return self._other_call(self._others[name], message, request, soap12=soap12)
        return SoapCall(
            "soap",
            bound.kind,
            _arguments(bound, values),
            request.address,
            surprises(message, bound, soap12=self._wsdl.soap12),
            namespace=message.namespace,
            soap12=soap12,
        )

    def write(self, call: Call, answer: Answer) -> Reply:
        """Return the answer as the result of the operation, or as a fault."""
        soap12 = isinstance(call, SoapCall) and call.soap12
        if answer.soap_fault is not None:
            return self._envelopes.fault(answer.soap_fault, soap12=soap12)
        namespace = call.namespace if isinstance(call, SoapCall) else self._wsdl.target_namespace
        name = self._names.get(call.operation)
        if name is None:
            document = self._server.give(call.operation, answer.value, namespace, soap12)
        elif answer.value is not msgspec.UNSET:
            document = self._server.give(name, answer.value, namespace, soap12)
        else:
            fields = Fields.of(self._guide, call.operation, answer)
            document = self._replies.write(name, fields, namespace, soap12=soap12)
        return self._envelopes.result(document, soap12=soap12)

    def _other_call(
        self, other: _Other, message: SoapMessage, request: RawRequest, *, soap12: bool
    ) -> SoapCall:
        operation = other.operation
        given = _given(operation, message)
        arguments = read_arguments(given, operation.arguments)
        texts = dict(arguments.texts)
        for argument in other.credentials:
            outer = operation.arguments[argument.position].name
            texts[argument.parameter] = texts.pop(".".join((outer, *argument.path)), "")
            if argument.parameter == "password":
                _remove(arguments.values, (outer, *argument.path))
        findings = surprises_of_message(message, operation, soap12=self._wsdl.soap12)
        return SoapCall(
            "soap",
            operation.name,
            texts,
            request.address,
            (*findings, *arguments.findings),
            arguments.values,
            message.namespace,
            soap12,
        )


def _arguments(bound: BoundOperation, values: list[PhpValue]) -> dict[str, str]:
    arguments = {}
    for argument in bound.arguments:
        if argument.position >= len(values):
            continue
        value: PhpValue = values[argument.position]
        for name in argument.path:
            inner = value.get(name) if isinstance(value, PhpArray) else None
            if inner is None:
                break
            value = inner.value
        else:
            arguments[argument.parameter] = to_argument(value)
    return arguments


def _given(operation: WsdlOperation, message: SoapMessage) -> Mapping[str, PhpValue]:
    """Return the values of a request by the names of the operation's arguments.

    By position, as NuSOAP passes them to a function. In document style by name where each name is
    one of the WSDL's: elements that may be left out would shift the others.
    """
    shapes = operation.arguments
    parts = operation.input.parts
    if operation.style == "document" and len(parts) == 1 and parts[0].shape.kind != "struct":
        return {parts[0].shape.name: message.content}
    cells = message.arguments
    names = {shape.name for shape in shapes}
    if operation.style == "document" and names.issuperset(map(str, cells)):
        return {str(name): cell.value for name, cell in cells.items()}
    return {shape.name: cell.value for shape, cell in zip(shapes, cells.values(), strict=False)}


def _remove(values: object, path: tuple[str, ...]) -> None:
    """Take what `path` leads to out of nested mappings."""
    inner = values
    for name in path[:-1]:
        inner = inner.get(name) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner.pop(path[-1], None)
