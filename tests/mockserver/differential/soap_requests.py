"""Hypothesis strategies for requests to the web service: proper ones, and slightly odd ones."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.mockserver.differential.exchange import Request
from tests.mockserver.differential.oddities import oddities, one_in
from tests.mockserver.differential.soap_calls import NAMESPACE, blanks
from tests.mockserver.differential.soap_documents import documents

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

CHARSETS = (
    *(None, "UTF-8", "utf-8", "ISO-8859-1", "iso-8859-1", "us-ascii", "windows-1252", "UTF-16"),
    "nope",
)
CONTENT_TYPES = (
    *(None, "text/xml", "text/xml;charset=UTF-8", 'text/xml; charset="utf-8"', "TEXT/XML"),
    *("application/xml", "application/soap+xml; charset=utf-8", "text/plain", "text/xml;"),
    *("text/xml; charset=utf-8; action=x", 'text/xml; action="x"; charset=utf-8'),
    *("text/xml; charset=ISO-8859-1", "text/xml; charset=us-ascii", "text/xml; charset=foo"),
    *("text/xml; charset = utf-8", "text/xml, text/xml; charset=utf-8", "=text/xml"),
    *("multipart/related; type=text/xml", "application/x-www-form-urlencoded"),
    "text/plain\r\nContent-Type: text/xml; charset=utf-8",
)
RIGHT_ACTION = f'"{NAMESPACE}#enviar_mensaje"'
# Absent, of the other operation, misspelt: NuSOAP looks at none as long as the body has a call.
ACTIONS = (
    *(None, f'"{NAMESPACE}#estatus_mensaje"', f"{NAMESPACE}#enviar_mensaje", "", '""', '"no"'),
    *(f"'{NAMESPACE}#enviar_mensaje'", f'{NAMESPACE}"#enviar_mensaje'),
)


@st.composite
def requests(draw: DrawFn, always: frozenset[str] = frozenset()) -> Request:
    """A POST to the web service.

    Args:
        draw: Hypothesis's.
        always: what is to be odd in each of them.
    """
    odd = draw(oddities) | always
    document = draw(documents(odd))
    declared = draw(st.sampled_from(CHARSETS if "charset" in odd else (None, "UTF-8", "utf-8")))
    body = draw(encoded(document, declared, odd))
    headers = {}
    content_type: str | None = f"text/xml; charset={declared or 'utf-8'}"
    if "charset" in odd and draw(one_in(4)):
        content_type = "text/xml; charset=utf-8"
    if "content type" in odd:
        content_type = draw(st.sampled_from(CONTENT_TYPES))
    if content_type is not None:
        headers["Content-Type"] = content_type
    action: str | None = RIGHT_ACTION
    if "action" in odd or "operation" in odd:
        action = draw(st.sampled_from((RIGHT_ACTION, *ACTIONS)))
    if action is not None:
        headers["SOAPAction"] = action
    if "compression" in odd:
        body, headers = draw(compressed(body, headers))
    return Request("POST", b"/webservice.php", headers, body)


def compressed(
    body: bytes, headers: dict[str, str]
) -> SearchStrategy[tuple[bytes, dict[str, str]]]:
    """Compressed, or said to be."""
    gzipped, deflated = {"Content-Encoding": "gzip"}, {"Content-Encoding": "deflate"}
    return st.sampled_from(
        (
            (gzip.compress(body), headers | gzipped),
            (zlib.compress(body), headers | deflated),
            (body, headers | gzipped),
            (zlib.compress(body)[2:-4], headers | deflated),
            (body, headers | {"Content-Encoding": "identity"}),
        )
    )


@st.composite
def encoded(draw: DrawFn, document: str, declared: str | None, odd: frozenset[str]) -> bytes:
    """The document's bytes: with a declaration, or none; in the declared charset, or another."""
    if declared is not None:
        quote = draw(st.sampled_from('""\''))
        rest = draw(st.sampled_from(("", "", ' standalone="yes"', ' standalone="no"', " ")))
        version = (
            draw(st.sampled_from(("1.0",) * 3 + ("1.1", "2.0"))) if "charset" in odd else "1.0"
        )
        document = (
            f"<?xml version={quote}{version}{quote} encoding={quote}{declared}{quote}{rest}?>"
            + draw(blanks)
            + document
        )
    charset, before = declared or "utf-8", b""
    if "charset" in odd:
        others = ("utf-8", "iso-8859-1", "utf-16")
        charset = draw(st.sampled_from((charset,) * 2 + others))
        before = draw(st.sampled_from((b"",) * 6 + (b"\xef\xbb\xbf", b" ", b"\n")))
    try:
        body = document.encode(charset, "xmlcharrefreplace")
    except (LookupError, UnicodeEncodeError):
        body = document.encode("utf-8", "surrogateescape")
    return before + body
