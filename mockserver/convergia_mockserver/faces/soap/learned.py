"""Requests and replies of a form that came before: only what differs is read and written.

The envelopes of one client are the same bytes but for a few texts, and so are the replies to it.
A form is learned by experiment: its texts are replaced by marks, and the envelope is read the long
way. Where each mark comes out whole as one of the arguments, and all else stays as it was, the
next envelope of this form needs no parser. Any other goes the long way, now and later.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, TypeVar

from convergia_mockserver.gateway.calls import GUIDE_OPERATIONS

from .soap_call import SoapCall

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convergia_mockserver.faces.dialects import Fields
    from convergia_mockserver.faces.wire import RawRequest, Reply
    from convergia_mockserver.gateway.calls import Call

_K = TypeVar("_K")
_V = TypeVar("_V")
_Places = tuple[tuple[str, int | str], ...]

# Larger envelopes are rare, and so many forms are more than a sandbox's clients have.
_MAX_BODY = 16_384
_MAX_FORMS = 64
_MAX_REPLIES = 256
_MAX_NAMESPACE = 200
# All that the long way looks at besides the body.
_HEADERS = frozenset((b"content-encoding", b"content-type", b"soapaction"))
# A text between two tags: no markup, no reference, no control character, no carriage return (which
# XML turns into a line feed), and nothing blank in front. What stands in a comment or a CDATA
# section may look like one; the experiment then finds its mark nowhere, or not alone.
_TEXT = re.compile(rb">([!-%'-;=?-~\x80-\xff][\t\n -%'-;=?-~\x80-\xff]*)<")
_LATIN = "".join(map(chr, range(0xA0, 0x100)))
_READABLE = re.compile(r"[\t\n -~\xa0-\xff]*")
# Each holds every ASCII character of a text: the charset that a declaration names may change some.
_ASCII = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in "&<>") + "\t\n "
_MARKS = ("Zq{}qZ", "Xw{}wX")
# An id that every dialect spells like any other, and that no reply contains by accident.
_MARKED_ID = "7193046825731946"
_MARK = _MARKED_ID.encode()


@dataclass(frozen=True, slots=True)
class _Form:
    """One form of envelope: the call that it makes, apart from its texts.

    Attributes:
        call: a call of this form.
        places: for each argument, the number of the text that it comes from, or its constant value.
        latin: True if texts in UTF-8 arrive unchanged where all their characters are in ISO-8859-1.
    """

    call: SoapCall
    places: _Places
    latin: bool

    def fill(self, texts: Sequence[bytes], address: str) -> SoapCall | None:
        """Return the call with these texts; None if one of them must be read the long way."""
        values = []
        for text in texts:
            try:
                value = text.decode("utf-8")
            except UnicodeDecodeError:
                return None
            if not text.isascii() and not (self.latin and _READABLE.fullmatch(value)):
                return None
            values.append(value)
        call = self.call
        return SoapCall(
            "soap",
            call.operation,
            {
                name: place if isinstance(place, str) else values[place]
                for name, place in self.places
            },
            address,
            call.findings,
            namespace=call.namespace,
            soap12=call.soap12,
        )


_Key = tuple[tuple[tuple[bytes, bytes], ...], bytes]


class LearnedRequests:
    """Read sends and status queries, by a form where one is known. Thread-safe.

    Args:
        read: reads any POST, the long way.
    """

    def __init__(self, read: Callable[[RawRequest], Call | Reply]) -> None:
        self._read = read
        self._forms: dict[_Key, _Form | None] = {}
        self._met: dict[_Key, None] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._forms)

    def read(self, request: RawRequest) -> Call | Reply:
        """Return what the long way returns."""
        body = request.body
        if len(body) > _MAX_BODY or b"\0" in body:
            return self._read(request)
        pieces = _TEXT.split(body)
        headers = tuple([header for header in request.headers if header[0] in _HEADERS])
        # XML has no NUL: the key says where the texts stand.
        key = (headers, b"\0".join(pieces[::2]))
        form = self._forms.get(key)
        if form is not None:
            call = form.fill(pieces[1::2], request.address)
            if call is not None:
                return call
        found = self._read(request)
        if form is None and isinstance(found, SoapCall) and found.operation in GUIDE_OPERATIONS:
            # More texts than arguments cannot all come out. And a compressed body may hold the
            # length of its texts, which no experiment shows.
            compressed = request.header(b"content-encoding") is not None
            if len(pieces) // 2 <= len(found.arguments) and not compressed:
                self._meet(key, pieces, request)
        return found

    def _meet(self, key: _Key, pieces: Sequence[bytes], request: RawRequest) -> None:
        """Learn a form that comes for the second time; a client that comes once costs nothing."""
        with self._lock:
            if key in self._forms:
                return
            if key not in self._met:
                _put(self._met, key, None, _MAX_FORMS)
                return
            del self._met[key]
        form = self._learn(pieces, request)
        with self._lock:
            _put(self._forms, key, form, _MAX_FORMS)

    def _learn(self, pieces: Sequence[bytes], request: RawRequest) -> _Form | None:
        """Return the form, or None if it has to be read the long way.

        Two experiments with other marks: what is the same in both depends on no text.
        """
        first = self._marked(pieces, request, _MARKS[0])
        second = self._marked(pieces, request, _MARKS[1])
        if first is None or first != second:
            return None
        call, places = first
        latin = self._marked(pieces, request, _MARKS[0] + _LATIN) == first
        return _Form(call, places, latin)

    def _marked(
        self, pieces: Sequence[bytes], request: RawRequest, mark: str
    ) -> tuple[SoapCall, _Places] | None:
        """Return the call with marks for texts, and where each comes out; None if one does not."""
        marks = [mark.format(number) + _ASCII for number in range(len(pieces) // 2)]
        texts = [b">" + each.encode() + b"<" for each in marks]
        body = b"".join(chain.from_iterable(zip_longest(pieces[::2], texts, fillvalue=b"")))
        call = self._read(replace(request, body=body))
        if not isinstance(call, SoapCall):
            return None
        places: _Places = tuple(
            (name, marks.index(value) if value in marks else value)
            for name, value in call.arguments.items()
        )
        if {place for _, place in places if isinstance(place, int)} != set(range(len(marks))):
            return None
        return replace(call, arguments={}), places


class LearnedReplies:
    """Write the results of sends and status queries; only a message's id differs. Thread-safe.

    Args:
        write: writes any result: its operation's name, the fields, the namespace that the call
            used, and whether the reply is SOAP 1.2.
    """

    def __init__(self, write: Callable[[str, Fields, str | None, bool], bytes]) -> None:
        self._write = write
        self._documents: dict[tuple[object, ...], list[bytes]] = {}
        self._lock = threading.Lock()

    def write(self, name: str, fields: Fields, namespace: str | None, *, soap12: bool) -> bytes:
        """Return the envelope."""
        id_ = fields.message_id
        key = (name, namespace, soap12, fields.code, id_ is None)
        pieces = self._documents.get(key)
        if pieces is not None and (id_ is None or _is_plain(id_)):
            return (id_ or "").encode().join(pieces)
        document = self._write(name, fields, namespace, soap12)
        # A client chooses the namespace, and a script the id: they may choose the mark itself.
        learnable = len(namespace or "") <= _MAX_NAMESPACE and _MARK not in document
        if pieces is None and learnable:
            marked = document
            if id_ is not None:
                marked = self._write(
                    name, replace(fields, message_id=_MARKED_ID), namespace, soap12
                )
            pieces = marked.split(_MARK)
            if (id_ or "").encode().join(pieces) == document:
                with self._lock:
                    _put(self._documents, key, pieces, _MAX_REPLIES)
        return document


def _is_plain(id_: str) -> bool:
    return id_.isascii() and id_.isdigit() and id_[0] != "0"


def _put(held: dict[_K, _V], key: _K, value: _V, most: int) -> None:
    """Keep a value, and drop the oldest ones above `most`."""
    held[key] = value
    while len(held) > most:
        del held[next(iter(held))]
