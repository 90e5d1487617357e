"""Hypothesis strategies for SOAP documents: envelopes, and ones with a flaw in their XML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.mockserver.differential.oddities import one_in
from tests.mockserver.differential.soap_calls import (
    ENCODING,
    NAMESPACE,
    blanks,
    calls,
    multirefs,
)

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
XSD = "http://www.w3.org/2001/XMLSchema"
FLAWS = (
    *("<", ">", "&", "&amp;", "&nbsp;", "&#0;", "&#1;", "&#xD800;", "&#12", "]]>", "--", "\x00"),
    *("\x01", "<a>", "</a>", "<!--", "<![CDATA[", "<?php", "\ufffe", '"', "=", "<?xml?>", "\udcff"),
)
TAILS = ("x", "<a/>", "\n", "<!-- c -->", "\x00", "&")
NO_ENVELOPES = (
    *("", "0", "x", "<", "&", "  ", "{}", "<a/>", "<a>b</a>", "a=b&c=d"),
    "<html><body><p>x</body></html>",
)


@st.composite
def documents(draw: DrawFn, odd: frozenset[str]) -> str:
    """An envelope; where its form is odd, one that somebody mangled."""
    document = draw(envelopes(odd))
    if "form" not in odd:
        return document
    at = draw(st.integers(0, len(document)))
    match draw(st.sampled_from(("cut", "insert", "delete", "rename", "append", "replace"))):
        case "cut":
            return document[:at]
        case "insert":
            return document[:at] + draw(st.sampled_from(FLAWS)) + document[at:]
        case "delete":
            return document[:at] + document[at + draw(st.integers(1, 4)) :]
        case "rename":
            return document.replace("</", "</x", 1)
        case "append":
            return document + draw(st.sampled_from(TAILS))
        case _:
            return draw(st.sampled_from(NO_ENVELOPES))


@st.composite
def envelopes(draw: DrawFn, odd: frozenset[str]) -> str:
    """A SOAP envelope around a call, with what may stand beside it."""
    uri = SOAP11
    if "envelope" in odd:
        uri = draw(st.sampled_from((SOAP12, SOAP12, "urn:no")))
    prefix = draw(st.sampled_from(("SOAP-ENV", "SOAP-ENV", "soap", "e", "")))
    colon = f"{prefix}:" if prefix else ""
    declared = f' xmlns{":" if prefix else ""}{prefix}="{uri}"' + draw(
        st.sampled_from(
            (
                f' xmlns:xsd="{XSD}" xmlns:xsi="{XSD}-instance" xmlns:SOAP-ENC="{ENCODING}"',
                f' xmlns:xsi="{XSD}-instance" xmlns:xsd="{XSD}"',
                "",
                f' {colon or "s:"}encodingStyle="{ENCODING}"',
                ' xmlns:x="http://xml.apache.org/xml-soap"',
            )
        )
    )
    between = draw(blanks)
    header = draw(headers(colon)) if "header" in odd else ""
    beside = ""
    if "reference" in odd:
        beside = "".join(draw(st.lists(multirefs(), max_size=2)))
    body = f"<{colon}Body>{between}{draw(calls(odd))}{between}{beside}</{colon}Body>"
    order = body + between + header if "envelope" in odd and draw(one_in(4)) else header + body
    return f"<{colon}Envelope{declared}>{between}{order}{between}</{colon}Envelope>" + draw(blanks)


@st.composite
def headers(draw: DrawFn, colon: str) -> str:
    """A SOAP header."""
    inside = draw(
        st.sampled_from(
            (
                "",
                f'<t:T xmlns:t="urn:t" {colon or "s:"}mustUnderstand="1">1</t:T>',
                "<Body><enviar_mensaje><a>b</a></enviar_mensaje></Body>",
                '<s id="ref">demo</s>',
                f'<u xmlns="{NAMESPACE}">x</u>text',
            )
        )
    )
    return f"<{colon}Header>{inside}</{colon}Header>"
