"""A fast path for envelopes that differ from an earlier one only in their texts.

The envelopes of one client are the same bytes except for a few texts, and so are the replies to it.
To learn such a form, the texts are replaced by placeholders, and the envelope is parsed. If every
placeholder is in the result as an argument, unchanged, and everything else is as before, the next
envelopes of this form need no parser. All other envelopes are parsed.
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

# Larger envelopes are rare, and the clients of a sandbox have fewer forms than this.
_MAX_BODY = 16_384
_MAX_FORMS = 64
_MAX_REPLIES = 256
_MAX_NAMESPACE = 200
# The headers that the parser uses.
_HEADERS = frozenset((b"content-encoding", b"content-type", b"soapaction"))
# A text between two tags, without markup, references, control characters, carriage returns (which
# XML turns into line feeds) and leading blanks. A part of a comment or a CDATA section may look
# like such a text. Then its placeholder is missing or changed in the result, and the form is not
# learned.
_TEXT = re.compile(rb">([!-%'-;=?-~\x80-\xff][\t\n -%'-;=?-~\x80-\xff]*)<")
_LATIN = "".join(map(chr, range(0xA0, 0x100)))
_READABLE = re.compile(r"[\t\n -~\xa0-\xff]*")
# Every placeholder has all ASCII characters, because the declared charset may change some of them.
_ASCII = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in "&<>") + "\t\n "
_PLACEHOLDERS = ("Zq{}qZ", "Xw{}wX")
# An id that every dialect writes like any other, and that no reply contains by chance.
_ID_PLACEHOLDER = "7193046825731946"
_ID_BYTES = _ID_PLACEHOLDER.encode()


@dataclass(frozen=True, slots=True)
class _Form:
    """The call of all envelopes that differ only in their texts.

    Attributes:
        call: a call of this form.
        places: for each argument, the number of its text or its constant value.
        latin: True if UTF-8 texts with only ISO-8859-1 characters arrive unchanged.
    """

    call: SoapCall
    places: _Places
    latin: bool

    def fill(self, texts: Sequence[bytes], address: str) -> SoapCall | None:
        """Return the call with these texts. None if the envelope must be parsed."""
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
    """Reads sends and status queries, without a parser if their form is learned. Thread-safe.

    Args:
        read: the function that parses any POST.
    """

    def __init__(self, read: Callable[[RawRequest], Call | Reply]) -> None:
        self._read = read
        self._forms: dict[_Key, _Form | None] = {}
        self._seen_once: dict[_Key, None] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._forms)

    def read(self, request: RawRequest) -> Call | Reply:
        """Return what parsing the request returns."""
        body = request.body
        if len(body) > _MAX_BODY or b"\0" in body:
            return self._read(request)
        pieces = _TEXT.split(body)
        headers = tuple([header for header in request.headers if header[0] in _HEADERS])
        # XML cannot contain NUL, so it marks the places of the texts in the key.
        key = (headers, b"\0".join(pieces[::2]))
        form = self._forms.get(key)
        if form is not None:
            call = form.fill(pieces[1::2], request.address)
            if call is not None:
                return call
        found = self._read(request)
        if form is None and isinstance(found, SoapCall) and found.operation in GUIDE_OPERATIONS:
            # With more texts than arguments, some text is not an argument. A compressed body may
            # depend on the length of its texts, which placeholders do not show.
            compressed = request.header(b"content-encoding") is not None
            if len(pieces) // 2 <= len(found.arguments) and not compressed:
                self._count(key, pieces, request)
        return found

    def _count(self, key: _Key, pieces: Sequence[bytes], request: RawRequest) -> None:
        """Learn a form when it comes for the second time. A single request costs nothing."""
        with self._lock:
            if key in self._forms:
                return
            if key not in self._seen_once:
                _put(self._seen_once, key, None, _MAX_FORMS)
                return
            del self._seen_once[key]
        form = self._learn(pieces, request)
        with self._lock:
            _put(self._forms, key, form, _MAX_FORMS)

    def _learn(self, pieces: Sequence[bytes], request: RawRequest) -> _Form | None:
        """Return the form, or None if its envelopes must be parsed.

        The envelope is parsed with two sets of placeholders. What is the same in both results does
        not depend on the texts.
        """
        first = self._parse(pieces, request, _PLACEHOLDERS[0])
        second = self._parse(pieces, request, _PLACEHOLDERS[1])
        if first is None or first != second:
            return None
        call, places = first
        latin = self._parse(pieces, request, _PLACEHOLDERS[0] + _LATIN) == first
        return _Form(call, places, latin)

    def _parse(
        self, pieces: Sequence[bytes], request: RawRequest, placeholder: str
    ) -> tuple[SoapCall, _Places] | None:
        """Parse the envelope with placeholders as texts.

        Returns:
            The call without arguments, and the places of its arguments. None if a placeholder is
            missing or changed.
        """
        inserted = [placeholder.format(number) + _ASCII for number in range(len(pieces) // 2)]
        texts = [b">" + each.encode() + b"<" for each in inserted]
        body = b"".join(chain.from_iterable(zip_longest(pieces[::2], texts, fillvalue=b"")))
        call = self._read(replace(request, body=body))
        if not isinstance(call, SoapCall):
            return None
        places: _Places = tuple(
            (name, inserted.index(value) if value in inserted else value)
            for name, value in call.arguments.items()
        )
        if {place for _, place in places if isinstance(place, int)} != set(range(len(inserted))):
            return None
        return replace(call, arguments={}), places


class LearnedReplies:
    """Writes the results of sends and status queries, which differ only in the message's id.

    Thread-safe.

    Args:
        write: the function that writes any result. Its arguments are the name of the operation, the
            fields, the namespace that the call used, and True for SOAP 1.2.
    """

    def __init__(self, write: Callable[[str, Fields, str | None, bool], bytes]) -> None:
        self._write = write
        self._documents: dict[tuple[object, ...], list[bytes]] = {}
        self._lock = threading.Lock()

    def write(self, name: str, fields: Fields, namespace: str | None, *, soap12: bool) -> bytes:
        """Return the envelope of a result."""
        id_ = fields.message_id
        key = (name, namespace, soap12, fields.code, id_ is None)
        pieces = self._documents.get(key)
        if pieces is not None and (id_ is None or _is_plain(id_)):
            return (id_ or "").encode().join(pieces)
        document = self._write(name, fields, namespace, soap12)
        # A client chooses the namespace, and a script the id. Either may contain the placeholder.
        learnable = len(namespace or "") <= _MAX_NAMESPACE and _ID_BYTES not in document
        if pieces is None and learnable:
            template = document
            if id_ is not None:
                template = self._write(
                    name, replace(fields, message_id=_ID_PLACEHOLDER), namespace, soap12
                )
            pieces = template.split(_ID_BYTES)
            if (id_ or "").encode().join(pieces) == document:
                with self._lock:
                    _put(self._documents, key, pieces, _MAX_REPLIES)
        return document


def _is_plain(id_: str) -> bool:
    return id_.isascii() and id_.isdigit() and id_[0] != "0"


def _put(held: dict[_K, _V], key: _K, value: _V, most: int) -> None:
    """Add a value, and drop the oldest ones above `most`."""
    held[key] = value
    while len(held) > most:
        del held[next(iter(held))]
