from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from convergia_contract.suite.guide_tables import SEND_CODES, STATUS_CODES
from convergia_mockserver import MockServer
from convergia_mockserver.gateway.faults import FaultKind

from tests.mockserver.admin.conftest import Control

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from convergia_mockserver.gateway import Event


def message_ids(page: dict[str, Any]) -> list[str]:
    return [message["id"] for message in page["messages"]]


class TestMessages:
    def test_an_accepted_message_is_listed_with_what_was_sent(self, control: Control) -> None:
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
    def test_a_search_finds_what_it_means_and_nothing_else(
        self, control: Control, query: str
    ) -> None:
        control.call("PUT", "/delivery-plans/default", {"outcome": 3, "after": 0})
        control.send("Hola", number="528112345678", extra="a")
        control.call("PUT", "/delivery-plans/default", {"outcome": 0})
        wanted = control.send("adiós", extra="b").partition("|")[2]
        found = message_ids(control.get(f"/messages?{query}"))
        assert found == [wanted] if query != "account=demo" else wanted in found

    def test_a_state_that_was_set_is_what_a_status_query_answers(self, control: Control) -> None:
        message_id = control.send().partition("|")[2]
        status, message = control.call("PUT", f"/messages/{message_id}/state", {"state": 2})
        assert (status, message["state"]) == (200, 2)
        answer = control.pool.request(
            "GET",
            f"{control.base_url}/estatus_mensaje.php",
            fields={"username": "demo", "password": "demo", "messageid": message_id},
        )
        assert answer.data == b"2"

    def test_a_deleted_message_is_gone(self, control: Control) -> None:
        message_id = control.send().partition("|")[2]
        assert control.call("DELETE", f"/messages/{message_id}") == (204, b"")
        status, told = control.call("GET", f"/messages/{message_id}")
        assert status == 404
        assert message_id in told["detail"]

    def test_a_wait_ends_as_soon_as_enough_messages_match(self, control: Control) -> None:
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

    def test_a_wait_in_vain_is_a_408_that_says_how_many_came(self, control: Control) -> None:
        control.send()
        status, told = control.call("GET", "/messages/wait?count=2&timeout=0")
        assert status == 408
        assert told["detail"].startswith("1 of 2 messages matched")

    def test_a_server_that_stops_ends_the_wait(self) -> None:
        with (
            MockServer() as server,
            urllib3.PoolManager() as pool,
            ThreadPoolExecutor(1) as threads,
        ):
            control = Control(pool, server.base_url)
            subscribed = threading.Event()
            space, subscribe = server.space(), server.space().subscribe

            def subscribing(callback: Callable[[Event], None]) -> Callable[[], None]:
                subscribed.set()
                return subscribe(callback)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(space, "subscribe", subscribing)
                waiting = threads.submit(control.call, "GET", "/messages/wait?timeout=60")
                assert subscribed.wait(30)
            started = time.monotonic()
            server.stop()
            status, told = waiting.result(timeout=30)
            assert time.monotonic() - started < 5
        assert (status, told["status"]) == (503, 503)
        assert "the server stops" in told["detail"]


class TestRequests:
    def test_the_journal_shows_both_halves_with_the_password_masked(self, control: Control) -> None:
        control.send("Hola", password="not-the-0ne")
        entry = control.get("/requests")["requests"][0]
        assert entry["code"] == 201
        assert entry["arguments"]["message"] == "Hola"
        assert entry["reply"]["body"] == "201"
        assert "not-the-0ne" not in str(entry)

    def test_requests_are_counted_by_what_they_were(self, control: Control) -> None:
        control.send()
        control.send("")
        assert control.get("/requests/count?code=103") == {"count": 1}
        assert control.get("/requests/count") == {"count": 2}

    def test_a_request_is_given_as_a_curl_command(self, control: Control) -> None:
        control.send("dos palabras")
        entry = control.get("/requests")["requests"][0]
        command = control.get(f"/requests/{entry['id']}/curl").decode()
        assert command.startswith("curl ")
        assert "message=dos" in command
        assert "password=***" in command

    def test_an_unmatched_request_names_the_script_that_came_nearest_and_why(
        self, control: Control
    ) -> None:
        control.call("POST", "/scripts", {"answers": [{"code": 109}], "match": {"text": "Adiós"}})
        control.send("Hola")
        unmatched = control.get("/requests/unmatched")
        assert unmatched["total"] == 1
        nearest = unmatched["unmatched"][0]["nearest"]
        assert nearest["script"] == 1
        assert nearest["reasons"] == ["text: 'Hola' is not 'Adiós'"]


