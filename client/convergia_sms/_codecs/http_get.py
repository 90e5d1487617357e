"""The codec of the HTTP transport: the guide's two URLs, and their replies."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from convergia_sms._codecs.body import as_text, without_notices, without_trailing_markup
from convergia_sms._codecs.dialect import DialectReader, Reading, Unreadable
from convergia_sms._codecs.wire import Credentials, Operation, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Endpoint, Guide, Profile

    from convergia_sms._models import Transport


class HttpCodec:
    """Encodes calls as the guide's GET URLs.

    Args:
        guide: the paths and parameter names.
        profile: the charset of percent-encoded text, and the dialects of the replies.
        path: the path of the base URL, without a trailing slash.
    """

    transport: Transport = "http"

    def __init__(self, guide: Guide, profile: Profile, path: str = "") -> None:
        self._guide = guide
        self._path = path
        self._charset = profile.text.http_charset
        self._readers: dict[Operation, DialectReader] = {
            "send": DialectReader(profile.reply.http.send, guide.send, profile),
            "status": DialectReader(profile.reply.http.status, guide.status, profile),
        }

    def send(
        self, credentials: Credentials, number: str, message: str, extra: str | None
    ) -> Request:
        """Return the send URL; `extra` may be None ("es opcional, puede borrarse")."""
        values = {
            "username": credentials.username,
            "password": credentials.password,
            "number": number,
            "message": message,
            "extra": extra,
        }
        return self._get(self._guide.send, values)

    def status(self, credentials: Credentials, message_id: str) -> Request:
        """Return the status URL."""
        values = {
            "username": credentials.username,
            "password": credentials.password,
            "messageid": message_id,
        }
        return self._get(self._guide.status, values)

    def read(self, operation: Operation, reply: Reply) -> Reading | Unreadable:
        """Return the reading of a reply's body, in the profile's dialect."""
        text = without_trailing_markup(without_notices(as_text(reply.body)))
        return self._readers[operation].read(text)

    def _get(self, endpoint: Endpoint, values: Mapping[str, str | None]) -> Request:
        query = urlencode(
            [
                (parameter.name, value)
                for parameter in endpoint.parameters
                if (value := values[parameter.name]) is not None
            ],
            quote_via=quote,
            safe="",
            encoding=self._charset,
            errors="replace",
        )
        return Request(method="GET", target=f"{self._path}{endpoint.path}?{query}")
