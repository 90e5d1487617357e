"""Calls of any operation of the WSDL with arguments that are right for their types, by zeep."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from convergia_sms._codecs import soap_encoding
from zeep import Client
from zeep.transports import Transport

from convergia_contract.suite.by_hand.operations import credentials_of
from convergia_contract.target import TIMEOUT

if TYPE_CHECKING:
    from convergia_contract.target import Target

# By the name of a built-in type, or of the one that it comes from.
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


class _OfflineTransport(Transport):
    """zeep's own, but for the schema that it would fetch from the network."""

    def load(self, url: str) -> bytes:
        if url == soap_encoding.NAMESPACE:
            return soap_encoding.SCHEMA
        raise AssertionError(f"the WSDL needs {url}, which is not in it")


class TypedCalls:
    """The operations of the profile's WSDL, at the gateway under test."""

    def __init__(self, target: Target) -> None:
        self._target = target
        transport = _OfflineTransport(timeout=TIMEOUT, operation_timeout=TIMEOUT)  # type: ignore[no-untyped-call]
        self._transport = transport
        wsdl = BytesIO(target.profile.wsdl_bytes())
        self._client = Client(wsdl, transport=transport)  # type: ignore[no-untyped-call]
        self._binding = self._client.service._binding  # noqa: SLF001 - zeep offers no public way
        self._service = self._client.create_service(  # type: ignore[no-untyped-call]
            str(self._binding.name), f"{target.base_url}/webservice.php"
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.session.close()

    def takes_credentials(self, operation: str) -> bool:
        """Return True if the operation takes a user and a password."""
        return credentials_of(self._target.profile, operation) is not None

    def call(self, operation: str, password: str | None = None) -> Any:
        """Call an operation; its credentials are the account's, unless a password is given.

        Raises:
            zeep.exceptions.Fault: the gateway answered one.
        """
        kind = self._binding.get(operation).input.body.type
        if not hasattr(kind, "elements"):
            return self._service[operation](_value(kind, 0))
        arguments = _fields(kind, 0)
        found = credentials_of(self._target.profile, operation)
        if found is not None:
            secrets = (self._target.username, password or self._target.password)
            for path, secret in zip(found, secrets, strict=True):
                _put(arguments, path.split("."), secret)
        return self._service[operation](**arguments)

    def is_declared(self, operation: str, result: Any) -> bool:
        """Return True if a result is of the type that the WSDL declares."""
        body = self._binding.get(operation).output.body
        if body is None:
            return result is None
        kind = body.type
        returned = getattr(kind, "elements", [("", None)])
        if len(returned) != 1:
            return result is not None or not returned
        element = returned[0][1]
        accepted = getattr(kind if element is None else element.type, "accepted_types", None)
        if isinstance(result, list):
            return None not in result
        # zeep returns binary types as bytes, whatever it says that it accepts.
        return isinstance(result, (*accepted, bytes)) if accepted else result is not None


def _fields(kind: Any, depth: int) -> dict[str, Any]:
    return {
        name: _value(element.type, depth + 1)
        for name, element in kind.elements
        if element.min_occurs and not _is_any(element) and depth < _DEEPEST
    }


def _is_any(element: Any) -> bool:
    return type(element).__name__ == "Any"


def _value(kind: Any, depth: int) -> Any:
    if getattr(kind, "_array_type", None) is not None:
        return []
    if hasattr(kind, "elements"):
        return _fields(kind, depth)
    for ancestor in type(kind).__mro__:
        if ancestor.__name__ in _TEXTS:
            return kind.pythonvalue(_TEXTS[ancestor.__name__])
    return "mock"


def _put(arguments: dict[str, Any], path: list[str], value: str) -> None:
    for name in path[:-1]:
        arguments = arguments.setdefault(name, {})
    arguments[path[-1]] = value
