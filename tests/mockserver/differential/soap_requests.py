"""Hypothesis strategies for SOAP requests: proper ones, odd ones, and ones that are none."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from tests.mockserver.differential.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
XSD = "http://www.w3.org/2001/XMLSchema"
NAMESPACE = "urn:webservice"
ARGUMENTS = {
    "enviar_mensaje": ("username", "password", "number", "message", "extra"),
    "estatus_mensaje": ("username", "password", "messageid"),
}
USUAL = {
    "username": ("demo", "demo", "demo", "demo", "otro", ""),
    "password": ("demo", "demo", "demo", "demo", "bad", ""),
    "number": (
        *("525512345678",) * 4,
        *("520000000254", "520000000306", "520000000100", "520000000999"),
        *("5512345678", "+525512345678", " 525512345678", "525512345678\n", ""),
    ),
    "message": ("Hola", "Hola ñandú", "€ 100 ✓", "😀", "x" * 160, "x" * 161, "ñ" * 161, "0", " "),
    "extra": ("ref-1", "", "€"),
    "messageid": ("{ID}", "{ID}", "{ID}", "6", "", " {ID}", "{ID}.0"),
}
TYPES = (
    *("xsd:string",) * 6,
    *("xsd:int", "xsd:integer", "xsd:long", "xsd:double", "xsd:boolean", "xsd:base64Binary"),
    *("SOAP-ENC:Array", "SOAP-ENC:string", "string", "nowhere:int", "x:Map", "x:Vector", "array"),
)
CHARSETS = (
    *(None, None, "UTF-8", "UTF-8", "utf-8", "ISO-8859-1", "iso-8859-1"),
    *("us-ascii", "windows-1252", "UTF-16", "nope"),
)
BREAKAGE = (
    *("<", ">", "&", "&amp;", "&nbsp;", "&#0;", "&#1;", "&#xD800;", "&#12", "]]>", "--", "\x00"),
    *("\x01", "<a>", "</a>", "<!--", "<![CDATA[", "<?php", "\ufffe", '"', "=", "<?xml?>", "\udcff"),
)

blanks = st.sampled_from(("", "", "", "", "\n  ", " ", "\t", "\r\n"))
texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=8
)


@st.composite
def requests(draw: DrawFn) -> Request:
    """A POST to the web service."""
    document = draw(documents())
    declared = draw(st.sampled_from(CHARSETS))
    body = draw(encoded(document, declared))
    headers = {}
    content_type = draw(content_types(declared))
    if content_type is not None:
        headers["Content-Type"] = content_type
    action = draw(actions())
    if action is not None:
        headers["SOAPAction"] = action
    body, headers = draw(compressed(body, headers))
    return Request("POST", b"/webservice.php", headers, body)


def content_types(declared: str | None) -> SearchStrategy[str | None]:
    """Mostly what belongs to the declaration; else what people and proxies make of it."""
    proper = f"text/xml; charset={declared or 'utf-8'}"
    odd = (
        *(None, "text/xml", "text/xml;charset=UTF-8", 'text/xml; charset="utf-8"', "TEXT/XML"),
        *("application/xml", "application/soap+xml; charset=utf-8", "text/plain", "text/xml;"),
        *("text/xml; charset=utf-8; action=x", 'text/xml; action="x"; charset=utf-8'),
        *("text/xml; charset=ISO-8859-1", "text/xml; charset=us-ascii", "text/xml; charset=foo"),
        *("text/xml; charset = utf-8", "text/xml, text/xml; charset=utf-8", "=text/xml"),
        *("multipart/related; type=text/xml", "application/x-www-form-urlencoded"),
    )
    return st.one_of(st.just(proper), st.just(proper), st.sampled_from(odd))


def actions() -> SearchStrategy[str | None]:
    """SOAPAction: right, absent, lying, misspelt."""
    right = f'"{NAMESPACE}#enviar_mensaje"'
    return st.sampled_from(
        (
            *(right, right, None, f'"{NAMESPACE}#estatus_mensaje"', f"{NAMESPACE}#enviar_mensaje"),
            *("", '""', '"no"', f"'{NAMESPACE}#enviar_mensaje'", f'{NAMESPACE}"#enviar_mensaje'),
        )
    )


@st.composite
def compressed(draw: DrawFn, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    """Now and then compressed, or said to be."""
    how = draw(st.sampled_from((None,) * 12 + ("gzip", "deflate", "lie", "raw", "identity")))
    match how:
        case "gzip":
            return gzip.compress(body), {**headers, "Content-Encoding": "gzip"}
        case "deflate":
            return zlib.compress(body), {**headers, "Content-Encoding": "deflate"}
        case "lie":
            return body, {**headers, "Content-Encoding": "gzip"}
        case "raw":
            return zlib.compress(body)[2:-4], {**headers, "Content-Encoding": "deflate"}
        case "identity":
            return body, {**headers, "Content-Encoding": "identity"}
        case _:
            return body, headers


@st.composite
def encoded(draw: DrawFn, document: str, declared: str | None) -> bytes:
    """The document's bytes: with a declaration, or none; in the declared charset, or another."""
    if declared is not None:
        quote = draw(st.sampled_from('""\''))
        rest = draw(st.sampled_from(("", "", ' standalone="yes"', ' standalone="no"', " ")))
        version = draw(st.sampled_from(("1.0", "1.0", "1.0", "1.1", "2.0")))
        document = (
            f"<?xml version={quote}{version}{quote} encoding={quote}{declared}{quote}{rest}?>"
            + draw(blanks)
            + document
        )
    others: tuple[str, ...] = ("utf-8", "iso-8859-1")
    if declared in (None, "UTF-8", "utf-8", "UTF-16"):
        others = (*others, "utf-16")
    charset = draw(st.sampled_from((declared or "utf-8",) * 6 + others))
    try:
        body = document.encode(charset, "xmlcharrefreplace")
    except (LookupError, UnicodeEncodeError):
        body = document.encode("utf-8", "surrogateescape")
    before: bytes = draw(st.sampled_from((b"",) * 12 + (b"\xef\xbb\xbf", b" ", b"\n")))
    return before + body


