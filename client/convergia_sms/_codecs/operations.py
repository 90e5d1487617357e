"""The codec of any operation of the WSDL, from named arguments to the returned value.

zeep builds and reads the envelopes, so values are zeep's: str, int, Decimal, datetime, lists, and
structs that behave like dicts. Sends and status queries are frequent, so the faster module `soap`
handles them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convergia_sms._codecs.binding import parts_for
from convergia_sms._codecs.markup import bare_document
from convergia_sms._codecs.service import Service
from convergia_sms._codecs.wire import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_wsdl import Guide, Profile

    from convergia_sms._codecs.binding import Part
    from convergia_sms._codecs.dialect import Unreadable
    from convergia_sms._codecs.service import ServiceFault
    from convergia_sms._codecs.wire import Credentials, Reply

__all__ = ["OperationCodec", "Returned"]

_CREDENTIALS = ("username", "password")
_RECIPIENT = ("number", "message")


@dataclass(frozen=True, slots=True)
class Returned:
    """The value that an operation returned. It is not shown in a repr."""

    value: object = field(repr=False)


class OperationCodec:
    """Encodes calls of any operation, and decodes their replies.

    Building one reads the WSDL. Any number of threads may share it.

    Args:
        guide: the path of the web service.
        profile: the WSDL, and the words that identify the parts for credentials.
        path: the path of the base URL, without a trailing slash.

    Raises:
        ContractError: the WSDL cannot be read.
    """

    def __init__(self, guide: Guide, profile: Profile, path: str = "") -> None:
        self._service = Service(profile)
        self._target = f"{path}{guide.webservice.path}"
        signatures = self._service.signatures
        self._credentials = {
            signature.name: parts_for(_CREDENTIALS, signature, profile) for signature in signatures
        }
        sending = {
            signature.name: parts_for(_RECIPIENT, signature, profile) for signature in signatures
        }
        self._recipients = {
            name: parts["number"]
            for name, parts in sending.items()
            if len(parts) == len(_RECIPIENT)
        }

    def request(
        self, credentials: Credentials, operation: str, arguments: Mapping[str, object]
    ) -> Request:
        """Return the request of a call. Credentials fill the parts that the caller left out.

        Raises:
            TypeError: the WSDL has no such operation, or an argument is missing or unknown. The
                error lists the valid ones, and shows no value.
            ValueError: a value cannot be written into its part.
        """
        if operation not in self._credentials:
            known = ", ".join(sorted(self._credentials))
            raise TypeError(f"the WSDL has no operation {operation!r}; it has {known}")
        values = dict(arguments)
        for role, part in self._credentials[operation].items():
            _fill(values, part, getattr(credentials, role))
        try:
            body, headers = self._service.call(operation, values)
        finally:
            del values
        return Request("POST", self._target, tuple(headers.items()), body)

    def sent_to(
        self, operation: str, arguments: Mapping[str, object], goes_to: Callable[[str], str]
    ) -> Mapping[str, object]:
        """Return a call's arguments with the recipient replaced by `goes_to(number)`.

        An operation with parts for a number and a message may send, so its number is a recipient.
        """
        part = self._recipients.get(operation)
        if part is None:
            return arguments
        values = inside = dict(arguments)
        for name in part.path[:-1]:
            known = inside.get(name)
            if not isinstance(known, Mapping):
                return arguments
            inside[name] = copy = dict(known)
            inside = copy
        if isinstance(number := inside.get(part.name), str):
            inside[part.name] = goes_to(number)
        return values

    def read(self, operation: str, reply: Reply) -> Returned | ServiceFault | Unreadable:
        """Return the value or the Fault in a reply."""
        found = self._service.returned(operation, reply.status, bare_document(reply.body))
        return found if not isinstance(found, tuple) else Returned(found[0])


def _fill(values: dict[str, object], part: Part, value: str) -> None:
    """Set a part to a value, unless the caller has set it or something in its place."""
    inside = values
    for name in part.path[:-1]:
        known = inside.get(name, {})
        if not isinstance(known, Mapping):
            return
        copy: dict[str, object] = dict(known)
        inside[name] = copy
        inside = copy
    inside.setdefault(part.name, value)
