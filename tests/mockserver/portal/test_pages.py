"""Tests of the pages and the buttons, without JavaScript."""

from __future__ import annotations

import csv
import io
import re
import tomllib
import urllib.request
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from convergia_mockserver.gateway import FaultKind, Pattern
from convergia_mockserver.portal.chart import SLIM, WIDE, draw
from convergia_mockserver.portal.report_totals import add_up

from tests.mockserver.gateway.calls import send

if TYPE_CHECKING:
    from convergia_mockserver.gateway import Space
    from convergia_mockserver.portal.chart import Room

    from tests.mockserver.portal.browser import Browser


def catalogue(language: str) -> dict[str, str]:
    table = tomllib.loads(
        (files("convergia_mockserver.portal") / "texts" / f"{language}.toml").read_text("utf-8")
    )

    def flat(part: dict[str, object], prefix: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in part.items():
            found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {
                prefix + key: str(value)
            }  # fmt: skip
        return found

    return flat(table, "")


def test_both_languages_say_the_same_things() -> None:
    spanish, english = catalogue("es"), catalogue("en")
    assert spanish.keys() == english.keys()
    assert all(spanish.values())
    for key, text in spanish.items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", english[key]))


def test_every_fault_has_a_name_in_both_languages() -> None:
    for language in ("es", "en"):
        assert {f"fault.{kind}" for kind in FaultKind} <= catalogue(language).keys()


def test_the_portal_is_spanish_until_english_is_chosen_and_remembers_it(browser: Browser) -> None:
    assert "Bandeja" in browser.get().text
    assert "Inbox" in browser.get("?language=en").text
    assert 'lang="en"' in browser.get("report").text


def test_a_test_message_goes_through_the_gateways_rules(browser: Browser, space: Space) -> None:
    page = browser.submit("send", number="525512345678", message="ñandú 👋", extra="p-1")
    assert "/requests/" in page.url
    (message,) = space.messages
    assert (message.text, message.extra, message.account) == ("ñandú 👋", "p-1", "demo")
    refused = browser.submit("send", number="123", message="hola")
    assert "<b>307</b>" in refused.text


def test_a_test_message_goes_by_soap_when_that_is_chosen(browser: Browser, space: Space) -> None:
    page = browser.submit(
        "send", number="525512345678", message="ñandú 👋", extra="p-1", transport="soap"
    )
    assert "/requests/" in page.url
    (message,) = space.messages
    # As the gateway's SOAP does: what ISO-8859-1 lacks is lost.
    assert (message.text, message.extra, message.face) == ("ñandú ?", "p-1", "soap")
    refused = browser.submit("send", number="123", message="hola", transport="soap")
    assert "<b>307</b>" in refused.text


def test_a_button_sets_a_messages_state(browser: Browser, space: Space) -> None:
    answer = send(space)
    browser.submit(f"messages/{answer.message_id}/state", state="2")
    assert [message.state for message in space.messages] == [2]


def test_a_button_deletes_a_message(browser: Browser, space: Space) -> None:
    answer = send(space)
    browser.submit(f"messages/{answer.message_id}/delete")
    assert space.messages == []


def test_the_next_request_gets_the_answer_that_was_armed(browser: Browser, space: Space) -> None:
    browser.submit("scripts", answer="code-204", times="1")
    assert [send(space).code for _ in range(2)] == [204, 100]
    browser.submit("scripts", answer="fault-http-503", times="1")
    fault = send(space).fault
    assert fault is not None
    assert fault.kind == "http-503"


def test_an_armed_answer_can_be_removed(browser: Browser, space: Space) -> None:
    browser.submit("scripts", answer="code-204", times="5")
    browser.submit("scripts/remove", script="1")
    assert send(space).code == 100


@pytest.mark.parametrize(
    ("number", "times"), [("abc", "1"), ("55 abc", "1"), ("", "0"), ("", "1001"), ("", "x")]
)
def test_a_script_for_an_invalid_number_is_refused_with_a_reason(
    browser: Browser, space: Space, number: str, times: str
) -> None:
    page = browser.submit("scripts", answer="code-204", number=number, times=times)
    assert f"«{number or times}» no es" in page.text
    assert space.scripts.states() == []


def test_the_list_of_scripts_says_what_each_waits_for(browser: Browser, space: Space) -> None:
    browser.submit("scripts", answer="fault-http-503", number="55 1234 5678")
    space.script(code=3, operation="status", text=Pattern(contains="hola"), probability=0.5)
    text = browser.get().text
    assert "HTTP 503 de Apache" in text
    for words in ("Número: 55 1234 5678", "Operación: Consulta", "Texto: contains &#39;hola&#39;"):
        assert words in text
    assert "50 % de las veces" in text
    assert "cualquier solicitud" not in text
    headers: dict[str, str | Pattern] = {"Authorization": "Basic secreto", "X-Tienda": "5"}
    space.script(code=110, headers=headers, path="/", xpath="//number")
    text = browser.get().text
    for words in ("X-Tienda: 5", "Authorization: ***", "Ruta: /", "XPath //number"):
        assert words in text
    assert "Basic secreto" not in text
    browser.submit("scripts", answer="code-204")
    assert "cualquier solicitud" in browser.get().text


def test_a_value_long_enough_to_scroll_is_reached_by_the_keyboard(
    browser: Browser, space: Space
) -> None:
    page = browser.submit("send", number="525512345678", message="hola", extra="y" * 3000)
    assert '<bdi tabindex="0">yyy' in page.text
    assert '<bdi tabindex="0">hola' not in page.text
    assert '<dd tabindex="0"><bdi>yyy' in browser.get(f"messages/{space.messages[0].id}").text


def test_deleting_asks_first(browser: Browser, space: Space) -> None:
    answer = send(space)
    text = browser.get(f"messages/{answer.message_id}").text
    asked = text.index(f"¿Borrar el mensaje {answer.message_id}?")
    assert text.index('<details class="ask">') < asked < text.index("Sí, borrar")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=2026-02-02&until=2026-02-01", "es posterior a"),
        ("since=2026-02-31", "La fecha no se entiende"),
        ("number=abc", "solo lleva dígitos"),
    ],
)
def test_an_invalid_filter_is_reported(browser: Browser, query: str, said: str) -> None:
    assert said in browser.get(f"report?{query}").text
    assert 'class="notice' not in browser.get("report?since=2026-02-01&number=55+12").text


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("", "Envíe uno"),
        ("?q=nada", "Ver todos los mensajes"),
        ("requests", "Haga una"),
        ("report", "Cuando envíe mensajes"),
        ("report?text=nada", "Limpiar"),
    ],
)
def test_an_empty_page_says_what_to_do(browser: Browser, page: str, said: str) -> None:
    text = browser.get(page).text
    assert said in text[text.index('class="empty"') :]


