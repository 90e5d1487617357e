"""Everything of spyne's that the SOAP face uses: the one module that imports it.

spyne 2.14 publishes and speaks document/literal alone. Here it gets a protocol of our own, which
speaks as NuSOAP does, and a transport that takes a request apart where the gateway comes in: what
the face reads, the gateway answers, and the face writes.
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
    """Spyne's own copy of six finds no modules on 3.12: put the maintained one's in their place."""
    for name in ("", "collections_abc", "http_cookies", "urllib", "urllib.parse", "urllib.request"):
        importlib.import_module(f"six.moves.{name}".rstrip("."))
    for name in [name for name in sys.modules if name.startswith("six.moves")]:
        sys.modules.setdefault(f"spyne.util.{name}", sys.modules[name])


_lend_six()

with warnings.catch_warnings():
    # spyne is of 2022, and has the warnings of later years.
    warnings.simplefilter("ignore")
    from spyne import Application, Service, Unicode, rpc
    from spyne.context import MethodContext
    from spyne.protocol.soap import Soap11
    from spyne.server import ServerBase
    from spyne.util.appreg import unregister_application

# The copy's finder is of no more use, and on 3.11 every later import would warn of it.
sys.meta_path[:] = [
    finder for finder in sys.meta_path if type(finder).__module__ != "spyne.util.six"
]

TRANSPORT = "http://schemas.xmlsoap.org/soap/http"


class _Context(MethodContext):  # type: ignore[misc]
    """One request or one reply on its way through spyne.

    What spyne keeps in a context for listeners, further protocols and auxiliary methods is left
    out: there are none here, and each such part refers back to its context, so that nothing of a
    request would be freed before the next search for garbage.
    """

    TransportContext = None
    # spyne guards against attributes that a service may set; here sets only this module.
    __setattr__ = object.__setattr__

    request: RawRequest
    message: SoapMessage
    namespace: str | None
    soap12: bool

    def __init__(self, transport: SoapServer) -> None:
        super().__init__(transport, MethodContext.SERVER)
        self.event = None

    def copy(self) -> _Context:
        """Return the context for the one method that is called: this one."""
        return self

    def fire_event(self, *_: object, **__: object) -> None:
        """Nobody listens."""


class _NusoapRequests(Soap11):  # type: ignore[misc]
    """Reads SOAP as NuSOAP does."""

    def __init__(self, wsdl: Wsdl, script_charset: str) -> None:
        super().__init__()
        self._target_namespace = wsdl.target_namespace
        self._soap12 = wsdl.soap12
        self._by_name = {operation.name: operation for operation in wsdl.operations}
        # Where NuSOAP would not look: other stacks find a document by its element.
        self._by_element = {
            operation.input.parts[0].shape.name: operation
            for operation in reversed(wsdl.operations)
            if operation.style == "document" and operation.input.parts
        }
        self._script_charset = script_charset

    def get_context(self, _parent: _Context, _transport: SoapServer) -> None:
        """Return what a protocol keeps with a request: nothing."""

    def create_in_document(self, ctx: _Context, charset: str | None = None) -> None:
        """From bytes to a message."""
        del charset  # NuSOAP finds it out by itself
        ctx.in_document = ctx.message = read_message(
            ctx.request, self._script_charset, soap12=self._soap12
        )

    def decompose_incoming_envelope(self, ctx: _Context, message: object = None) -> None:
        """Which operation is called: by the element's name, else by SOAPAction."""
        del message
        operation = self._find(ctx.message)
        ctx.method_request_string = f"{{{self._target_namespace}}}{operation.name}"
        ctx.in_body_doc = ctx.message.arguments

    def deserialize(self, ctx: _Context, message: object) -> None:
        """Read the arguments, by position and by nothing else."""
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
        """Return what a protocol keeps with a reply: nothing."""

    def serialize(self, ctx: _Context, message: object) -> None:
        """Build the envelope."""
        del message
        writer = self._writers[ctx.descriptor.operation_name]
        ctx.out_document = writer.write(ctx.out_object[0], ctx.namespace, soap12=ctx.soap12)

    def create_out_string(self, ctx: _Context, charset: str | None = None) -> None:
        """Give the envelope's bytes; they are in NuSOAP's charset already."""
        del charset
        ctx.out_string = (ctx.out_document,)


class SoapServer(ServerBase):  # type: ignore[misc]
    """spyne's application, driven in two halves: a request in, a result out.

    Args:
        wsdl: names the operations.
        writers: by operation, for each of the WSDL's.
        script_charset: the charset strings reach the script in.
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
        # spyne keeps every application for good, by its name: one face is not to displace another.
        unregister_application(application)
        super().__init__(application)
        self._descriptors = {
            descriptor.operation_name: descriptor
            for descriptor in application.interface.method_id_map.values()
        }

    def take(self, request: RawRequest) -> tuple[str, list[PhpValue], SoapMessage]:
        """Return the operation that a request calls, the values in it, and the message.

        Raises:
            RequestRefusedError: the answer is a fault.
            FatalError: PHP would have died.
        """
        context = _Context(self)
        context.request = request
        called = self.generate_contexts(context)[0]
        self.get_in_object(called)
        return called.descriptor.operation_name, called.in_object, context.message

    def give(self, operation: str, result: object, namespace: str | None, soap12: bool) -> bytes:
        """Return the envelope of an operation's result, which its writer takes."""
        context = _Context(self)
        context.soap12 = soap12
        context.descriptor = self._descriptors[operation]
        context.namespace = namespace
        context.out_object = (result,)
        self.get_out_string(context)
        document: bytes = context.out_string[0]
        return document


def _service(operations: Iterable[WsdlOperation]) -> type[Service]:
    """Return a spyne service with a method for each operation, the gateway behind them all."""
    methods = {}
    for operation in operations:
        names = [shape.name for shape in operation.arguments]
        declare = rpc(*[Unicode] * len(names), _args=names, _returns=Unicode)
        methods[operation.name] = declare(_gateway_function(operation.name))
    return type("Gateway", (Service,), methods)


def _gateway_function(name: str) -> Callable[..., None]:
    def function(_context: _Context, *_arguments: object) -> None:
        """Never called: the answer comes between the two halves."""

    function.__name__ = name
    return function