class TestScripts:
    def test_a_sequence_is_answered_in_order_and_then_used_up(self, control: Control) -> None:
        answers = [{"code": 109}, {"code": 110}]
        status, script = control.call("POST", "/scripts", {"answers": answers})
        assert (status, script["remaining"]) == (201, 2)
        assert [control.send()[:3] for _ in range(3)] == ["109", "110", "100"]
        assert control.get(f"/scripts/{script['id']}")["remaining"] == 0

    def test_exactly_n_of_64_concurrent_callers_get_the_scripted_answer(
        self, control: Control
    ) -> None:
        control.call("POST", "/scripts", {"answers": [{"code": 109}], "times": 20})
        with ThreadPoolExecutor(64) as pool:
            answers = list(pool.map(lambda _: control.send()[:3], range(64)))
        assert answers.count("109") == 20
        assert answers.count("100") == 44

    def test_a_script_that_cannot_be_is_refused_with_the_reason(self, control: Control) -> None:
        status, told = control.call("POST", "/scripts", {"answers": [{"fault": "melt"}]})
        assert status == 400
        assert "melt" in told["detail"]

    def test_a_regex_that_never_ends_matches_nothing_and_holds_nobody_up(
        self, control: Control
    ) -> None:
        script = {"answers": [{"code": 109}], "match": {"text": {"regex": "^(a|aa)+$"}}}
        assert control.call("POST", "/scripts", script)[0] == 201
        assert control.send("a" * 100 + "b").startswith("100|")
        status, told = control.call("GET", "/messages?text=regex:^(a|aa)%2B$")
        assert status == 400
        assert "takes over 0.1 s" in told["detail"]


class TestClock:
    def test_a_delivery_follows_the_clock(self, control: Control) -> None:
        control.call("POST", "/clock/freeze", {})
        control.call("PUT", "/delivery-plans/default", {"after": 3600})
        message_id = control.send().partition("|")[2]
        assert control.get(f"/messages/{message_id}")["state"] == 0
        control.call("POST", "/clock/advance", {"seconds": 3600})
        assert control.get(f"/messages/{message_id}")["state"] == 3

    def test_a_clock_is_set_and_stands_there(self, control: Control) -> None:
        control.call("POST", "/clock/freeze", {"at": "2026-01-31T12:00:00Z"})
        clock = control.get("/clock")
        assert (clock["now"], clock["frozen"]) == ("2026-01-31T12:00:00Z", True)
        control.call("POST", "/clock/resume", {})
        assert control.get("/clock")["frozen"] is False

    def test_a_number_wins_over_its_account_in_delivery_plans(self, control: Control) -> None:
        control.call("PUT", "/delivery-plans/accounts/demo", {"outcome": 2})
        control.call("PUT", "/delivery-plans/numbers/5512345678", {"outcome": 3})
        first = control.send().partition("|")[2]
        second = control.send(number="528112345678").partition("|")[2]
        assert control.get(f"/messages/{first}")["state"] == 3
        assert control.get(f"/messages/{second}")["state"] == 2
        assert control.call("DELETE", "/delivery-plans/numbers/5512345678")[0] == 204
        assert control.call("DELETE", "/delivery-plans/numbers/5512345678")[0] == 404


