"""The WSDL, as zeep understands it: the operations it offers, and an envelope for each.

All of zeep sits behind this module. It is used at construction only: `template` has zeep build an
envelope once, with marks where the values go, and `soap` fills those in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from convergia_wsdl import ContractError
from lxml import etree

from convergia_sms._codecs import soap_encoding
from convergia_sms._codecs.binding import Binding, Part, Signature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convergia_wsdl import Profile

_MAX_DEPTH = 5
# What zeep raises, beside its own errors, when a WSDL lacks what it takes for granted.
_BROKEN = (etree.LxmlError, LookupError, TypeError, ValueError, AttributeError)
# Digits, so that parts of a numeric type take them too; long, so that no WSDL holds them by chance.
_MARK = "7310462{:09d}"
_TEXT_TYPES = frozenset({"string", "normalizedString", "token", "anyType", "anySimpleType", ""})


@dataclass(frozen=True, slots=True)
class Template:
    """An envelope with holes.

    Attributes:
        pieces: the envelope's bytes around the holes; one more than `holes`.
        holes: which of the guide's parameters goes where, in the envelope's order.
        headers: the HTTP headers that go with it.
        numeric: the parameters whose part takes digits only.
    """

    pieces: tuple[bytes, ...]
    holes: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    numeric: frozenset[str] = frozenset()

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """The envelope with XML-escaped `values` in its holes."""
        filled = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            filled += (values[hole], piece)
        return b"".join(filled)


class Service:
    """A WSDL's SOAP operations.

    Args:
        profile: names the WSDL; also for the messages.

    Raises:
        ContractError: the WSDL cannot be read, refers to another host, or offers no SOAP binding.
    """

    def __init__(self, profile: Profile) -> None:
        self._wsdl = profile.wsdl
        self._operations = _soap_operations(_load(profile), profile.wsdl)

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """Every operation and the parts that it takes."""
        return tuple(
            Signature(name, tuple(_leaves(binding.get(name).input.body)))
            for name, binding in self._operations.items()
        )

    def template(self, binding: Binding) -> Template:
        """The envelope of an operation, with holes where its parts go.

        A part that the guide has no word for is left out when it may be and none of the guide's
        comes behind it: NuSOAP goes by position. Else it is sent empty.

        Raises:
            ContractError: such a part is neither a text nor optional.
        """
        marks = {role: _MARK.format(index) for index, role in enumerate(binding.roles)}
        values: dict[str, Any] = {}
        taken = {part: marks[role] for role, part in binding.roles.items()}
        parts = binding.operation.parts
        last = max(place for place, part in enumerate(parts) if part in taken)
        for place, part in enumerate(parts):
            mark = taken.get(part)
            if mark is None and part.optional and not (part.text and place < last):
                continue
            if mark is None and not part.text:
                raise ContractError(
                    f"{self._wsdl}: {binding.operation}: nothing in the guide fills the part "
                    f"{part.name!r}, and it may not be empty"
                )
            _put(values, part.path, mark or "")
        return self._cut(self.envelope(binding.operation.name, values), marks, binding)

    def envelope(self, operation: str, values: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        """Zeep's own envelope for a call, and the HTTP headers that go with it."""
        caller, options = _Caller(), {"address": ""}
        element, headers = self._operations[operation]._create(  # noqa: SLF001
            operation, (), dict(values), client=caller, options=options
        )
        body = etree.tostring(element, encoding="utf-8", xml_declaration=True)
        return body, {str(name): str(value) for name, value in headers.items()}

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
                # A line break there would begin a header, or a request, of the WSDL's own.
                raise ContractError(
                    f"{self._wsdl}: {binding.operation}: {name} cannot be an HTTP header: {value!a}"
                )
        return Template(
            pieces=tuple(pieces),
            holes=tuple(roles[mark] for mark in found),
            headers=tuple(headers.items()),
            numeric=frozenset(role for role, part in binding.roles.items() if not part.text),
        )


class _Caller:
    """What zeep asks of the client for which it builds an envelope: nothing beyond the WSDL."""

    def __init__(self) -> None:
        from zeep.settings import Settings

        self.settings = Settings()
        self.plugins: tuple[object, ...] = ()
        self.wsse = None


class _LocalFiles:
    """Stands in for zeep's transport: opens what is on this machine and nothing else."""

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
            return path.read_bytes()
        except OSError as error:
            raise ContractError(
                f"{self._wsdl}: {path} cannot be read: {error.strerror or error}"
            ) from error


def _load(profile: Profile) -> Any:  # noqa: ANN401 # zeep is untyped
    # The whole before its parts: threads that begin with different parts of it at the same time
    # would each wait for the other's, and one be told that its own has not what it has.
    import zeep  # noqa: F401
    from zeep.exceptions import Error as ZeepError
    from zeep.settings import Settings
    from zeep.wsdl import Document

    try:
        files: Any = _LocalFiles(profile.wsdl)
        return Document(profile.wsdl, files, settings=Settings())
    except ContractError:
        raise
    except (ZeepError, *_BROKEN) as error:
        raise ContractError(f"{profile.wsdl}: is no WSDL that zeep can read: {error}") from error


def _soap_operations(document: Any, wsdl: str) -> dict[str, Any]:  # noqa: ANN401
    """Every operation's binding: of all ports over SOAP 1.1, else of those over SOAP 1.2.

    A WSDL may have a port to send by and another to ask by. What two ports offer, the first does.
    """
    from zeep.wsdl.bindings.soap import Soap11Binding, Soap12Binding

    offered = [
        port.binding for service in document.services.values() for port in service.ports.values()
    ]
    for kind in (Soap11Binding, Soap12Binding):
        spoken: list[Any] = [one for one in offered if isinstance(one, kind)]
        if spoken:
            return {name: binding for binding in reversed(spoken) for name in binding.all()}
    raise ContractError(f"{wsdl}: offers no SOAP binding")


def _leaves(
    body: Any,  # noqa: ANN401
    path: tuple[str, ...] = (),
    *,
    optional: bool = False,
) -> Iterator[Part]:
    """The leaves under a body's element, depth first."""
    if body is None or len(path) > _MAX_DEPTH:
        return
    for name, element in getattr(body.type, "elements", ()):
        inner = (*path, name)
        may_miss = optional or bool(element.is_optional)
        if getattr(element.type, "elements", None):
            yield from _leaves(element, inner, optional=may_miss)
        else:
            yield Part(inner, text=_takes_text(element.type), optional=may_miss)


def _takes_text(type_: Any) -> bool:  # noqa: ANN401
    """Whether a type is a text's, or one made of that, as one with a greatest length is."""
    # Zeep derives the class of such a type from its base's, and the built-in ones alone are named.
    for kind in type(type_).__mro__:
        named = vars(kind).get("_default_qname")
        if named is not None:
            return named.localname in _TEXT_TYPES
    return (getattr(type_, "name", None) or "") in _TEXT_TYPES


def _put(values: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})
    values[path[-1]] = value