def test_lists_show_dates_beside_times(browser: Browser, space: Space) -> None:
    send(space)
    browser.submit("send", number="525512345678", message="hola")
    for page in ("", "requests", "report"):
        assert re.search(r">\d{4}-\d\d-\d\d \d\d:\d\d:\d\d</time>", browser.get(page).text)


@pytest.mark.parametrize("answer", ["code-x", "fault-x", "", "code-9" * 9])
def test_an_invalid_answer_is_refused(browser: Browser, answer: str) -> None:
    assert browser.submit("scripts", answer=answer).status == 400


def test_the_clock_freezes_advances_and_follows_the_machine_again(
    browser: Browser, space: Space
) -> None:
    browser.submit("clock", do="freeze")
    before = space.clock.now()
    browser.submit("clock", do="advance", seconds="3600")
    assert space.clock.now() == pytest.approx(before + 3600)
    browser.submit("clock", do="resume")
    assert not space.clock.frozen
    browser.submit("clock", do="reset")
    assert abs(space.clock.offset) < 1


def test_the_space_switcher_leads_on_without_a_second_login(browser: Browser) -> None:
    page = browser.submit("spaces", space="elsewhere-1")
    assert page.url.endswith("/s/elsewhere-1/portal/")
    assert page.status == 200


def test_a_message_shows_its_request_and_its_reply(browser: Browser, space: Space) -> None:
    gateway = browser.root.removesuffix("portal/")
    query = "?username=demo&password=demo&number=525512345678&message=%C3%B3"
    with urllib.request.urlopen(gateway + query, timeout=30) as reply:
        reply.read()
    text = browser.get(f"messages/{space.messages[0].id}").text
    assert "password=***" in text
    assert "HTTP 200" in text
    assert "UCS-2" in text