class TestAccounts:
    def test_an_account_is_made_changed_used_up_and_deleted(self, control: Control) -> None:
        account = {"name": "banco", "password": "s3cret", "allowance": 0}
        status, made = control.call("POST", "/accounts", account)
        assert (status, made["remaining"]) == (201, 0)
        login = {"username": "banco", "password": "s3cret"}
        assert control.send(**login) == "204"
        control.call("PATCH", "/accounts/banco", {"allowance": None, "prefixes": ["5281"]})
        assert control.send(**login) == "205"
        assert control.call("DELETE", "/accounts/banco")[0] == 204
        assert control.send(**login) == "201"

    def test_a_password_goes_in_and_never_comes_out(self, control: Control) -> None:
        replies = [
            control.call("POST", "/accounts", {"name": "a", "password": "s3cret"}),
            control.call("PATCH", "/accounts/a", {"password": "s3cret2"}),
            control.call("GET", "/accounts"),
            control.call("PATCH", "/accounts/a", {"password": "s3cret3", "hours": "never"}),
            control.call("GET", "/snapshot"),
        ]
        assert [status for status, _ in replies] == [201, 200, 200, 400, 200]
        assert "s3cret" not in str(replies)

    def test_an_account_whose_name_holds_a_slash_is_addressed_as_any_other(
        self, control: Control
    ) -> None:
        control.call("POST", "/accounts", {"name": "a/b", "password": "s3cret"})
        for path in ("/accounts/a/b", "/accounts/a%2Fb"):
            assert control.get(path)["name"] == "a/b"
        assert control.call("PATCH", "/accounts/a%2Fb", {"allowance": 3})[1]["allowance"] == 3
        plans = "/delivery-plans/accounts/a%2Fb"
        assert control.call("PUT", plans, {"outcome": 2})[0] == 200
        assert control.call("DELETE", plans)[0] == 204
        assert control.call("DELETE", "/accounts/a%2Fb")[0] == 204

    def test_an_account_that_is_there_is_not_made_again(self, control: Control) -> None:
        assert control.call("POST", "/accounts", {"name": "demo", "password": "x"})[0] == 409


class TestSpaces:
    def test_a_snapshot_brings_back_all_but_the_journal(self, control: Control) -> None:
        message_id = control.send("antes").partition("|")[2]
        snapshot = control.get("/snapshot")
        control.call("POST", "/reset")
        assert control.get("/messages")["total"] == 0
        assert control.call("PUT", "/snapshot", snapshot)[0] == 204
        assert control.get(f"/messages/{message_id}")["text"] == "antes"
        assert control.get("/requests")["total"] == 0
        assert control.send("después") == f"100|{int(message_id) + 1}"

    def test_32_spaces_see_nothing_of_each_other(self, server: MockServer) -> None:
        def work(number: int) -> tuple[set[str], int]:
            base = f"{server.base_url}/s/parallel-{number}"
            with urllib3.PoolManager() as pool:
                control = Control(pool, base)
                control.call("POST", "/scripts", {"answers": [{"code": 109}]})
                assert control.send() == "109"
                for _ in range(5):
                    control.send(f"espacio {number}")
                texts = {message["text"] for message in control.get("/messages")["messages"]}
                control.call("POST", "/reset")
                return texts, control.get("/messages")["total"]

        with ThreadPoolExecutor(32) as pool:
            results = list(pool.map(work, range(32)))
        assert results == [({f"espacio {number}"}, 0) for number in range(32)]

    def test_to_list_spaces_or_read_metrics_keeps_none_alive(self) -> None:
        with MockServer() as server, urllib3.PoolManager() as pool:
            world = server.world
            now = 0.0
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(world, "_monotonic", lambda: now)
                world.space("idle")
                now = world.idle_seconds
                control = Control(pool, server.base_url)
                names = [each["name"] for each in control.get("/spaces")["spaces"]]
                assert names == ["default", "idle"]
                assert (
                    "spaces 2.0" in pool.request("GET", server.base_url + "/metrics").data.decode()
                )
                patch.setattr(world, "max_spaces", 2)
                world.space("next")
            assert world.names == ["default", "next"]

    @pytest.mark.parametrize("path", ["", "/", "/health", "/events", "/openapi.json"])
    def test_below_a_name_that_no_space_can_have_there_is_nothing(
        self, control: Control, server: MockServer, path: str
    ) -> None:
        status, told = Control(control.pool, f"{server.base_url}/s/.bad").call("GET", path)
        assert (status, told["status"]) == (404, 404)
        assert "'.bad' is no name for a space" in told["detail"]

    def test_the_default_space_stays(self, control: Control) -> None:
        assert control.call("DELETE", "/spaces/default")[0] == 409

    @pytest.mark.parametrize("name", [".hidden", "..%5C", "a%2Fb", "%00", "x" * 65])
    def test_a_space_name_that_leads_elsewhere_is_refused(
        self, control: Control, name: str
    ) -> None:
        assert control.call("PUT", f"/spaces/{name}")[0] in (400, 404)

    def test_coverage_tells_what_was_exercised_and_what_was_not(self, control: Control) -> None:
        control.send()
        face = control.get("/coverage")["faces"]["http"]
        assert face["send"] == {"100": 1}
        assert "send 101" in face["missing"]


