"""Tests of the journal in the admin API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mockserver.admin.conftest import Control


def test_the_journal_shows_both_halves_with_the_password_masked(control: Control) -> None:
    control.send("Hola", password="not-the-0ne")
    entry = control.get("/requests")["requests"][0]
    assert entry["code"] == 201
    assert entry["arguments"]["message"] == "Hola"
    assert entry["reply"]["body"] == "201"
    assert "not-the-0ne" not in str(entry)


def test_requests_are_counted_by_what_they_were(control: Control) -> None:
    control.send()
    control.send("")
    assert control.get("/requests/count?code=103") == {"count": 1}
    assert control.get("/requests/count") == {"count": 2}


def test_requests_are_found_by_their_arguments_and_never_by_the_password(control: Control) -> None:
    control.send("Hola", extra="pedido-7")
    control.send("Adiós", extra="pedido-8")
    for query, count in {
        "arguments[extra]=pedido-7": 1,
        "arguments[extra]=prefix:pedido&arguments[message]=contains:ADI": 1,
        "arguments%5Bextra%5D=other": 0,
        "arguments[password]=demo": 0,
        "arguments[password]=regex:d": 0,
    }.items():
        assert control.get(f"/requests/count?{query}") == {"count": count}, query
    assert control.call("GET", "/requests?arguments=x")[0] == 400
    assert control.call("GET", "/requests?text[a]=x")[0] == 400


def test_a_request_is_given_as_a_curl_command(control: Control) -> None:
    control.send("dos palabras")
    entry = control.get("/requests")["requests"][0]
    command = control.get(f"/requests/{entry['id']}/curl").decode()
    assert command.startswith("curl ")
    assert "message=dos" in command
    assert "password=***" in command


def test_an_unmatched_request_names_the_script_that_came_nearest_and_why(control: Control) -> None:
    control.call("POST", "/scripts", {"answers": [{"code": 109}], "match": {"text": "Adiós"}})
    control.send("Hola")
    unmatched = control.get("/requests/unmatched")
    assert unmatched["total"] == 1
    nearest = unmatched["unmatched"][0]["nearest"]
    assert nearest["script"] == 1
    assert nearest["reasons"] == ["text: 'Hola' is not 'Adiós'"]


def test_a_script_that_came_after_an_unmatched_request_says_so(control: Control) -> None:
    control.call("POST", "/scripts", {"answers": [{"code": 109}], "match": {"text": "Adiós"}})
    control.send("Hola")
    control.call("POST", "/scripts", {"answers": [{"code": 109}], "match": {"text": "Hola"}})
    nearest = control.get("/requests/unmatched")["unmatched"][0]["nearest"]
    assert nearest["reasons"] == ["it was added after the request"]
