"""Habits of a gateway's scripts that no dialect and no WSDL describes."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Body:
    """How a script spells a reply, instead of a dialect.

    Each is a text, or for SOAP a structure as JSON has it, in which `{code}`, `{id}` and `{text}`
    stand for code, message id and the guide's text.

    Attributes:
        with_id: an accepted message.
        without_id: any other answer; also each answer to a query.
    """

    with_id: object
    without_id: object


@dataclass(frozen=True, slots=True)
class Habits:
    """What the scripts of one gateway do.

    Attributes:
        bodies: by face and operation (`http.send`, `soap.status`), where no dialect fits.
        before: by face (`http`, `soap`), what is printed before the reply.
        after: by face, what is printed behind it.
        http_charset: the charset of the HTTP face's replies, by Python's and PHP's name.
        http_headers: further header lines of the HTTP face.
        counts_reply_alone: whether the HTTP face sends a Content-Length that leaves out what stands
            before and behind the reply.
    """

    bodies: Mapping[str, Body] = field(default_factory=dict)
    before: Mapping[str, bytes] = field(default_factory=dict)
    after: Mapping[str, bytes] = field(default_factory=dict)
    http_charset: str = "UTF-8"
    http_headers: tuple[str, ...] = ()
    counts_reply_alone: bool = False

    def as_config(self) -> dict[str, object]:
        """Return them as the PHP scripts read them."""

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
