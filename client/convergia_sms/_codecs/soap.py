"""The codec of the SOAP transport: fills envelope templates, and reads replies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from convergia_wsdl import ContractError

from convergia_sms._codecs.binding import find_binding, without_role
from convergia_sms._codecs.dialect import DialectReader, Reading, Unreadable
from convergia_sms._codecs.envelope import EnvelopeReader, Fault
from convergia_sms._codecs.part_types import fits, wanted
from convergia_sms._codecs.service import Service
from convergia_sms._codecs.wire import Credentials, Operation, Reply, Request

if TYPE_CHECKING:
    from convergia_wsdl import Guide, Profile

    from convergia_sms._codecs.binding import Binding
    from convergia_sms._codecs.service import Template
    from convergia_sms._models import Transport

_OPERATIONS: tuple[Operation, ...] = ("send", "status")
# Characters that need no escape in XML. Most values have only these.
_PLAIN = re.compile("[\t\n !-%'-;=?-~]*")
# XML 1.0 cannot contain these characters, not even escaped.
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class SoapCodec:
    """Encodes calls as envelopes for the profile's WSDL.

    Building one reads the WSDL, which takes tens of milliseconds, and imports zeep the first time.
    After that a call takes microseconds. Any number of threads may share it.

    Args:
        guide: the path of the web service.
        profile: the WSDL, overrides of its binding, and the dialects of the replies.
        path: the path of the base URL, without a trailing slash.
        checked: True if a value must fit the type of its part. A probe sends others too.

    Raises:
        ContractError: the WSDL cannot be read, or its binding is not clear.
    """

    transport: Transport = "soap"

    def __init__(
        self, guide: Guide, profile: Profile, path: str = "", *, checked: bool = True
    ) -> None:
        self._checked = checked
        service = Service(profile)
        signatures = service.signatures
        self._templates: dict[Operation, Template] = {}
        self._without_extra: dict[Operation, Template] = {}
        for operation in _OPERATIONS:
            binding = find_binding(operation, signatures, profile)
            extra = binding.roles.get("extra")
            if extra is not None and not extra.text:
                # An empty text does not fit such a part, so it is left out or filled.
                self._try_without_extra(operation, service, binding)
            self._templates[operation] = service.template(binding)
        self._target = f"{path}{guide.webservice.path}"
        self._envelopes = EnvelopeReader()
        self._readers: dict[Operation, DialectReader] = {
            "send": DialectReader(profile.reply.soap.send, guide.send, profile),
            "status": DialectReader(profile.reply.soap.status, guide.status, profile),
        }

    def send(
        self, credentials: Credentials, number: str, message: str, extra: str | None
    ) -> Request:
        """Return the send envelope. An absent `extra` is sent empty, because the WSDL requires it.

        Raises:
            ValueError: a text has characters that XML cannot contain.
        """
        values = {
            "username": credentials.username,
            "password": credentials.password,
            "number": number,
            "message": message,
            "extra": extra or "",
        }
        return self._post("send", values)

    def status(self, credentials: Credentials, message_id: str) -> Request:
        """Return the status envelope.

        Raises:
            ValueError: the id has characters that XML cannot contain.
        """
        values = {
            "username": credentials.username,
            "password": credentials.password,
            "messageid": message_id,
            "extra": "",
        }
        return self._post("status", values)

    def read(self, operation: Operation, reply: Reply) -> Reading | Unreadable:
        """Return the reading of the envelope in a reply, in the profile's dialect."""
        returned = self._envelopes.read(reply.body)
        if isinstance(returned, Unreadable):
            return returned
        if isinstance(returned, Fault):
            return Unreadable(f"a SOAP fault ({returned.code or 'without a code'})")
        return self._readers[operation].read(returned)

    def _try_without_extra(self, operation: Operation, service: Service, binding: Binding) -> None:
        try:
            self._without_extra[operation] = service.template(without_role(binding, "extra"))
        except ContractError:
            # Then every call needs an `extra`, and its error says so.
            return

    def _post(self, operation: Operation, values: dict[str, str]) -> Request:
        template = self._templates[operation]
        if not values["extra"]:
            template = self._without_extra.get(operation, template)
        for role, part in template.kinds.items():
            if self._checked and not fits(values[role], part.kind, part.allowed):
                takes = wanted(part.kind, part.allowed)
                raise ValueError(f"{role}: the WSDL wants {takes}")
        body = template.fill({role: _escaped(role, value) for role, value in values.items()})
        return Request("POST", self._target, template.headers, body)


def _escaped(role: str, value: str) -> bytes:
    if _PLAIN.fullmatch(value):
        return value.encode()
    found = NOT_XML.search(value)
    if found is not None:
        raise ValueError(f"{role}: XML cannot contain the character U+{ord(found[0]):04X}")
    # XML parsers read an unescaped carriage return as a line feed.
    return escape(value, {"\r": "&#13;"}).encode()
