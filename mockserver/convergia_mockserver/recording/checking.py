"""Checking a recording against the gateway, by repeating its requests that cost nothing."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast
from urllib.parse import quote

from convergia_mockserver.faces.soap.composing import compose

from .asking import ask
from .entries import MASK, WRONG_PASSWORD
from .redaction import Redaction
from .replay import with_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convergia_wsdl import Guide, Profile

    from .entries import RecordedExchange, Recording

Verdict = Literal["same", "changed", "not sent"]
TIMEOUT: Final = 30.0
NOBODYS_PASSWORD: Final = "no-es-esta-clave"  # noqa: S105 - meant to be refused
LONGEST_SHOWN: Final = 120
_DIGITS = re.compile(rb"\d+")


class UnreachableError(Exception):
    """The gateway does not answer."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result for one recorded request.

    Attributes:
        asked: the request, without the password.
        verdict: the comparison of today's reply with the recorded one.
        was: the recorded reply, as one line.
        now: today's reply, as one line.
    """

    asked: str
    verdict: Verdict
    was: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    content_type: str
    body: bytes

    def line(self) -> str:
        text = " ".join(self.body.decode(errors="replace").split())[:LONGEST_SHOWN]
        line = f"HTTP {self.status} {self.content_type}: {text}"
        # A gateway's control characters would move the cursor.
        return "".join(each if each.isprintable() else "\ufffd" for each in line)


def check(
    recording: Recording, gateway: str, password: str, guide: Guide, profile: Profile
) -> Iterator[Checked]:
    """Repeat requests that cost nothing: pages, the WSDL, status queries, sends that are refused.

    A send is only repeated if it had a wrong password, or no user or password.

    Args:
        recording: the exchanges.
        gateway: the base URL of the gateway.
        password: the password of the recorded account.
        guide: the guide, which names the paths.
        profile: the profile, which determines how calls are written.

    Raises:
        UnreachableError: if the gateway does not answer.
    """
    redaction = Redaction(password, numbers=False, texts=False)
    questions: dict[tuple[str, tuple[tuple[str, str], ...]], list[RecordedExchange]] = {}
    for each in recording:
        key = (each.asked, tuple(sorted(each.arguments.items())))
        questions.setdefault(key, []).append(each)
    for (asked, arguments), recorded in questions.items():
        shown = " ".join([asked, *(f"{name}={value}" for name, value in arguments)])
        request = _request(asked, dict(arguments), password, guide, profile)
        if request is None:
            yield Checked(shown, "not sent")
            continue
        now = _ask(gateway, *request)
        now = _Reply(now.status, now.content_type, redaction.apply(now.body))
        before = [_Reply(one.status, _content_type(one.headers), one.body) for one in recorded]
        exact = not asked.endswith(" status")
        same = any(_form(one, exact=exact) == _form(now, exact=exact) for one in before)
        yield Checked(shown, "same" if same else "changed", before[-1].line(), now.line())


Request = tuple[str, str, dict[str, str], bytes]


def _request(
    asked: str, arguments: dict[str, str], password: str, guide: Guide, profile: Profile
) -> Request | None:
    """Return method, path, headers and body. None for a request that is not repeated."""
    face, _, operation = asked.partition(" ")
    if face == "GET":
        return "GET", operation, {}, b""
    if face not in {"http", "soap"} or operation not in {"send", "status"}:
        return None
    wrong = arguments.get("password") == WRONG_PASSWORD
    missing = not (arguments.get("username") and arguments.get("password"))
    if operation == "send" and not (wrong or missing):
        return None
    if arguments.get("password"):
        arguments["password"] = NOBODYS_PASSWORD if wrong else password
    if arguments.get("number") == MASK:
        arguments["number"] = "520123456789"  # the guide's own example
    if face == "soap":
        purpose = cast("Literal['send', 'status']", operation)
        headers, body = compose(profile, purpose, arguments)
        spelt = {name.decode(): value.decode() for name, value in headers}
        return "POST", guide.webservice.path, spelt, body
    charset = profile.text.http_charset
    query = "&".join(
        f"{name}={quote(value.encode(charset, 'replace'), safe='')}"
        for name, value in arguments.items()
    )
    path = guide.send.path if operation == "send" else guide.status.path
    return "GET", f"{path}?{query}", {}, b""


def _ask(gateway: str, method: str, path: str, headers: dict[str, str], body: bytes) -> _Reply:
    try:
        reply = ask(gateway, method, path, headers, body, timeout=TIMEOUT)
    except (OSError, http.client.HTTPException) as error:
        # Show only the type, because the exception may quote the request.
        raise UnreachableError(f"{gateway}: {type(error).__name__}") from None
    named = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers)
    return _Reply(reply.status, _content_type(named), reply.body)


def _content_type(headers: Iterable[tuple[str, str]]) -> str:
    return next((text for name, text in headers if name.lower() == "content-type"), "")


def _form(reply: _Reply, *, exact: bool) -> tuple[int, str, bytes]:
    """Return the parts that must be equal. A message's state and a WSDL's address may change."""
    body = with_address(reply.body, "")
    return reply.status, reply.content_type, body if exact else _DIGITS.sub(b"0", body)
