"""Replaying a recording: a request with the same meaning gets the recorded reply."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from typing import TYPE_CHECKING

from convergia_mockserver.faces.soap.served_wsdl import endpoint
from convergia_mockserver.faces.wire import Reply

from .entries import MASK, comparable_arguments, kind_of_call, kind_of_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convergia_mockserver.faces.wire import Face, RawRequest
    from convergia_mockserver.gateway.calls import Answer, Call
    from convergia_mockserver.gateway.operations import ResultCheck, ResultChecks

    from .entries import RecordedExchange, Recording

_log = logging.getLogger(__name__)
_ADDRESS = re.compile(rb'(<(?:\w+:)?address\b[^>]*\blocation=")[^"]*')
# Headers that the replaying server sets itself.
_OWN_HEADERS = frozenset(
    {"content-length", "connection", "keep-alive", "transfer-encoding", "date"}
)


class Replayer:
    """Finds the recorded reply to a request. Thread-safe.

    If a request was recorded several times, its replies come in the recorded order, and then the
    last one is repeated. For example, a status that was recorded as 0, 0, 3 is 0 twice, and 3 from
    then on.

    Args:
        recording: the recording.
        knows: returns True if a password belongs to an account, and None if the account does not
            exist. Then any password is right for the recorded account, because its password is not
            recorded.
    """

    def __init__(self, recording: Recording, knows: Callable[[str, str], bool | None]) -> None:
        self._recording = recording
        self._knows = knows
        self._recorded_accounts = {
            each.arguments.get("username")
            for each in recording
            if each.arguments.get("password") == MASK
        }
        self._lock = threading.Lock()
        self._asked: Counter[tuple[str, tuple[int, ...]]] = Counter()

    def find(
        self, asked: str, arguments: dict[str, str] | None = None, at: str = ""
    ) -> RecordedExchange | str:
        """Return the recorded exchange, or a text with the reason and the nearest line.

        Args:
            asked: the kind of the request.
            arguments: the arguments of a call.
            at: the space. Each space goes through the recording separately.
        """
        wanted = comparable_arguments(arguments or {}, self._is_account)
        alike = [place for place, one in enumerate(self._recording) if one.asked == asked]
        differing = {place: _differences(self._recording[place], wanted) for place in alike}
        same = tuple(place for place in alike if not differing[place])
        if same:
            with self._lock:
                turn = self._asked[at, same]
                self._asked[at, same] += 1
            return self._recording[same[min(turn, len(same) - 1)]]
        if alike:
            nearest = min(alike, key=lambda place: len(differing[place]))
            line = self._recording[nearest].line or nearest + 1
            why = f"line {line} is nearest, with other {' and '.join(differing[nearest])}"
        else:
            why = "nothing of its kind was recorded"
        reason = f"{asked}: not in the recording: {why}"
        _log.warning("%s", reason)
        return reason

    def _is_account(self, username: str, password: str) -> bool:
        known = self._knows(username, password)
        return username in self._recorded_accounts if known is None else known


class ReplayFace:
    """A face whose replies all come from a recording.

    Args:
        face: the face that reads requests, so that they are compared by their meaning.
        replayer: the replayer of the recording.
    """

    def __init__(self, face: Face, replayer: Replayer) -> None:
        self._face = face
        self.operations: Mapping[str, ResultCheck] = face.operations
        self.results: ResultChecks = face.results
        self._replayer = replayer

    def read(self, request: RawRequest) -> Call | Reply:
        """Return the recorded reply to a request, or a 404 with the reason if there is none."""
        read = self._face.read(request)
        if isinstance(read, Reply):
            found = self._replayer.find(kind_of_request(request), at=request.prefix)
        else:
            found = self._replayer.find(kind_of_call(read), dict(read.arguments), at=request.prefix)
        if isinstance(found, str):
            headers = ((b"content-type", b"text/plain; charset=utf-8"),)
            return Reply(404, headers, found.encode() + b"\n")
        here = endpoint(request, request.path)
        return Reply(
            found.status,
            tuple(
                (name.encode("latin-1"), value.encode("latin-1"))
                for name, value in found.headers
                if name.lower() not in _OWN_HEADERS
            ),
            with_address(found.body, here),
        )

    def write(self, call: Call, answer: Answer) -> Reply:
        """Raise an error, since `read` answers every request."""
        raise AssertionError(f"a replayed {call.operation} was answered with {answer.code}")


def with_address(body: bytes, address: str) -> bytes:
    """Return a WSDL with `address` as its service's address. Other bodies are not changed."""
    if b"definitions" not in body:
        return body
    return _ADDRESS.sub(lambda found: found[1] + address.encode(), body)


def _differences(entry: RecordedExchange, wanted: dict[str, str]) -> list[str]:
    recorded = {name: value for name, value in entry.arguments.items() if value}
    return [
        name
        for name in sorted(recorded.keys() | wanted.keys())
        if recorded.get(name) != wanted.get(name)
        and not (recorded.get(name) == MASK and name != "password" and name in wanted)
    ]
