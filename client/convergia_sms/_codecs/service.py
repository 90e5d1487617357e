"""The WSDL as zeep reads it: its operations, and an envelope for each.

No other module uses zeep to build envelopes. It is used at construction only: `template` lets zeep
build an envelope once, with marks in place of the values, and `soap` fills those in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from convergia_wsdl import ContractError
from lxml import etree

from convergia_sms._codecs import soap_encoding
from convergia_sms._codecs.binding import Binding, Part, Signature
from convergia_sms._codecs.dialect import Unreadable
from convergia_sms._codecs.encoded_arrays import ArrayWriter
from convergia_sms._codecs.markup import bare_document
from convergia_sms._codecs.part_types import kind_of, wanted
from convergia_sms._codecs.shapes import returned_shape, taken_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from convergia_wsdl import Profile

    from convergia_sms._codecs.shapes import Field

_MAX_DEPTH = 5
# Errors of zeep, besides its own classes, for a WSDL that lacks something it relies on.
_BROKEN = (etree.LxmlError, LookupError, TypeError, ValueError, AttributeError)
# Digits, so that parts of a numeric type accept them, and long, so that no WSDL contains them by
# chance.
_MARK = "7310462{:09d}"
_XSD = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True, slots=True)
class Template:
    """An envelope with holes for the values.

    Attributes:
        pieces: the bytes around the holes, one more than `holes`.
        holes: the guide's parameter for each hole, in order.
        headers: the HTTP headers of the request.
        kinds: the parts that do not accept any text, by the guide's parameter.
    """

    pieces: tuple[bytes, ...]
    holes: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    kinds: Mapping[str, Part] = field(default_factory=dict)

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """Return the envelope with XML-escaped `values` in its holes."""
        filled = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            filled += (values[hole], piece)
        return b"".join(filled)


@dataclass(frozen=True, slots=True)
class ServiceFault:
    """A SOAP Fault with its detail as XML, which may be empty."""

    code: str
    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Response:
    """A reply with the attributes that zeep reads. The envelope has no text around it."""

    status_code: int
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None


class Service:
    """The SOAP operations of a WSDL.

    Args:
        profile: the profile that names the WSDL, also in errors.

    Raises:
        ContractError: the WSDL cannot be read, refers to another host, or has no SOAP binding.
    """

    def __init__(self, profile: Profile) -> None:
        self._wsdl = profile.wsdl
        self._client = _load(profile)
        self._operations = _soap_operations(self._client.wsdl, profile.wsdl)
        self._enumerations = _enumerations(bare_document(profile.wsdl_bytes()))

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """All operations and their parts."""
        return tuple(
            Signature(name, tuple(self._parts(binding.get(name).input.body)))
            for name, binding in self._operations.items()
        )

    def template(self, binding: Binding) -> Template:
        """Return the envelope of an operation, with holes for its parts.

        A part without a parameter in the guide gets the profile's value. Without one it is left out
        if it is optional and no parameter follows it, because NuSOAP assigns parts by position.
        Otherwise it is sent empty.

        Raises:
            ContractError: such a part is required and does not accept an empty text.
        """
        marks = {role: _MARK.format(index) for index, role in enumerate(binding.roles)}
        values: dict[str, Any] = {}
        taken = {part: marks[role] for role, part in binding.roles.items()}
        parts = binding.operation.parts
        last = max(place for place, part in enumerate(parts) if part in taken)
        for place, part in enumerate(parts):
            mark = taken.get(part)
            if mark is None and part.name in binding.values:
                mark = binding.values[part.name]
            if mark is None and part.optional and not (part.text and place < last):
                continue
            if mark is None and not part.text:
                raise ContractError(
                    f"{self._wsdl}: {binding.operation}: nothing in the guide fills the part "
                    f"{part.name!r}, which takes {wanted(part.kind, part.allowed)}. Give its value "
                    f'in the profile: [binding] send.values = {{ {part.name} = "…" }} '
                    "(or status.values)"
                )
            _put(values, part.path, mark or "")
        return self._cut(self.envelope(binding.operation.name, values), marks, binding)

    def envelope(self, operation: str, values: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        """Return zeep's envelope for a call, and its HTTP headers."""
        binding = self._operations[operation]
        service = self._client.create_service(binding.name, "")
        arrays = ArrayWriter()
        try:
            body_type = getattr(binding.get(operation).input.body, "type", None)
            written = arrays.values(values, body_type)
            element = self._client.create_message(service, operation, **written)
            arrays.declare(element)
        except (_zeep_error(), *_BROKEN) as error:
            raise ContractError(
                f"{self._wsdl}: {operation}: no envelope can be made: {error}"
            ) from error
        body = etree.tostring(element, encoding="utf-8", xml_declaration=True)
        action = str(binding.get(operation).soapaction or "")
        if _is_soap_12(binding):
            kind = f'application/soap+xml; charset=utf-8; action="{action}"'
        else:
            kind = "text/xml; charset=utf-8"
        return body, {"SOAPAction": f'"{action}"', "Content-Type": kind}

    def shapes(self, operation: str) -> tuple[tuple[Field, ...], Field | None]:
        """Return the types of an operation's input and result."""
        found = self._operations[operation].get(operation)
        output = getattr(found.output, "body", None)
        return (
            taken_fields(found.input.body, _builtin_name, self._enumerations),
            returned_shape(output, _builtin_name, self._enumerations),
        )

    def takes(self, operation: str) -> str:
        """Return the arguments of an operation and their types, as zeep writes a signature."""
        found = self._operations[operation].get(operation).input
        try:
            return str(found.signature(as_output=False))
        except AttributeError:
            # zeep 4.3 loses the item type of a list that is declared in a restriction.
            fields = taken_fields(found.body, _builtin_name, self._enumerations)
            types = (each.shape.name.rpartition("}")[2] or each.shape.kind for each in fields)
            names = (each.name for each in fields)
            return ", ".join(f"{name}: {type_}" for name, type_ in zip(names, types, strict=True))

    def call(self, operation: str, values: Mapping[str, object]) -> tuple[bytes, dict[str, str]]:
        """Return the envelope of a call with named arguments, and its HTTP headers.

        Raises:
            TypeError: an argument is missing or unknown. The error shows no value.
            ValueError: a value cannot be written into its part.
        """
        problem: Exception
        try:
            self._check_names(operation, values)
            return self.envelope(operation, values)
        except ContractError as error:
            cause = error.__cause__
            missing = isinstance(cause, (_validation_error(), TypeError))
            words = str(cause) if isinstance(cause, _validation_error()) else "a value does not fit"
            kind = TypeError if missing else ValueError
            problem = kind(f"{operation}: {words}. It takes {self.takes(operation)}")
        finally:
            # A traceback that shows variables must not find a password in this frame.
            del values
        # Raise outside the handler, because the frames of the chained error hold the values, one of
        # which is the password.
        raise problem

    def _check_names(self, operation: str, names: Iterable[str]) -> None:
        body = self._operations[operation].get(operation).input.body
        known = [name for name, _ in getattr(getattr(body, "type", None), "elements", ())]
        unknown = [name for name in names if name not in known and name != "_soapheaders"]
        del names
        if unknown:
            takes = self.takes(operation) or "nothing"
            raise TypeError(f"{operation}: there is no argument {unknown[0]!r}. It takes {takes}")

    def returned(
        self, operation: str, status: int, envelope: bytes
    ) -> tuple[object] | ServiceFault | Unreadable:
        """Return the value in a tuple, the Fault, or the reason why the reply cannot be read."""
        from zeep.exceptions import Fault as ZeepFault

        binding = self._operations[operation]
        response = _Response(status, envelope)
        try:
            return (binding.process_reply(self._client, binding.get(operation), response),)
        except ZeepFault as fault:
            detail = fault.detail
            return ServiceFault(
                code=str(fault.code or ""),
                text=str(fault.message or ""),
                detail="" if detail is None else etree.tostring(detail, encoding="unicode"),
            )
        except (_zeep_error(), *_BROKEN) as error:
            # zeep's error text may quote the whole reply.
            return Unreadable(f"not a reply that the WSDL describes ({type(error).__name__})")

    def _parts(self, body: Any) -> Iterator[Part]:  # noqa: ANN401 # zeep is untyped
        for path, type_, optional in _leaves(body):
            allowed = self._enumerations.get(str(getattr(type_, "name", "") or ""), ())
            yield Part(path, kind_of(_builtin_name(type_)), optional=optional, allowed=allowed)

    def _cut(
        self, built: tuple[bytes, dict[str, str]], marks: Mapping[str, str], binding: Binding
    ) -> Template:
        body, headers = built
        roles = {mark.encode(): role for role, mark in marks.items()}
        pieces = re.split(b"|".join(b"(?:" + mark + b")" for mark in roles), body)
        found = re.findall(b"|".join(roles), body)
        if sorted(found) != sorted(roles):
            raise ContractError(f"{self._wsdl}: {binding.operation}: no envelope can be made")
        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):
                # A line break there would start another header, or a request, of the WSDL's choice.
                raise ContractError(
                    f"{self._wsdl}: {binding.operation}: {name} cannot be an HTTP header: {value!a}"
                )
        return Template(
            pieces=tuple(pieces),
            holes=tuple(roles[mark] for mark in found),
            headers=tuple(headers.items()),
            kinds={role: part for role, part in binding.roles.items() if not part.text},
        )


