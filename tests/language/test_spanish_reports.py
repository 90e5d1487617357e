"""Tests that `demo`, `contract` and `mockserver` print Spanish, except in rows and JSON."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from convergia_contract import causes
from convergia_contract.causes import TOPICS, Cause
from convergia_contract.demo.events import Answered, Followed, Seen, Sent, Started
from convergia_contract.demo.machine_readable import print_lines
from convergia_contract.demo.terminal import show
from convergia_contract.html_page import page
from convergia_contract.outcome import OWN_GATEWAY, Evidence, Finding, FoundDeviation, Outcome
from convergia_contract.rehearsal.wording import wording
from convergia_contract.summary import document, print_summary
from convergia_mockserver.cli.findings import refuse_findings
from convergia_mockserver.cli.language import translated as translated_there
from convergia_mockserver.gateway.journal import RequestFinding
from convergia_sms import Receipt
from convergia_sms.cli import main
from convergia_sms.cli._language import translated
from convergia_wsdl import Code
from rich.console import Console

if TYPE_CHECKING:
    from convergia_contract.demo.events import Event

URL = "http://127.0.0.1:8181"
CAUSES = {
    each.name: each
    for each in (*TOPICS.values(), *vars(causes).values())
    if isinstance(each, Cause)
}


@pytest.fixture
def spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVERGIA_LANG", "es")


def events() -> list[Event]:
    receipt = Receipt("100000001", 100, "525512345678", "soap", 2)
    pending, delivered = Code(0, "Pendiente"), Code(3, "Entregado")
    right = Seen(100, "Receipt", as_the_guide_says=True)
    return [
        Started(URL),
        Sent("55 1234 5678", "Hola", receipt),
        Followed(receipt, "http", pending, delivered, 3),
        Answered("send", Code(100, "Mensaje Enviado"), {"soap": right, "http": right}),
    ]


def outcome() -> Outcome:
    cause = CAUSES["dialect"]
    evidence = Evidence("UnreadableError: no code", "curl -i http://x", "200", "100;7")
    failed = FoundDeviation(
        cause.name,
        cause.title,
        cause.cure.format(url=URL),
        ("send over http",),
        ("test_send.py::test_a",),
        evidence,
    )
    return Outcome(
        OWN_GATEWAY,
        findings=[
            Finding("test_send.py::test_a[by-hand-http]", "failed", "UnreadableError: no code"),
            Finding("test_status.py::test_b", "not asked", "left out by -k or -m"),
        ],
        deviations=[failed],
        gone=["wsdl: it no longer occurs; remove it from the file"],
        seconds=2.04,
    )


@pytest.mark.usefixtures("spanish")
def test_the_demo_speaks_spanish_on_a_terminal() -> None:
    screen = Console(file=io.StringIO(), width=120)
    show(iter(events()), screen)
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    for text in (
        "Un gateway simulado, en este equipo",
        "id 100000001, en 2 partes",
        "… 30 s en su propio reloj …",
        "El texto de la guía",
        "2 de 2 respuestas como dice la guía.",
        "Siga con `",
    ):
        assert text in shown


@pytest.mark.parametrize("name", CAUSES)
@pytest.mark.usefixtures("spanish")
def test_every_cause_has_its_title_and_its_cure_in_spanish(name: str) -> None:
    cause = CAUSES[name]
    cure = cause.cure.format(url=URL)
    assert translated(cause.title) != cause.title
    assert translated(cure) != cure
    assert (URL in translated(cure)) == (URL in cure)


@pytest.mark.usefixtures("spanish")
def test_a_contract_run_is_summed_up_in_spanish(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(outcome())
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["sends\tby hand over http\t1 failed", "queries\t\t1 not asked"]
    assert lines[2:] == [
        "fallidas: 1. Sus respuestas no están en el dialecto del perfil (send por http)",
        "        petición:   curl -i http://x",
        "        respuesta:  HTTP 200: 100;7",
        "        la prueba:  UnreadableError: no code",
        f"        sugerencia: {translated(outcome().deviations[0].cure)}",
        "ya no ocurre: wsdl: ya no ocurre; quítela del archivo",
        "1 sin ejecutar: excluidas por -k o -m",
        "servidor simulado no cumple el contrato: 0 correctas, 1 fallidas, en 2.0 s",
    ]


@pytest.mark.usefixtures("spanish")
def test_a_contract_runs_page_is_in_spanish() -> None:
    shown = page(outcome())
    assert '<html lang="es">' in shown
    for text in ("Contrato de servidor simulado", "<th>Fallidas</th>", "Sugerencia:", "1 petición"):
        assert text in shown


@pytest.mark.usefixtures("spanish")
def test_the_mock_server_speaks_the_language_of_the_command_that_runs_it() -> None:
    english = "Stop with Ctrl-C."
    assert translated_there(english) == english
    with main.make_context("convergia", ["codes"]):
        assert translated_there(english) == "Deténgalo con Ctrl-C."


@pytest.mark.usefixtures("spanish")
def test_findings_of_requests_are_in_spanish(capsys: pytest.CaptureFixture[str]) -> None:
    text = "name came 2 times: PHP keeps the last"
    finding = RequestFinding(7, datetime.now(UTC), "http", "send", "arguments", text)
    expected = "arguments: name llegó 2 veces: PHP se queda con la última"
    with main.make_context("convergia", ["codes"]), pytest.raises(SystemExit):
        refuse_findings([("default", finding)], 1)
    assert capsys.readouterr().err.splitlines() == [
        f"default: petición 7 (http send): {expected}",
        "1 hallazgo de los que lista --fail-on.",
    ]
    breach = {"kind": "arguments", "text": text}
    assert wording("es").breach("finding", breach) == expected
    assert wording("en").breach("finding", breach) == f"arguments: {text}"


def test_rows_and_json_are_the_same_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = []
    for language in ("en", "es"):
        monkeypatch.setenv("CONVERGIA_LANG", language)
        list(print_lines(events()))
        *rows, _ = capsys.readouterr().out.splitlines()
        printed.append((rows, json.dumps(document(outcome()))))
    assert printed[0] == printed[1]
