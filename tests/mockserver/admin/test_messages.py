"""Tests of messages in the admin API: list, search, set, delete, wait."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from convergia_mockserver import MockServer

from tests.mockserver.admin.conftest import Control

if TYPE_CHECKING:
    from convergia_mockserver.gateway.events import EventReader


def message_ids(page: dict[str, Any]) -> list[str]:
    return [message["id"] for message in page["messages"]]


def test_an_accepted_message_is_listed_with_what_was_sent(control: Control) -> None:
    answer = control.send("Hola ñandú", extra="pedido-1")
    page = control.get("/messages")
    assert page["total"] == 1
    message = page["messages"][0]
    assert answer == f"100|{message['id']}"
    assert message["text"] == "Hola ñandú"
    assert message["extra"] == "pedido-1"
    assert message["face"] == "http"


@pytest.mark.parametrize(
    "query",
    [
        "number=55%2012345678",
        "number=prefix:5255",
        "text=contains:ADIÓS",
        "text=regex:^adi",
        "extra=b",
        "account=demo",
        "state=0",
        "newest_first=true&limit=1",
        "offset=1",
    ],
)
def test_a_search_finds_only_matching_messages(control: Control, query: str) -> None:
    control.call("PUT", "/delivery-plans/default", {"outcome": 3, "after": 0})
    control.send("Hola", number="528112345678", extra="a")
    control.call("PUT", "/delivery-plans/default", {"outcome": 0})
    wanted = control.send("adiós", extra="b").partition("|")[2]
    found = message_ids(control.get(f"/messages?{query}"))
    assert found == [wanted] if query != "account=demo" else wanted in found


def test_a_state_that_was_set_is_what_a_status_query_answers(control: Control) -> None:
    message_id = control.send().partition("|")[2]
    status, message = control.call("PUT", f"/messages/{message_id}/state", {"state": 2})
    assert (status, message["state"]) == (200, 2)
    answer = control.pool.request(
        "GET",
        f"{control.base_url}/estatus_mensaje.php",
        fields={"username": "demo", "password": "demo", "messageid": message_id},
    )
    assert answer.data == b"2"


def test_a_deleted_message_is_gone(control: Control) -> None:
    message_id = control.send().partition("|")[2]
    assert control.call("DELETE", f"/messages/{message_id}") == (204, b"")
    status, told = control.call("GET", f"/messages/{message_id}")
    assert status == 404
    assert message_id in told["detail"]


def test_a_wait_ends_as_soon_as_enough_messages_match(control: Control) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            control.call, "GET", "/messages/wait?count=2&timeout=60&text=prefix:aviso"
        )
        control.send("aviso 1")
        control.send("otra cosa")
        control.send("aviso 2")
        status, found = waiting.result(timeout=30)
    assert status == 200
    assert [message["text"] for message in found["messages"]] == ["aviso 1", "aviso 2"]


def test_a_wait_that_times_out_is_a_408_with_the_number_of_matches(control: Control) -> None:
    control.send()
    status, told = control.call("GET", "/messages/wait?count=2&timeout=0")
    assert status == 408
    assert told["detail"].startswith("1 of 2 messages matched")


def test_a_server_that_stops_ends_the_wait() -> None:
    with (
        MockServer() as server,
        urllib3.PoolManager() as pool,
        ThreadPoolExecutor(1) as threads,
    ):
        control = Control(pool, server.base_url)
        subscribed = threading.Event()
        feed, add = server.space().feed, server.space().feed.add

        def adding(reader: EventReader) -> None:
            add(reader)
            subscribed.set()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(feed, "add", adding)
            waiting = threads.submit(control.call, "GET", "/messages/wait?timeout=60")
            assert subscribed.wait(30)
        started = time.monotonic()
        server.stop()
        status, told = waiting.result(timeout=30)
        assert time.monotonic() - started < 5
    assert (status, told["status"]) == (503, 503)
    assert "the server is stopping" in told["detail"]


def test_a_login_test_in_any_language_reads_the_code(control: Control) -> None:
    first = control.send("Su código es 482 913").partition("|")[2]
    control.send("Su código es 111111", number="528112345678")
    last = control.send("Su código es 739184").partition("|")[2]
    silent = control.send("Su pedido va en camino").partition("|")[2]

    assert control.get(f"/messages/{first}/code") == {"message_id": first, "code": "482913"}
    by_text = control.get("/messages/code?number=5512345678&text=contains:es")
    assert by_text == {"message_id": last, "code": "739184"}
    for path, why in (
        ("/messages/code?number=5512345678", f"message {silent} has no one-time code"),
        ("/messages/code?number=5500000000", "no message matches"),
        (f"/messages/{silent}/code", f"message {silent} has no one-time code"),
        ("/messages/77/code", "message '77' does not exist"),
    ):
        status, problem = control.call("GET", path)
        assert (status, why in problem["detail"]) == (404, True)
