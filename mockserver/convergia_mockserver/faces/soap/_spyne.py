"""The SOAP face's use of spyne. Only this module imports it.

spyne 2.14 supports only document/literal. This module adds a protocol that behaves like NuSOAP, and
a transport in two halves, between which the gateway answers: the face reads the request in the
    first
half and writes the reply in the second.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from typing import TYPE_CHECKING

from .requests import RequestRefusedError, read_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from convergia_mockserver.faces.wire import RawRequest

    from .php_values import PhpValue
    from .requests import SoapMessage
    from .value_writer import ResponseWriter
    from .wsdl import Wsdl, WsdlOperation


def _lend_six() -> None:
    """Provide spyne's copy of six with modules, which it does not find itself on Python 3.12."""
    for name in ("", "collections_abc", "http_cookies", "urllib", "urllib.parse", "urllib.request"):
        importlib.import_module(f"six.moves.{name}".rstrip("."))
    for name in [name for name in sys.modules if name.startswith("six.moves")]:
        sys.modules.setdefault(f"spyne.util.{name}", sys.modules[name])


_lend_six()

with warnings.catch_warnings():
    # spyne is from 2022 and causes warnings of later Python versions.
    warnings.simplefilter("ignore")
    from spyne import Application, Service, Unicode, rpc
    from spyne.context import MethodContext
    from spyne.protocol.soap import Soap11
    from spyne.server import ServerBase
    from spyne.util.appreg import unregister_application

# The copy's finder is no longer needed, and on 3.11 every later import would warn about it.
sys.meta_path[:] = [
    finder for finder in sys.meta_path if type(finder).__module__ != "spyne.util.six"
]

TRANSPORT = "http://schemas.xmlsoap.org/soap/http"


class _Context(MethodContext):  # type: ignore[misc]
    """The context of one request or one reply in spyne.

    It leaves out spyne's parts for listeners, further protocols and auxiliary methods. None are
    used here, and each part refers back to its context, so a request would only be freed by the
    next run of the garbage collector.
    """

    TransportContext = None
    # spyne checks the attributes that a service sets. Here only this module sets any.
    __setattr__ = object.__setattr__

    request: RawRequest
    message: SoapMessage
    namespace: str | None
    soap12: bool

    def __init__(self, transport: SoapServer) -> None:
        super().__init__(transport, MethodContext.SERVER)
        self.event = None

    def copy(self) -> _Context:
        """Return this context, since a request calls only one method."""
        return self

    def fire_event(self, *_: object, **__: object) -> None:
        """Do nothing, since there are no listeners."""


class _NusoapRequests(Soap11):  # type: ignore[misc]
    """Reads SOAP as NuSOAP does."""

    def __init__(self, wsdl: Wsdl, script_charset: str) -> None:
        super().__init__()
        self._target_namespace = wsdl.target_namespace
        self._soap12 = wsdl.soap12
        self._by_name = {operation.name: operation for operation in wsdl.operations}
        # NuSOAP does not look here, but other SOAP stacks find a document operation by its element.
        self._by_element = {
            operation.input.parts[0].shape.name: operation
            for operation in reversed(wsdl.operations)
            if operation.style == "document" and operation.input.parts
        }
        self._script_charset = script_charset

    def get_context(self, _parent: _Context, _transport: SoapServer) -> None:
        """Return None, since the protocol keeps nothing with a request."""

    def create_in_document(self, ctx: _Context, charset: str | None = None) -> None:
        """Parse the bytes of a request into a message."""
        del charset  # NuSOAP detects the charset itself.
        ctx.in_document = ctx.message = read_message(
            ctx.request, self._script_charset, soap12=self._soap12
        )

    def decompose_incoming_envelope(self, ctx: _Context, message: object = None) -> None:
        """Find the operation by the name of the element, or by SOAPAction."""
        del message
        operation = self._find(ctx.message)
        ctx.method_request_string = f"{{{self._target_namespace}}}{operation.name}"
        ctx.in_body_doc = ctx.message.arguments

    def deserialize(self, ctx: _Context, message: object) -> None:
        """Read the arguments by their position."""
        del message
        ctx.in_object = [cell.value for cell in ctx.in_body_doc.values()]

    def _find(self, message: SoapMessage) -> WsdlOperation:
        found = (
            self._by_name.get(message.method)
            or self._by_element.get(message.method)
            or next((o for o in self._by_name.values() if o.soap_action == message.action), None)
        )
        if found is None:
            raise RequestRefusedError(
                f"Operation '{message.method}' is not defined in the WSDL for this service"
            )
        return found