@st.composite
def documents(draw: DrawFn) -> str:
    """An envelope; in one of five broken."""
    document = draw(envelopes())
    if draw(st.integers(0, 4)):
        return document
    how = draw(st.sampled_from(("cut", "insert", "delete", "rename", "append", "replace")))
    at = draw(st.integers(0, len(document)))
    match how:
        case "cut":
            return document[:at]
        case "insert":
            return document[:at] + draw(st.sampled_from(BREAKAGE)) + document[at:]
        case "delete":
            return document[:at] + document[at + draw(st.integers(1, 4)) :]
        case "rename":
            return document.replace("</", "</x", 1)
        case "append":
            return document + draw(st.sampled_from(("x", "<a/>", "\n", "<!-- c -->", "\x00", "&")))
        case _:
            return draw(st.sampled_from(("", "0", "x", "<", "&", "  ", "{}", "<a/>", "<a>b</a>",
                                         "<html><body><p>x</body></html>", "a=b&c=d")))  # fmt: skip


@st.composite
def envelopes(draw: DrawFn) -> str:
    """A SOAP envelope around a call, with what may stand beside it."""
    prefix = draw(st.sampled_from(("SOAP-ENV", "SOAP-ENV", "soap", "e", "")))
    uri = draw(st.sampled_from((SOAP11, SOAP11, SOAP11, SOAP12, "urn:no")))
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
    header = draw(headers(colon))
    called = draw(calls())
    beside = "".join(draw(st.lists(multirefs(), max_size=2)))
    body = f"<{colon}Body>{between}{called}{between}{beside}</{colon}Body>"
    order = header + between + body if draw(st.integers(0, 9)) else body + between + header
    return f"<{colon}Envelope{declared}>{between}{order}{between}</{colon}Envelope>" + draw(blanks)


@st.composite
def headers(draw: DrawFn, colon: str) -> str:
    """A SOAP header, or none."""
    inside = draw(
        st.sampled_from(
            (
                *(None,) * 5,
                "",
                f'<t:T xmlns:t="urn:t" {colon or "s:"}mustUnderstand="1">1</t:T>',
                "<Body><enviar_mensaje><a>b</a></enviar_mensaje></Body>",
                '<s id="ref">demo</s>',
                f'<u xmlns="{NAMESPACE}">x</u>text',
            )
        )
    )
    return "" if inside is None else f"<{colon}Header>{inside}</{colon}Header>"


@st.composite
def calls(draw: DrawFn) -> str:
    """The element that names the operation."""
    operation = draw(
        st.sampled_from(
            ("enviar_mensaje",) * 6
            + ("estatus_mensaje",) * 4
            + ("no_existe", "Enviar_mensaje", "enviar_mensajeResponse", "Body", "Envelope", "ñ")
        )
    )
    names = list(draw(argument_names(operation)))
    values = "".join(draw(blanks) + draw(arguments(name)) for name in names)
    text = draw(st.sampled_from(("",) * 15 + ("stray", "<!-- comment -->", "<![CDATA[x]]>", " ")))
    attributes = draw(st.sampled_from(("",) * 12 + (
        ' a="b"', ' id="call"', ' SOAP-ENC:root="1"', ' root="1.0"', ' xsi:type="x:Map"',
        ' xsi:type="SOAP-ENC:Array"', ' SOAP-ENC:arrayType="xsd:string[5]"',
        ' SOAP-ENC:arrayType="xsd:string[2,2]"', ' href="#ref"', ' é="ñ"', ' xsi:nil="true"',
    )))  # fmt: skip
    return draw(qualified(operation, attributes, text + values))