class TestEvents:
    def test_what_happens_is_streamed_as_it_happens(self, control: Control) -> None:
        stream = control.pool.request(
            "GET", f"{control.base_url}/__admin/events", preload_content=False, retries=False
        )
        lines = (line for chunk in stream.stream(None) for line in chunk.splitlines())
        assert next(lines) == b": listening"
        sent = threading.Thread(target=control.send)
        sent.start()
        kinds = [line for line in _until(lines, b"event: request") if line.startswith(b"event")]
        sent.join()
        stream.close()
        assert kinds == [b"event: message", b"event: request"]

    def test_a_server_that_stops_ends_the_stream(self) -> None:
        with MockServer() as server, urllib3.PoolManager() as pool:
            stream = pool.request(
                "GET", f"{server.base_url}/__admin/events", preload_content=False, retries=False
            )
            chunks = stream.stream(None)
            assert next(chunks) == b": listening\n\n"
            started = time.monotonic()
            server.stop()
            assert list(chunks) == []
            assert time.monotonic() - started < 5

    def test_a_space_that_cannot_be_is_told_before_the_stream_begins(
        self, control: Control, server: MockServer
    ) -> None:
        full = Control(control.pool, f"{server.base_url}/s/one-too-many")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(server.world, "max_spaces", len(server.world.names))
            status, told = full.call("GET", "/events")
        assert status == 503
        assert "delete one" in told["detail"]


def _until(lines: Any, last: bytes) -> list[bytes]:
    seen = []
    for line in lines:
        seen.append(line)
        if line == last:
            return seen
    raise AssertionError(f"the stream ended before {last!r}")


def _counters(pool: urllib3.PoolManager, server: MockServer) -> dict[str, float]:
    text = pool.request("GET", f"{server.base_url}/metrics").data.decode()
    pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs if "_total" in name}


