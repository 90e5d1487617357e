"""The SOAP transport's codec: envelopes by zeep's template, replies by `envelope` and dialect."""

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
# What XML takes as it is; most values are of this kind.
_PLAIN = re.compile("[\t\n !-%'-;=?-~]*")
# XML 1.0 has no way to write these, escaped or not.
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class SoapCodec:
    """Spells calls as the envelopes that the profile's WSDL asks for.

    Building one reads the WSDL (tens of milliseconds, and zeep's import the first time); after
    that a call costs microseconds, and any number of threads may share it.

    Args:
        guide: the web service's path.
        profile: the WSDL, what overrules the binding found in it, and the replies' dialects.
        path: the base URL's own path, without a slash at its end.
        checked: whether a value must fit the type of its part. A probe writes what does not.

    Raises:
        ContractError: the WSDL cannot be read, or its binding cannot be decided.
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
                # What is not given cannot be written into such a part: it is left out, or filled.
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
        """Return the send envelope; an absent `extra` goes as an empty one: the WSDL wants each.

        Raises:
            ValueError: a text that XML cannot hold.
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
            ValueError: an id that XML cannot hold.
        """
        values = {
            "username": credentials.username,
            "password": credentials.password,
            "messageid": message_id,
            "extra": "",
        }
        return self._post("status", values)

    def read(self, operation: Operation, reply: Reply) -> Reading | Unreadable:
        """Return what the envelope in a reply returns, in the profile's dialect."""
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
            # Every call needs an `extra` then, and says so.
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
        raise ValueError(f"{role}: XML cannot hold the character U+{ord(found[0]):04X}")
    # A carriage return in the open would be read as a line feed.
    return escape(value, {"\r": "&#13;"}).encode()
