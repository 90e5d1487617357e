"""The causes of failures, one for all tests that fail for the same reason."""

from __future__ import annotations

import http.client
import re
import xml.etree.ElementTree as ET  # only its error is used
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from convergia_sms import (
    AddressNotAllowedError,
    AuthenticationError,
    ConnectionFailedError,
    OutcomeUnknownError,
    QueryFailedError,
)
from convergia_sms.cli._output import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_contract.asked import Asked

PROBE: Final = (
    "`convergia probe --base-url {url} --output DIR` writes a profile of it; then"
    " `convergia contract {url} --profile DIR/profile.toml`"
)
_WSDL = (
    "`convergia wsdl diff --base-url {url}` shows the differences, and `convergia wsdl refresh"
    " --base-url {url}` caches the gateway's WSDL"
)
# Without --base-url it would look at the live gateway.
_DOCTOR = "`convergia doctor --base-url {url}`"
_BASE_URL = (
    f"check that this is the base URL of a gateway, without one of the guide's paths: {_DOCTOR}"
)
_HTTP_OK = 200
_TAG = re.compile(rb"<[^>]*>")
_NUMBER = re.compile(rb"(?<!\d)\d{1,3}(?!\d)")
_FAULT = re.compile(rb"<faultstring[^>]*>([^<]*)<|<(?:\w+:)?Text[^>]*>([^<]*)<")


@dataclass(frozen=True, slots=True)
class Cause:
    """The cause of failures.

    Attributes:
        name: its name in the file of `--known`.
        title: a sentence that describes it.
        cure: what to do about it.
    """

    name: str
    title: str
    cure: str


NO_ANSWER: Final = Cause(
    "no-answer",
    "It does not answer",
    f"check the URL, the network and the proxy: {_DOCTOR}",
)
DIALECT: Final = Cause(
    "dialect",
    "Its replies are not in the profile's dialect",
    # Only the reply to an accepted message shows the order of code and id.
    f"{PROBE}. If that is not enough, probe with `--send-to NUMBER` too: it sends one paid SMS",
)
NO_CODE: Final = Cause("no-code", "There is no code in its replies", _BASE_URL)
ACCOUNT: Final = Cause(
    "account",
    "It refuses the account",
    f"check the user name and the password (CONVERGIA_USERNAME, CONVERGIA_PASSWORD): {_DOCTOR}",
)
ADDRESS: Final = Cause(
    "address",
    "It refuses requests from this machine's address (202)",
    "ask Convergia to allow the address of your requests",
)
GENERAL: Final = frozenset(
    {NO_ANSWER.name, DIALECT.name, NO_CODE.name, ACCOUNT.name, ADDRESS.name, "fault"}
)
"""The names of causes for which any test may fail, whatever its topic."""

TOPICS: Final[Mapping[str, Cause]] = {
    topic.name: topic
    for topic in (
        Cause("precedence", "If several codes apply, it answers another one first", PROBE),
        Cause("credentials", "Its answer to wrong credentials differs from the guide", PROBE),
        Cause("numbers", "It accepts other numbers than the profile says", PROBE),
        Cause("length", "Its limit for a text is not the profile's", PROBE),
        Cause(
            "codes",
            "Its reserved numbers are not answered with their codes",
            "`--reserved-numbers no`, if it has none",
        ),
        Cause(
            "acceptance",
            "It does not accept a message that it should",
            "`convergia codes` explains the code that it answered",
        ),
        Cause("status", "Its answers to status queries differ from the guide", PROBE),
        Cause("wsdl", "Its WSDL is not the cached one", _WSDL),
        Cause(
            "faults",
            "Its answers to mistakes in SOAP differ from NuSOAP's",
            "the client does not depend on it: accept it with `--known`",
        ),
        Cause(
            "content-type", "Its Content-Type is not the profile's", "`[reply]` in the profile, or"
            " `--known`: the client does not depend on it",
        ),
        Cause("operations", "Another operation does not do what the WSDL declares", _WSDL),
        Cause(
            "operation-credentials",
            "Another operation does not refuse wrong credentials as the profile says",
            "`errors.operation_refusal` in the profile; else, if its answer refuses them in another"
            " way, accept it with `--known`",
        ),
        Cause(
            "page",
            "It has no page of its functions",
            "the client does not need one: accept it with `--known`",
        ),
        Cause(
            "client",
            "The client does not report the guide's answer to its caller",
            "look at the evidence; if the client is wrong, report it as a bug",
        ),
        Cause(
            "guide",
            "The contract's data differs from the guide",
            "correct `guide.toml` or the suite's `guide_tables.py`",
        ),
    )
}  # fmt: skip


def cause_of(error: BaseException, last: Asked | None, topic: str) -> Cause:
    """Return the cause of a failure.

    Args:
        error: the error of the test.
        last: the last request of the test.
        topic: the topic of the test, which is the cause if no general cause explains the failure.
    """
    general = _general(error, last)
    if general is not None and not (general is ACCOUNT and topic == "credentials"):
        return general
    return TOPICS.get(topic) or Cause(topic, topic.replace("-", " ").capitalize(), PROBE)


def _general(error: BaseException, last: Asked | None) -> Cause | None:
    match error:
        case AddressNotAllowedError():
            return ADDRESS
        case AuthenticationError() if last is None or last.own_account:
            return ACCOUNT
        case ConnectionFailedError() | QueryFailedError(reason="unreachable"):
            return NO_ANSWER
        case OutcomeUnknownError() | QueryFailedError():
            return _reply(error.http_status, error.raw)
        case OSError() | http.client.HTTPException() if last is None or last.status is None:
            return NO_ANSWER
        case _ if last is not None:
            return _by_last(error, last)
    return None


def _by_last(error: BaseException, last: Asked) -> Cause | None:
    if last.code is not None:
        refused = {"send": 201, "status": 5}.get(last.operation)
        if last.own_account and last.code == refused:
            return ACCOUNT
        return ADDRESS if last.own_account and last.code == 202 else None  # noqa: PLR2004
    if isinstance(error, _UNREADABLE) or last.status in _PAGES:
        return _reply(last.status, last.reply)
    return None


# Errors of the standard library, which reads replies by hand. `UnreadableError` is a `ValueError`.
_UNREADABLE: Final = (ET.ParseError, ValueError, LookupError)
# Statuses of a web server without this page, or with restricted access. 500 is SOAP's for faults.
_PAGES: Final = frozenset({301, 302, 307, 308, 400, 401, 403, 404, 405, 501, 502, 503, 504})


def _reply(status: int | None, body: bytes) -> Cause:
    """Return the cause that an unreadable reply shows."""
    if status is None:
        return NO_ANSWER
    if (fault := _FAULT.search(body)) is not None:
        return _fault((fault[1] or fault[2] or b"").decode(errors="replace"))
    if status != _HTTP_OK:
        return Cause(f"http-{status}", f"It answers HTTP {status}", _BASE_URL)
    if not _NUMBER.search(_TAG.sub(b" ", body)):
        return NO_CODE
    return DIALECT


def _fault(text: str) -> Cause:
    said = visible(" ".join(text.split())[:200])
    cure = f"{_WSDL}; if it refuses what no client sends, accept it with `--known`"
    return Cause("fault", f"It answers with a SOAP fault: {said}", cure)
