"""The SOAP face: `/webservice.php`, as a NuSOAP server with the cached WSDL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convergia_mockserver.faces.dialects import Fields
from convergia_mockserver.gateway.calls import Answer, Call

from ._spyne import SoapServer
from .binding import bind
from .envelopes import DEAD, Envelopes
from .findings import surprises
from .functions_page import functions_page
from .php_values import FatalError, PhpArray, PhpValue, to_argument
from .requests import RequestRefusedError
from .results import ResultWriter
from .served_wsdl import ServedWsdl, endpoint
from .wsdl import read_wsdl

if TYPE_CHECKING:
    from convergia_wsdl import Guide, Profile

    from convergia_mockserver.faces.wire import RawRequest, Reply

    from .binding import BoundOperation


@dataclass(frozen=True, slots=True)
class SoapCall(Call):
    """A call that came by SOAP.

    Attributes:
        namespace: of the element that named the operation, which the reply repeats: each character
            one byte; None for none.
    """

    namespace: str | None = None


class SoapFace:
    """SOAP by POST; on any other method the WSDL (`?wsdl`) or the page of its functions.

    Args:
        guide: names the path and the parameters.
        profile: names the WSDL, its binding, the dialects and the charset.

    Raises:
        ContractError: the WSDL cannot be read, or it cannot be decided what sends in it.
    """

    def __init__(self, guide: Guide, profile: Profile) -> None:
        document = profile.wsdl_bytes()
        self._guide = guide
        self._wsdl = read_wsdl(document, profile.wsdl)
        self._served = ServedWsdl(document, guide.webservice.path)
        send, status = bind(self._wsdl, profile)
        self._by_name = {bound.operation.name: bound for bound in (send, status)}
        self._names = {bound.kind: bound.operation.name for bound in (send, status)}
        self._envelopes = Envelopes(profile.text.soap_charset)
        tns = self._wsdl.target_namespace
        spelt = (profile, tns, self._envelopes)
        writers = {
            send.operation.name: ResultWriter(send, profile.reply.soap.send, *spelt),
            status.operation.name: ResultWriter(status, profile.reply.soap.status, *spelt),
        }
        self._server = SoapServer(self._wsdl, writers, profile.text.soap_charset)

    def read(self, request: RawRequest) -> Call | Reply:
        """The call in a POST; a fault, the WSDL or the page where there is none."""
        if request.method != "POST":
            # NuSOAP looks for these four letters anywhere in the query, in this case alone.
            if b"wsdl" in request.query:
                return self._served.reply(request)
            return functions_page(self._wsdl, endpoint(request, self._guide.webservice.path))
        try:
            name, values, message = self._server.take(request)
        except RequestRefusedError as refusal:
            return self._envelopes.fault(str(refusal))
        except FatalError:
            return DEAD
        bound = self._by_name[name]
        return SoapCall(
            "soap",
            bound.kind,
            _arguments(bound, values),
            request.address,
            surprises(message, bound),
            message.namespace,
        )

    def write(self, call: Call, answer: Answer) -> Reply:
        """The answer as the operation's result."""
        namespace = call.namespace if isinstance(call, SoapCall) else self._wsdl.target_namespace
        fields = Fields.of(self._guide, call.operation, answer)
        document = self._server.give(self._names[call.operation], fields, namespace)
        return self._envelopes.result(document)


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