class _NusoapReplies(Soap11):  # type: ignore[misc]
    """Writes SOAP as NuSOAP does."""

    def __init__(self, writers: Mapping[str, ResponseWriter]) -> None:
        super().__init__()
        self._writers = writers

    def get_context(self, _parent: _Context, _transport: SoapServer) -> None:
        """Return None, since the protocol keeps nothing with a reply."""

    def serialize(self, ctx: _Context, message: object) -> None:
        """Build the envelope."""
        del message
        writer = self._writers[ctx.descriptor.operation_name]
        ctx.out_document = writer.write(ctx.out_object[0], ctx.namespace, soap12=ctx.soap12)

    def create_out_string(self, ctx: _Context, charset: str | None = None) -> None:
        """Set the bytes of the envelope, which are already in NuSOAP's charset."""
        del charset
        ctx.out_string = (ctx.out_document,)


class SoapServer(ServerBase):  # type: ignore[misc]
    """A spyne server in two halves: `take` reads a request, `give` writes a result.

    Args:
        wsdl: the WSDL, which names the operations.
        writers: the writer of each operation's result, by the WSDL's name.
        script_charset: the charset in which the gateway's script gets strings.
    """

    transport = TRANSPORT

    def __init__(
        self, wsdl: Wsdl, writers: Mapping[str, ResponseWriter], script_charset: str
    ) -> None:
        application = Application(
            [_service(wsdl.operations)],
            tns=wsdl.target_namespace,
            name=wsdl.service or "webservice",
            in_protocol=_NusoapRequests(wsdl, script_charset),
            out_protocol=_NusoapReplies(writers),
        )
        # spyne registers every application by name for ever. A second face must not replace the
        # first.
        unregister_application(application)
        super().__init__(application)
        self._descriptors = {
            descriptor.operation_name: descriptor
            for descriptor in application.interface.method_id_map.values()
        }

    def take(self, request: RawRequest) -> tuple[str, list[PhpValue], SoapMessage]:
        """Return the operation that a request calls, its values, and the message.

        Raises:
            RequestRefusedError: if NuSOAP answers with a fault.
            FatalError: if PHP ends with a fatal error.
        """
        context = _Context(self)
        context.request = request
        called = self.generate_contexts(context)[0]
        self.get_in_object(called)
        return called.descriptor.operation_name, called.in_object, context.message

    def give(self, operation: str, result: object, namespace: str | None, soap12: bool) -> bytes:
        """Return the envelope of an operation's result."""
        context = _Context(self)
        context.soap12 = soap12
        context.descriptor = self._descriptors[operation]
        context.namespace = namespace
        context.out_object = (result,)
        self.get_out_string(context)
        document: bytes = context.out_string[0]
        return document


def _service(operations: Iterable[WsdlOperation]) -> type[Service]:
    """Return a spyne service with a method for each operation."""
    methods = {}
    for operation in operations:
        names = [shape.name for shape in operation.arguments]
        declare = rpc(*[Unicode] * len(names), _args=names, _returns=Unicode)
        methods[operation.name] = declare(_gateway_function(operation.name))
    return type("Gateway", (Service,), methods)


def _gateway_function(name: str) -> Callable[..., None]:
    def function(_context: _Context, *_arguments: object) -> None:
        """Do nothing. spyne needs a function, but the gateway answers between the two halves."""

    function.__name__ = name
    return function
