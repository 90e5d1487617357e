"""Habits of a gateway's scripts that neither a dialect nor a WSDL describes."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Body:
    """The format of replies that no dialect describes.

    Each is a text, or for SOAP a structure as in JSON. `{code}`, `{id}` and `{text}` stand for the
    code, the message id and the guide's text.

    Attributes:
        with_id: the reply for an accepted message.
        without_id: the reply for other sends and for queries.
    """

    with_id: object
    without_id: object


@dataclass(frozen=True, slots=True)
class Habits:
    """The habits of a gateway's scripts.

    Attributes:
        bodies: the formats of replies, by face and operation (`http.send`, `soap.status`).
        before: the output before the reply, by face (`http`, `soap`).
        after: the output after the reply, by face.
        http_charset: the charset of the HTTP face's replies, in Python's and PHP's name.
        http_headers: further header lines of the HTTP face.
        counts_reply_alone: True if the HTTP face's Content-Length leaves out the output before and
            after the reply.
    """

    bodies: Mapping[str, Body] = field(default_factory=dict)
    before: Mapping[str, bytes] = field(default_factory=dict)
    after: Mapping[str, bytes] = field(default_factory=dict)
    http_charset: str = "UTF-8"
    http_headers: tuple[str, ...] = ()
    counts_reply_alone: bool = False

    def as_config(self) -> dict[str, object]:
        """Return the habits in the form that the PHP scripts read."""

        def encoded(printed: Mapping[str, bytes]) -> dict[str, str]:
            return {face: base64.b64encode(raw).decode() for face, raw in printed.items()}

        return {
            "bodies": {
                name: {"with_id": body.with_id, "without_id": body.without_id}
                for name, body in self.bodies.items()
            },
            "before": encoded(self.before),
            "after": encoded(self.after),
            "http_charset": self.http_charset,
            "http_headers": self.http_headers,
            "counts_reply_alone": self.counts_reply_alone,
        }
