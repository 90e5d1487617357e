"""Tests that the compared requests have every form, found in their bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.parsers import expat

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.mockserver.differential import http_requests, soap_requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from tests.mockserver.differential.exchange import Request

pytestmark = pytest.mark.exhaustive("generators")

# Of a run; and of runs, until every form was seen.
EXAMPLES = 800
MOST_RUNS = 12

USUAL_ORDER = [b"username", b"password", b"number", b"message", b"extra"]
ARGUMENT = re.compile(rb"<(?:\w+:)?(username|password|number|message|extra|messageid|otro)\b")


def has(pattern: str) -> Callable[[Request], bool]:
    found = re.compile(pattern.encode(), re.DOTALL)
    return lambda request: found.search(request.body) is not None


def header(name: str, pattern: str) -> Callable[[Request], bool]:
    return lambda request: re.fullmatch(pattern, request.headers.get(name, "(none)")) is not None


def names(request: Request) -> list[bytes]:
    """The arguments of a send, as they come."""
    sent = b"enviar_mensaje" in request.body and b"messageid" not in request.body
    return ARGUMENT.findall(request.body) if sent else []


def broken(request: Request) -> bool:
    try:
        expat.ParserCreate("utf-8").Parse(request.body, True)
    except expat.ExpatError:
        return True
    return False


SOAP: dict[str, Callable[[Request], bool]] = {
    "sends": has("enviar_mensaje"),
    "asks": has("estatus_mensaje"),
    "no such operation": has("no_existe"),
    "arguments as usual": lambda request: names(request) == USUAL_ORDER,
    "arguments in another order": lambda request: (
        sorted(names(request)) == sorted(USUAL_ORDER) and names(request) != USUAL_ORDER
    ),
    "a missing argument": lambda request: (
        len(names(request)) == len(USUAL_ORDER) - 1 and not broken(request)
    ),
    "an extra argument": has("<(ñ|x:y|otro)"),
    "a repeated argument": lambda request: len(set(names(request))) < len(names(request)),
    "a nested argument": has("<item>|<a><b>"),
    "another namespace": has('"urn:other"'),
    "no namespace": has("<enviar_mensaje>"),
    "an undeclared prefix": has("<nope:"),
    "a prefix": has("<ns1:enviar_mensaje xmlns:ns1="),
    "a default namespace": has('<enviar_mensaje xmlns="urn:webservice"'),
    "xsi:type": has('xsi:type="xsd:string"'),
    "another xsi:type": has('xsi:type="xsd:int"'),
    "no xsi:type": lambda request: b"<username>" in request.body,
    "xsi:nil": has("xsi:nil="),
    "href": has('href="#ref"'),
    "what href points at": has('<multiRef id="ref"'),
    "a header": has("Header>"),
    "a header that must be understood": has("mustUnderstand"),
    "SOAPAction present": header("SOAPAction", '"urn:webservice#enviar_mensaje"'),
    "SOAPAction absent": header("SOAPAction", re.escape("(none)")),
    "SOAPAction lying": lambda request: (
        "estatus_mensaje" in request.headers.get("SOAPAction", "")
        and b"enviar_mensaje>" in request.body
    ),
    "no content type": header("Content-Type", re.escape("(none)")),
    "another content type": header("Content-Type", "text/plain|application/.*"),
    "two content types": header("Content-Type", ".*\r\nContent-Type: .*"),
    "another charset": header("Content-Type", "(?i).*iso-8859-1"),
    "charsets that disagree": lambda request: (
        b"ISO-8859-1" in request.body and "utf-8" in request.headers.get("Content-Type", "")
    ),
    "a comment": has("<!-- comment -->"),
    "CDATA": has("<!\\[CDATA\\["),
    "a predefined entity": has("&(lt|gt|amp);"),
    "an undeclared entity": has("&nbsp;"),
    "a decimal reference": has("&#[0-9]+;"),
    "a hexadecimal reference": has("&#x[0-9A-F]+;"),
    "whitespace": has(">\r?\n *<"),
    "UTF-8": has("\u00f1"),
    "UTF-16": lambda request: request.body.startswith((b"\xff\xfe", b"\xfe\xff")),
    "ISO-8859-1": lambda request: b"\xf1" in request.body and b"\xc3\xb1" not in request.body,
    "compressed": lambda request: request.body.startswith(b"\x1f\x8b"),
    "SOAP 1.2": has("http://www.w3.org/2003/05/soap-envelope"),
    "broken XML": broken,
    "no XML": lambda request: b"<" not in request.body,
}


def target(pattern: str) -> Callable[[Request], bool]:
    found = re.compile(pattern.encode())
    return lambda request: found.search(request.target) is not None


GET: dict[str, Callable[[Request], bool]] = {
    "a send": target(r"^/\?username=demo&password=demo&number=525512345678&"),
    "a status query": target(r"^/estatus_mensaje\.php\?"),
    "a missing parameter": target(r"^/\?username=[^&]*&password=[^&]*$"),
    "a repeated one": target(r"[?&]username=.*&username="),
    "an empty one": target(r"=(&|$)"),
    "an array": target(r"\[\]="),
    "a plus": target(r"\+"),
    "a per cent sign by itself": target(r"%(&|$|zz)"),
    "bad UTF-8": target(r"%(F1|C3)(&|$)"),
    "the index by its name": target(r"^/index\.php"),
    "more behind a script's name": target(r"\.php/"),
    "several slashes": target(r"^//"),
    "steps back": target(r"^/x/\.\."),
    "POST with a body": lambda request: request.method == "POST" and request.body != b"",
    "POST with a query": lambda request: request.method == "POST" and b"?" in request.target,
    "HEAD": lambda request: request.method == "HEAD",
    "PUT": lambda request: request.method == "PUT",
    "OPTIONS": lambda request: request.method == "OPTIONS",
}


@pytest.mark.parametrize(
    ("requests", "forms"),
    [(soap_requests.requests(), SOAP), (http_requests.requests(), GET)],
    ids=["SOAP", "GET"],
)
def test_requests_of_every_form_are_generated(
    requests: SearchStrategy[Request], forms: dict[str, Callable[[Request], bool]]
) -> None:
    missing = set(forms)

    # Hypothesis dwells on what it has just made: one run in a row is not a fair sample.
    for number in range(MOST_RUNS):

        @seed(number)
        @settings(
            max_examples=EXAMPLES,
            derandomize=False,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(requests)
        def look(request: Request) -> None:
            missing.difference_update([form for form in missing if forms[form](request)])

        look()
        if not missing:
            break
    assert missing == set()
