"""Tests of what the journal and its pages show of a fault: the bytes sent and the decision."""

from __future__ import annotations

import ast
import re
import urllib.request
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver.gateway import FaultKind
from convergia_mockserver.gateway.own_reply import OwnReply
from convergia_mockserver.portal.finding_texts import load_finding_texts

from tests.mockserver.portal.test_pages import catalogue

if TYPE_CHECKING:
    from convergia_mockserver.gateway import Space

    from tests.mockserver.portal.browser import Browser

NOTHING = {"reset-before-reading", "accepted-then-reset", "accepted-then-silence"}
# Where the gateway's findings are written.
SOURCES = (
    "faces/http_get.py", "faces/soap/findings.py", "faces/soap/arguments.py",
    "gateway/journal/findings.py",
)  # fmt: skip
# Parts of these sentences come from elsewhere; the cases below have them whole.
COMPOSED = re.compile(
    "7, because they are not|7: its body|the same send as 7|a resend of 7|7, 7 7, 7"
)


def submit(browser: Browser, fault: str) -> str:
    """Send a message that meets a fault. Return the page of its request."""
    browser.submit("scripts", answer=f"fault-{fault}", times="1")
    return browser.submit("send", number="525512345678", message="hola").text


def reply_of(space: Space) -> tuple[int, str]:
    entry = space.journal.get(len(space.journal))
    assert entry is not None
    return entry.reply.status, entry.reply.body


@pytest.mark.parametrize("fault", FaultKind)
def test_the_page_of_a_fault_shows_no_more_than_went_over_the_wire(
    browser: Browser, space: Space, fault: FaultKind
) -> None:
    page = submit(browser, fault)
    status, body = reply_of(space)
    if fault in NOTHING:
        assert (status, body) == (0, "")
        assert "Nada: la conexión se cerró sin respuesta." in page
    elif fault is FaultKind.TRUNCATED_BODY:
        (message,) = space.messages
        whole = f"100|{message.id}"
        assert body == whole[: len(whole) // 2]
        assert f"content-length</span>: {len(whole)}" in page
    else:
        assert f"HTTP {status}" in page
    assert f"<code>{fault}</code>" in page
    assert catalogue("es")[f"fault.{fault}"] in page


@pytest.mark.parametrize("fault", FaultKind)
def test_only_an_acceptance_that_the_client_could_read_has_a_green_badge(
    browser: Browser, space: Space, fault: FaultKind
) -> None:
    page = submit(browser, fault)
    listed = browser.get("requests?fragment=1").text
    readable = fault.takes_message and not fault.hides_reply
    assert ('class="chip good"' in page, 'class="chip good"' in listed) == (readable, readable)
    assert ("No aceptado" in listed) == (not space.messages) == (not fault.takes_message)
    decided = "El gateway decidió" if fault.takes_message else "Sin la falla"
    assert re.search(rf">{decided}</th><td><span class=\"chip none\"[^>]*><b>100</b>", page)


def test_the_badge_of_a_request_that_is_not_a_call_is_its_http_status(browser: Browser) -> None:
    wsdl = browser.root.removesuffix("portal/") + "webservice.php?wsdl"
    with urllib.request.urlopen(wsdl, timeout=30) as reply:
        reply.read()
    assert '<span class="chip none">HTTP 200</span>' in browser.get("requests").text


def written(path: str) -> list[str]:
    """Return each sentence that a module writes as a finding, with `7` for its values."""
    source = (files("convergia_mockserver") / path).read_text("utf-8")
    found = []
    for node in ast.walk(ast.parse(source)):
        given: list[ast.expr]
        if isinstance(node, ast.Yield) and node.value is not None:
            given = [node.value]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("findings.append", ".note", "Finding")
        ):
            given = node.args
        else:
            continue
        found += [text for each in given if (text := sentence(each))]
    return found


def sentence(node: ast.AST | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values
        )
    return ""


def test_every_finding_has_its_spanish_words() -> None:
    translate = load_finding_texts()
    sentences = [text for path in SOURCES for text in written(path)]
    assert len(sentences) > 25
    untold = [text for text in sentences if translate(text) is None]
    assert [text for text in untold if not COMPOSED.match(text)] == []


RESEND = "the same send as message 7, accepted 1.000 s earlier: the customer gets it twice"
DUPLICATE = (
    "a resend of message 7, accepted 1.000 s earlier, whose answer was lost (http-500): the"
    " customer gets it twice"
)
IGNORED = (
    "the request is not text/xml: its body was not read, and SOAPAction alone chose the operation"
)


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("GSM-7, 5 septets, 1 SMS", "GSM-7, 5 septetos, 1 SMS"),
        ("GSM-7, 1 septet, 1 SMS", "GSM-7, 1 septeto, 1 SMS"),
        ("UCS-2, 90 UTF-16 units, 2 SMS", "UCS-2, 90 unidades UTF-16, 2 SMS"),
        (
            "these arrived as '?', because they are not in ISO-8859-1: €",
            "porque no existen en ISO-8859-1",
        ),
        (RESEND, "Es el mismo envío que el mensaje 7, aceptado 1.000 s antes"),
        (DUPLICATE, "cuya respuesta se perdió (http-500)"),
        (IGNORED, "La solicitud no es text/xml: no se leyó su cuerpo"),
        (IGNORED.replace("is not text/xml", "has no Content-Type"), "no trae Content-Type"),
    ],
)
def test_a_finding_is_translated_with_its_values(english: str, spanish: str) -> None:
    assert spanish in (load_finding_texts()(english) or "")


def test_an_unknown_finding_is_shown_untranslated() -> None:
    assert load_finding_texts()("nobody wrote this {name}") is None
    assert load_finding_texts()("x" * 5000 + " is missing: the WSDL requires it") is None


def test_findings_are_in_the_portals_language(browser: Browser) -> None:
    page = browser.submit("send", number="525512345678", message="Son 5 €")
    assert "Por SOAP estos caracteres llegarían como" in page.text
    assert "over SOAP these would arrive" not in page.text
    assert "over SOAP these would arrive" in browser.get(
        page.url.partition("/portal/")[2] + "?language=en"
    ).text  # fmt: skip


def test_a_custom_answer_has_no_green_badge(browser: Browser, space: Space) -> None:
    space.script(reply=OwnReply(status=202, text="later"))
    browser.submit("send", number="525512345678", message="hola")
    assert "Aceptado, respuesta propia" in browser.get("requests?fragment=1").text
    assert reply_of(space) == (202, "later")
    space.script(soap_fault="closed")
    page = browser.submit("send", number="525512345678", message="hola", transport="soap").text
    assert '<span class="chip bad">HTTP 500</span>' in page