@st.composite
def qualified(draw: DrawFn, name: str, attributes: str, inside: str) -> str:
    """An element in the service's namespace, in another, in none; by prefix or by default."""
    uri = draw(st.sampled_from((NAMESPACE,) * 6 + (
        "urn:other", "urn:a&amp;b", "", "urn:ñ", "urn:€", "a&lt;b", "0", "a&quot;b")))  # fmt: skip
    form = draw(st.sampled_from(("ns1", "ns1", "tns", "default", "none", "undeclared", "two")))
    match form:
        case "default":
            start, end = f'{name} xmlns="{uri}"', name
        case "none":
            start, end = name, name
        case "undeclared":
            start, end = f"nope:{name}", f"nope:{name}"
        case "two":
            start, end = f'a:b:{name} xmlns:a="{uri}"', f"a:b:{name}"
        case prefix:
            start, end = f'{prefix}:{name} xmlns:{prefix}="{uri}"', f"{prefix}:{name}"
    return f"<{start}{attributes}>{inside}</{end}>" if inside else f"<{start}{attributes}/>"


@st.composite
def argument_names(draw: DrawFn, operation: str) -> Sequence[str]:
    """The arguments in order; or in another, some missing, one too many, one repeated."""
    names = list(ARGUMENTS.get(operation, ARGUMENTS["enviar_mensaje"]))
    match draw(st.integers(0, 9)):
        case 0:
            return draw(st.permutations(names))
        case 1:
            return names[: draw(st.integers(0, len(names)))]
        case 2:
            return [*names, draw(st.sampled_from(("otro", "username", "x:y", "ñ")))]
        case 3:
            at = draw(st.integers(0, len(names) - 1))
            return [*names[:at], names[at], *names[at:]]
        case 4:
            at = draw(st.integers(0, len(names) - 1))
            return [*names[:at], "otro", *names[at + 1 :]]
        case _:
            return names


@st.composite
def arguments(draw: DrawFn, name: str) -> str:
    """One argument: mostly a text, now and then what SOAP has besides."""
    shown = draw(st.sampled_from((name,) * 12 + (f"ns1:{name}", f"q:{name}")))
    kind = draw(st.integers(0, 19))
    if kind == 0:
        return f'<{shown} href="#ref"/>'
    if kind == 1:
        nil = draw(st.sampled_from(("true", "1", "false", "0", "TRUE", "1.0")))
        return f'<{shown} xsi:nil="{nil}"/>'
    attributes = ""
    if draw(st.booleans()):
        attributes = f" xsi:type={quoteattr(draw(st.sampled_from(TYPES)))}"
    if kind == 2:
        attributes += draw(st.sampled_from((
            ' a="1"', ' id="ref"', ' id="other"', f' s:encodingStyle="{ENCODING}"', ' root="1"',
            ' root="0"', ' SOAP-ENC:arrayType="xsd:string[1]"', ' xmlns:z="urn:z"', " nil='1'",
            f' xmlns="{NAMESPACE}"', ' xml:lang="es"', ' type="int"')))  # fmt: skip
    inside = draw(contents(name)) if kind != 3 else draw(nested())
    return f"<{shown}{attributes}>{inside}</{shown}>"


@st.composite
def contents(draw: DrawFn, name: str) -> str:
    """A value as text, in one of the ways that XML has to write it."""
    value = draw(st.one_of(st.sampled_from(USUAL.get(name, ("x",))), texts))
    match draw(st.integers(0, 11)):
        case 0:
            return f"<![CDATA[{value.replace(']]>', '')}]]>"
        case 1:
            return "".join(f"&#{ord(letter)};" for letter in value)
        case 2:
            return f"{escape(value)}<!-- comment -->"
        case 3:
            return f"<?pi x?>{escape(value)}"
        case 4:
            half = len(value) // 2
            return f"{escape(value[:half])}<!-- - -->{escape(value[half:])}"
        case 5:
            return draw(blanks) + escape(value) + draw(blanks)
        case _:
            return escape(value)


@st.composite
def nested(draw: DrawFn) -> str:
    """Elements where a text belongs."""
    items = draw(
        st.lists(
            st.sampled_from(
                (
                    *("<item>demo</item>", "<a><b>c</b></a>", "<x/>"),
                    '<i xsi:type="xsd:int">1</i>',
                    *("<item><key>0</key><value>demo</value></item>", '<n xsi:nil="true"/>'),
                    *('<item href="#ref"/>', "demo"),
                )
            ),
            min_size=1,
            max_size=3,
        )
    )
    return "".join(items)


@st.composite
def multirefs(draw: DrawFn) -> str:
    """What `href` may point at, beside the call."""
    value = draw(st.sampled_from(("demo", "525512345678", "<a>b</a>", "", "5")))
    kind = draw(st.sampled_from(("", ' xsi:type="xsd:string"', ' xsi:type="xsd:int"')))
    name = draw(st.sampled_from(("multiRef", "multiRef", "username", "enviar_mensaje")))
    return f'<{name} id="{draw(st.sampled_from(("ref", "other")))}"{kind}>{value}</{name}>'
