"""Any operation of the WSDL: an envelope from named arguments, and the value that a reply returns.

zeep builds and reads both, so values are zeep's: str, int, Decimal, datetime, lists, and structs
that behave like dicts. Sends and status queries are so many that speed matters: `soap` has them.
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
    """What an operation returned. The value does not show in a repr: it is the caller's."""

    value: object = field(repr=False)


class OperationCodec:
    """Spells calls of any operation, and reads their replies. Any number of threads may share one.

    Building one reads the WSDL.

    Args:
        guide: the web service's path.
        profile: the WSDL, and the words by which credentials are found.
        path: the base URL's own path, without a slash at its end.

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
        """Return the request of a call. Credentials go where the caller put nothing.

        Raises:
            TypeError: the WSDL has no such operation, or an argument is missing or unknown. The
                message lists what there is, and shows no value.
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
        """Return a call's arguments with its recipient replaced by what `goes_to` says.

        An operation with parts for a number and for a message may send: its number is a recipient.
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
        """Return what the envelope in a reply holds."""
        found = self._service.returned(operation, reply.status, bare_document(reply.body))
        return found if not isinstance(found, tuple) else Returned(found[0])


def _fill(values: dict[str, object], part: Part, value: str) -> None:
    """Put a value into the part, unless the caller has given it, or something in its place."""
    inside = values
    for name in part.path[:-1]:
        known = inside.get(name, {})
        if not isinstance(known, Mapping):
            return
        copy: dict[str, object] = dict(known)
        inside[name] = copy
        inside = copy
    inside.setdefault(part.name, value)
