"""Calls of any operation of the WSDL by zeep, with arguments that are valid for their types."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # replies of a gateway that its own owner tests
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from convergia_sms._codecs import soap_encoding
from zeep import Client
from zeep.transports import Transport

from convergia_contract.asked import Asked
from convergia_contract.suite.by_hand.facets import fitting_texts
from convergia_contract.suite.by_hand.operations import SOAP, SOAP12, credentials_of
from convergia_contract.target import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from convergia_contract.target import Target

# Texts by the name of the built-in type, or of the type that it derives from.
_TEXTS = {
    "Boolean": "true",
    "Integer": "1",
    "Float": "1.5",
    "Double": "1.5",
    "Decimal": "1.5",
    "Date": "2026-01-31",
    "DateTime": "2026-01-31T12:00:00Z",
    "Time": "12:00:00",
    "Duration": "P1D",
    "gYear": "2026",
    "gYearMonth": "2026-01",
    "gMonth": "--01",
    "gMonthDay": "--01-31",
    "gDay": "---31",
    "Base64Binary": "bW9jaw==",
    "HexBinary": "6D6F636B",
    "NegativeInteger": "-1",
    "NonPositiveInteger": "-1",
}
_DEEPEST = 4


class _NotingTransport(Transport):
    """A zeep transport that fetches nothing, and records its requests as evidence."""

    def __init__(self, target: Target) -> None:
        super().__init__(timeout=TIMEOUT, operation_timeout=TIMEOUT)  # type: ignore[no-untyped-call]
        self._target = target
        self.asking = Asked("soap", "")

    def load(self, url: str) -> bytes:
        if url == soap_encoding.NAMESPACE:
            return soap_encoding.SCHEMA
        raise AssertionError(f"the WSDL requires {url}, which it does not contain")

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> requests.Response:
        asked = replace(
            self.asking, method="POST", url=address, headers=dict(headers), body=message
        )
        self._target.questions.note(asked)
        reply: requests.Response = super().post(address, message, headers)  # type: ignore[no-untyped-call]
        self._target.questions.replied(reply.status_code, reply.content)
        return reply


class TypedCalls:
    """A caller of the operations in the profile's WSDL, at the gateway under test."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._transport = _NotingTransport(target)
        wsdl = target.profile.wsdl_bytes()
        self._client = Client(BytesIO(wsdl), transport=self._transport)  # type: ignore[no-untyped-call]
        self._fitting = fitting_texts(wsdl)

    def close(self) -> None:
        """Close the connections."""
        self._transport.session.close()

    def call(self, operation: str, password: str | None = None) -> Any:
        """Call an operation with the account's credentials, or with another password.

        Raises:
            zeep.exceptions.Fault: if the gateway answers with a fault.
        """
        binding = self._binding(operation)
        self._transport.asking = Asked("soap", operation, own_account=password is None)
        service = self._client.create_service(  # type: ignore[no-untyped-call]
            str(binding.name), f"{self._target.base_url}/webservice.php"
        )
        kind = binding.get(operation).input.body.type
        if not hasattr(kind, "elements"):
            return service[operation](self._value(kind, 0))
        arguments = self._fields(kind, 0)
        found = credentials_of(self._target.profile, operation)
        if found is not None:
            secrets = (self._target.username, password or self._target.password)
            for path, secret in zip(found, secrets, strict=True):
                _put(arguments, path.split("."), secret)
        return service[operation](**arguments)

    def texts_of_the_reply(self) -> list[str]:
        """Return the texts of all elements without children in the last reply."""
        last = self._target.questions.last
        root = ET.fromstring(b"" if last is None else last.reply)  # noqa: S314
        return [(node.text or "").strip() for node in root.iter() if len(node) == 0]

    def is_declared(self, operation: str, result: Any) -> bool:
        """Return True if a result has the type that the WSDL declares.

        zeep returns None for a text that is invalid for its type.
        """
        body = self._binding(operation).get(operation).output.body
        if body is None:
            return result is None
        kind = body.type
        returned = getattr(kind, "elements", [("", None)])
        if len(returned) != 1:
            return result is not None or not returned
        element = returned[0][1]
        return _is_of(kind if element is None else element.type, result)

    def _binding(self, operation: str) -> Any:
        """Return the first binding with the operation. SOAP 1.1 has precedence over SOAP 1.2."""
        bindings = [
            port.binding
            for service in self._client.wsdl.services.values()
            for port in service.ports.values()
        ]
        for namespace in (SOAP, SOAP12):
            for binding in bindings:
                spoken = f"{{{binding.nsmap['soap']}}}" if hasattr(binding, "nsmap") else ""
                if spoken == namespace and operation in binding.all():
                    return binding
        raise AssertionError(f"no port of the WSDL offers {operation!r}")

    def _fields(self, kind: Any, depth: int) -> dict[str, Any]:
        return {
            name: self._value(element.type, depth + 1)
            for name, element in kind.elements
            if element.min_occurs and not _is_any(element) and depth < _DEEPEST
        }

    def _value(self, kind: Any, depth: int) -> Any:
        if getattr(kind, "_array_type", None) is not None:
            return []
        if hasattr(kind, "elements"):
            return self._fields(kind, depth)
        fitting = self._fitting.get(kind.name or "")
        for ancestor in type(kind).__mro__:
            if ancestor.__name__ in _TEXTS:
                return kind.pythonvalue(fitting or _TEXTS[ancestor.__name__])
        return fitting or "mock"


def _is_of(kind: Any, value: Any) -> bool:
    if isinstance(value, list):
        return None not in value
    accepted = getattr(kind, "accepted_types", None)
    if accepted:
        # zeep returns binary types as bytes, although `accepted_types` does not include bytes.
        return isinstance(value, (*accepted, bytes))
    if value is None:
        return False
    return all(
        _is_of(element.type, member)
        for name, element in getattr(kind, "elements", ())
        if not _is_any(element)
        and ((member := getattr(value, name, None)) is not None or _is_needed(element))
    )


def _is_needed(element: Any) -> bool:
    return bool(element.min_occurs) and not element.nillable


def _is_any(element: Any) -> bool:
    return type(element).__name__ == "Any"


def _put(arguments: dict[str, Any], path: list[str], value: str) -> None:
    for name in path[:-1]:
        arguments = arguments.setdefault(name, {})
    arguments[path[-1]] = value