class TestServer:
    def test_reserved_numbers_list_every_code_state_and_fault(self, control: Control) -> None:
        numbers = control.get("/reserved-numbers")["numbers"]
        assert sum(each["code"] is not None for each in numbers) == len(SEND_CODES)
        assert sum(each["state"] is not None for each in numbers) == len(STATUS_CODES)
        assert sum(each["fault"] is not None for each in numbers) == len(FaultKind)

    def test_metrics_are_where_prometheus_looks(self, control: Control, server: MockServer) -> None:
        control.send()
        text = control.pool.request("GET", f"{server.base_url}/metrics").data.decode()
        assert "convergia_mockserver_messages_accepted_total" in text
        assert 'code="100"' in text

    def test_no_counter_goes_back_when_a_space_is_deleted(self) -> None:
        with MockServer(max_messages=1, max_requests=2) as server, urllib3.PoolManager() as pool:
            control = Control(pool, f"{server.base_url}/s/gone")
            for _ in range(3):
                control.send()
            before = _counters(pool, server)
            assert control.call("DELETE", "/spaces/gone")[0] == 204
            after = _counters(pool, server)
        assert after == before
        assert [before[f"convergia_mockserver_{name}_total"] for name in (
            "messages_accepted", "messages_dropped", "requests_dropped"
        )] == [3.0, 2.0, 1.0]  # fmt: skip

    @pytest.mark.parametrize(
        ("method", "path"), [("POST", "/reset"), ("DELETE", "/messages"), ("DELETE", "/requests")]
    )
    def test_no_counter_goes_back_when_a_space_is_cleared(self, method: str, path: str) -> None:
        with MockServer(max_messages=1, max_requests=2) as server, urllib3.PoolManager() as pool:
            control = Control(pool, server.base_url)
            for _ in range(3):
                control.send()
            before = _counters(pool, server)
            assert control.call(method, path)[0] in (200, 204)
            assert _counters(pool, server) == before
            control.send()
            after = _counters(pool, server)
        name = "convergia_mockserver_messages_accepted_total"
        assert (before[name], after[name]) == (3.0, 4.0)

    def test_no_counter_goes_back_or_leaps_when_a_snapshot_is_restored(self) -> None:
        with MockServer() as server, urllib3.PoolManager() as pool:
            control, space = Control(pool, server.base_url), server.space()
            empty = space.snapshot()
            for _ in range(3):
                control.send()
            full, before = space.snapshot(), _counters(pool, server)
            space.restore(empty)
            assert _counters(pool, server) == before
            space.restore(full)
            assert _counters(pool, server) == before

    def test_no_counter_goes_back_when_a_space_was_reset_before_it_slept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with MockServer(db=tmp_path / "kept.db") as server, urllib3.PoolManager() as pool:
            world, now = server.world, 0.0
            monkeypatch.setattr(world, "_monotonic", lambda: now)
            control = Control(pool, f"{server.base_url}/s/kept")
            for _ in range(3):
                control.send()
            control.call("POST", "/reset")
            control.send()
            before = _counters(pool, server)
            now = world.idle_seconds
            monkeypatch.setattr(world, "max_spaces", 2)
            world.space("next")
            assert "kept" not in world.names
            assert _counters(pool, server) == before
            monkeypatch.setattr(world, "max_spaces", 3)
            world.space("kept")
            assert _counters(pool, server) == before

    def test_a_space_that_comes_back_from_the_file_is_not_counted_twice(
        self, tmp_path: Path
    ) -> None:
        with MockServer(db=tmp_path / "kept.db") as server, urllib3.PoolManager() as pool:
            world = server.world
            Control(pool, f"{server.base_url}/s/kept").send()
            before = _counters(pool, server)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(world, "max_spaces", 2)
                patch.setattr(world, "idle_seconds", -1.0)
                world.space("other")
                assert world.peek("kept") is None
                assert _counters(pool, server) == before
            assert world.space("kept").inbox.accepted == 1
            assert _counters(pool, server) == before

    def test_the_page_brings_everything_along(self, control: Control) -> None:
        reply = control.pool.request("GET", f"{control.base_url}/__admin/")
        page = reply.data.decode()
        assert "/messages/{message_id}/state" in page
        assert "//" not in page.replace("<!doctype html>", "")
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Host": "evil.example"}, 403),
            ({"Host": "127.0.0.1.evil.example"}, 403),
            ({"Host": "localhost:8181"}, 200),
            ({"Host": "[::1]:8181"}, 200),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec_Fetch_Site": "cross-site"}, 403),
        ],
    )
    def test_other_sites_pages_are_kept_out(
        self, control: Control, headers: dict[str, str], status: int
    ) -> None:
        got, told = control.call("GET", "/health", **headers)
        assert (got, told["status"]) == (status, "ok" if status == 200 else status)

    def test_an_allowed_host_gets_in(self) -> None:
        with MockServer(allowed_hosts=["sms.test"]) as server, urllib3.PoolManager() as pool:
            control = Control(pool, server.base_url)
            assert control.call("GET", "/health", Host="SMS.test:80")[0] == 200

    @pytest.mark.parametrize(
        ("method", "path", "body", "says"),
        [
            ("GET", "/messages?limit=0", None, "$.limit"),
            ("GET", "/messages?nubmer=1", None, "nubmer"),
            ("GET", "/messages?state=1&state=2", None, "twice"),
            ("GET", "/messages?text=regex:(", None, "regex"),
            ("GET", "/messages?since=2026-01-01T00:00:00", None, "timezone"),
            ("POST", "/clock/advance", {"seconds": -1}, "$.seconds"),
            ("POST", "/accounts", {"name": "x"}, "password"),
            ("PUT", "/snapshot", {"version": 99}, "clock"),
        ],
    )
    def test_bad_input_is_a_400_that_says_where(
        self, control: Control, method: str, path: str, body: Any, says: str
    ) -> None:
        status, told = control.call(method, path, body)
        assert status == 400
        assert says in told["detail"]

    def test_too_large_a_body_is_refused(self, control: Control) -> None:
        status, told = control.call("POST", "/scripts", {"x": "y" * 2_000_000})
        assert status == 413
        assert "1,048,576" in told["detail"]
