"""The file format of a recording: one line of JSON for each exchange."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.calls import GUIDE_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from convergia_mockserver.faces.wire import RawRequest
    from convergia_mockserver.gateway.calls import Call

MASK = "***"
"""The replacement of a redacted value, which matches any value."""
WRONG_PASSWORD = "another password than the account's"  # noqa: S105 - stands for one


_CREDENTIALS = ("username", "password")
# A Mexican number without its country code.
_NUMBER_DIGITS = 10
_CALLED = re.compile(
    rb"<(?:[\w.-]{1,64}:)?Body\b[^<>]{0,999}>\s{0,99}<(?:[\w.-]{1,64}:)?([\w.-]{1,128})"
)


class RecordingError(ValueError):
    """A recording cannot be read. The message names the file and the line."""


class RecordedExchange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A recorded request by its meaning, with the reply as it came.

    Attributes:
        asked: the kind of request: `http send`, `soap status`, and so on. It is
            `GET /webservice.php?wsdl` for a request that is not a call, and
            `POST /webservice.php saldo` for another operation.
        status: the HTTP status of the reply.
        headers: the headers of the reply, as names and values.
        body: the body of the reply, as it came.
        arguments: the redacted arguments of a call, by the guide's names.
        line: the line in its file, which is not written.
    """

    asked: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    arguments: dict[str, str] = {}
    line: int = 0


class SessionStart(msgspec.Struct, frozen=True, tag_field="session", tag="start"):
    """The start of a session, with the profile and WSDL that its requests were read by.

    Attributes:
        recorded: the date and time in UTC.
        gateway: the base URL of the gateway.
        profile_sha256: the digest of the profile.
        wsdl_sha256: the digest of the WSDL.
    """

    recorded: str
    gateway: str
    profile_sha256: str
    wsdl_sha256: str


Recording = tuple[RecordedExchange, ...]


def load_recording(source: Path) -> Recording:
    """Read the exchanges of a recording.

    Raises:
        RecordingError: if the file cannot be read, or a line is invalid.
    """
    return tuple(
        msgspec.structs.replace(each, line=number)
        for number, each in _lines(source)
        if isinstance(each, RecordedExchange)
    )


def load_sessions(source: Path) -> tuple[SessionStart, ...]:
    """Read the starts of a recording's sessions. A recording by an older version has none.

    Raises:
        RecordingError: see `load_recording`.
    """
    return tuple(each for _, each in _lines(source) if isinstance(each, SessionStart))


def _lines(source: Path) -> Iterator[tuple[int, RecordedExchange | SessionStart]]:
    try:
        lines = source.read_bytes().splitlines()
    except OSError as error:
        raise RecordingError(
            f"{source}: the file cannot be read: {error.strerror or error}"
        ) from error
    for number, line in enumerate(lines, start=1):
        try:
            if line.startswith(b'{"session":'):
                yield number, msgspec.json.decode(line, type=SessionStart)
            else:
                yield number, msgspec.json.decode(line, type=RecordedExchange)
        except msgspec.MsgspecError as error:
            raise RecordingError(f"{source}:{number}: {error}") from error


def kind_of_call(call: Call) -> str:
    """Return the kind of a call in a recording: `http send`, `soap status`."""
    return f"{call.face} {call.operation}"


def kind_of_request(request: RawRequest) -> str:
    """Return the kind of a request in a recording that is not a call: a page, the WSDL, broken XML.

    Of a query only `?wsdl` is kept, because other queries may hold a password. Of an envelope the
    name of the operation is kept, to distinguish operations that the profile's WSDL lacks.
    """
    wsdl = "?wsdl" if b"wsdl" in request.query.lower() else ""
    called = _CALLED.search(request.body)
    operation = f" {called[1].decode('ascii', 'replace')}" if called else ""
    return f"{request.method} {request.path}{wsdl}{operation}"


def recorded_arguments(
    call: Call, password: str, *, numbers: bool = False, texts: bool = False
) -> dict[str, str]:
    """Return the redacted arguments of a call.

    Args:
        call: the call.
        password: the account's password. A different one is recorded as wrong. Neither is written.
        numbers: True to redact numbers.
        texts: True to redact texts and extras.
    """
    hidden = hidden_arguments(call, numbers=numbers, texts=texts)
    arguments = {
        name: MASK if name in hidden and value else value for name, value in call.arguments.items()
    }
    if arguments.get("password"):
        arguments["password"] = _password(right=arguments["password"] == password)
    return arguments


def hidden_arguments(call: Call, *, numbers: bool, texts: bool) -> set[str]:
    """Return the names of the arguments to redact.

    For an operation other than send and status it is unknown which arguments are numbers or texts.
    An argument with as many digits as a number counts as a number, and every argument as a text.
    """
    if call.operation in GUIDE_OPERATIONS:
        return ({"number"} if numbers else set()) | ({"message", "extra"} if texts else set())
    others = {name: text for name, text in call.arguments.items() if name not in _CREDENTIALS}
    return {name for name, text in others.items() if texts or (numbers and _is_number(text))}


def _is_number(text: str) -> bool:
    return sum(character.isdigit() for character in text) >= _NUMBER_DIGITS


def comparable_arguments(
    arguments: Mapping[str, str], is_account: Callable[[str, str], bool]
) -> dict[str, str]:
    """Return arguments in the form of a recording. Empty ones are left out.

    Args:
        arguments: the arguments of a call.
        is_account: returns True if a user name and a password belong to an account.
    """
    known = {name: value for name, value in arguments.items() if value}
    if "password" in known:
        right = is_account(known.get("username", ""), known["password"])
        known["password"] = _password(right=right)
    return known


def _password(*, right: bool) -> str:
    return MASK if right else WRONG_PASSWORD