def test_the_report_filters_by_each_field(browser: Browser, space: Space) -> None:
    send(space, message="first words", extra="a-1", number="525511111111")
    answer = send(space, message="second words", extra="b-2", number="525522222222")
    space.inbox.set_state(str(answer.message_id), 2)
    for query in ("text=SECOND", "extra=b-2", "number=55+2222", "state=2"):
        text = browser.get(f"report?{query}").text
        assert "second words" in text, query
        assert "first words" not in text, query
    assert "second words" not in browser.get("report?since=2100-01-01").text
    assert "second words" not in browser.get("report?until=2000-01-01").text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("pedido 5", {"Pedido 5 listo"}),
        ("Pedido", {"Pedido 5 listo", "Pedido 15 listo"}),
        ("listo PEDIDO 15", {"Pedido 15 listo"}),
        ("manana informacion", {"Información: mañana"}),
        ("INFORMACIÓN", {"Información: mañana"}),
        ("ref-9", {"Información: mañana"}),
        ("55 2222", {"Pedido 15 listo"}),
        ("5522222222 pedido", {"Pedido 15 listo"}),
        ("edido", set()),
        ("pedido (", set()),
        (".*", set()),
    ],
)
def test_a_search_is_of_words_without_case_and_accents(
    browser: Browser, space: Space, words: str, found: set[str]
) -> None:
    send(space, message="Pedido 5 listo", number="525511111111")
    send(space, message="Pedido 15 listo", number="525522222222")
    send(space, message="Información: mañana", number="525533333333", extra="ref-9")
    text = browser.get(f"?{urlencode({'q': words})}").text
    all_of_them = {"Pedido 5 listo", "Pedido 15 listo", "Información: mañana"}
    assert {each for each in all_of_them if each in text} == found


def test_pages_of_a_report_neither_repeat_nor_leave_out(browser: Browser, space: Space) -> None:
    for number in range(250):
        send(space, message=f"m{number:03}")
    seen: list[str] = []
    page = "report"
    while True:
        text = browser.get(page).text
        seen += re.findall(r"<bdi>(m\d{3})</bdi>", text)
        send(space, message="late")  # what comes meanwhile moves no page
        following = re.search(r'href="\?([^"]+)" rel="next"', text)
        if following is None:
            break
        page = "report?" + following[1]
    assert seen == [f"m{number:03}" for number in reversed(range(250))]


def test_totals_and_chart_tell_the_outcomes(browser: Browser, space: Space) -> None:
    space.clock.freeze()
    for _ in range(3):
        send(space)
    space.clock.advance(timedelta(days=2))
    send(space)
    text = browser.get("report").text
    # Drawn twice: for wide pages, and for telephones.
    for number in (1, 2):
        words = f'<desc id="chart-words-{number}">Entregado: 3. Pendiente: 1. </desc>'
        assert words in text
    assert text.count("<rect ") == 4


@pytest.mark.parametrize("room", [WIDE, SLIM])
def test_each_time_below_the_chart_stands_under_a_bar(space: Space, room: Room) -> None:
    space.clock.freeze()
    for _ in range(6):
        send(space)
        space.clock.advance(timedelta(hours=23))
    chart = draw(add_up(space.messages, ZoneInfo("America/Mexico_City")), (3, 0), room)
    middles = {round(block.x + block.width / 2) for block in chart.blocks}
    assert {round(label.at) for label in chart.times} <= middles
    assert len(chart.times) >= 3
    ends = [(label.x, label.anchor) for label in chart.times]
    assert all(x <= room.width for x, _ in ends)


def test_the_csv_opens_in_a_spreadsheet_without_running_anything(
    browser: Browser, space: Space
) -> None:
    send(space, message='=HYPERLINK("http://evil.example")', extra="+1", number="525512345678")
    page = browser.get("report.csv")
    assert page.text.startswith("\ufeff")
    assert "attachment" in page.headers["content-disposition"]
    _, row = csv.reader(io.StringIO(page.text.removeprefix("\ufeff")))
    assert row[3] == '\'=HYPERLINK("http://evil.example")'
    assert row[4] == "'+1"