class _LocalFiles:
    """Replaces zeep's transport, and reads local files only."""

    def __init__(self, wsdl: str) -> None:
        self._wsdl = wsdl

    def load(self, url: str) -> bytes:
        if url.rstrip("/") == soap_encoding.NAMESPACE.rstrip("/"):
            return soap_encoding.SCHEMA
        parts = urlsplit(url)
        if parts.scheme not in ("", "file"):
            raise ContractError(
                f"{self._wsdl}: refers to {parts.scheme}://{parts.hostname or ''}; only files "
                "beside it are read"
            )
        path = Path(unquote(parts.path) if parts.scheme else url)
        try:
            return bare_document(path.read_bytes())
        except OSError as error:
            reason = error.strerror or error
            if str(path) == self._wsdl:
                raise ContractError(f"{path} cannot be read: {reason}") from error
            raise ContractError(f"{self._wsdl}: {path} cannot be read: {reason}") from error


def _load(profile: Profile) -> Any:  # noqa: ANN401 # zeep is untyped
    # Import the package before its submodules. When two threads first import different submodules,
    # Python breaks the import deadlock by giving one of them a half-initialised module.
    from zeep import Client
    from zeep.exceptions import Error as ZeepError

    try:
        make: Any = Client
        return make(profile.wsdl, transport=_LocalFiles(profile.wsdl))
    except ContractError:
        raise
    except (ZeepError, *_BROKEN) as error:
        raise ContractError(f"{profile.wsdl}: is not a WSDL that zeep can read: {error}") from error


def _zeep_error() -> type[Exception]:
    from zeep.exceptions import Error

    kind: type[Exception] = Error
    return kind


def _validation_error() -> type[Exception]:
    from zeep.exceptions import ValidationError

    kind: type[Exception] = ValidationError
    return kind


def _soap_operations(document: Any, wsdl: str) -> dict[str, Any]:  # noqa: ANN401
    """Return the binding of each operation: of all SOAP 1.1 ports, or else the SOAP 1.2 ones.

    A WSDL may have one port for sends and another for queries. If two ports have an operation, the
    first is used.
    """
    from zeep.wsdl.bindings.soap import Soap11Binding, Soap12Binding

    offered = [
        port.binding for service in document.services.values() for port in service.ports.values()
    ]
    for kind in (Soap11Binding, Soap12Binding):
        bindings: list[Any] = [one for one in offered if isinstance(one, kind)]
        if bindings:
            return {name: binding for binding in reversed(bindings) for name in binding.all()}
    raise ContractError(f"{wsdl}: offers no SOAP binding")


def _leaves(
    body: Any,  # noqa: ANN401
    path: tuple[str, ...] = (),
    *,
    optional: bool = False,
) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    """Yield the leaves of a body's element, depth first: path, zeep's type, True if optional."""
    if body is None or len(path) > _MAX_DEPTH:
        return
    for name, element in getattr(body.type, "elements", ()):
        inner = (*path, name)
        may_miss = optional or bool(element.is_optional)
        if getattr(element.type, "elements", None):
            yield from _leaves(element, inner, optional=may_miss)
        else:
            yield inner, element.type, may_miss


def _builtin_name(type_: Any) -> str:  # noqa: ANN401
    """Return the name of the built-in type that a simple type is or is derived from."""
    # zeep derives the class of a simple type from that of its base, and only built-in ones have a
    # name.
    for kind in type(type_).__mro__:
        named = vars(kind).get("_default_qname")
        if named is not None:
            return str(named.localname)
    return str(getattr(type_, "name", None) or "")


def _enumerations(wsdl: bytes) -> dict[str, tuple[str, ...]]:
    """Return the values of each named enumeration in the WSDL's schemas, which zeep drops."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(wsdl, parser)
    except etree.XMLSyntaxError:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for simple in root.iter(f"{_XSD}simpleType"):
        holder = simple if simple.get("name") else simple.getparent()
        values = tuple(str(one.get("value", "")) for one in simple.iter(f"{_XSD}enumeration"))
        name = None if holder is None else holder.get("name")
        if values and name:
            found[str(name)] = values
    return found


def _is_soap_12(binding: Any) -> bool:  # noqa: ANN401
    from zeep.wsdl.bindings.soap import Soap12Binding

    return isinstance(binding, Soap12Binding)


def _put(values: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})
    values[path[-1]] = value
