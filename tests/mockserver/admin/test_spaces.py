"""Tests of spaces, snapshots and coverage in the admin API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3
from convergia_mockserver import MockServer

from tests.mockserver.admin.conftest import Control


def test_a_snapshot_brings_back_all_but_the_journal(control: Control) -> None:
    message_id = control.send("antes").partition("|")[2]
    snapshot = control.get("/snapshot")
    control.call("POST", "/reset")
    assert control.get("/messages")["total"] == 0
    assert control.call("PUT", "/snapshot", snapshot)[0] == 204
    assert control.get(f"/messages/{message_id}")["text"] == "antes"
    assert control.get("/requests")["total"] == 0
    assert control.send("después") == f"100|{int(message_id) + 1}"


def test_32_spaces_see_nothing_of_each_other(server: MockServer) -> None:
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


def test_listing_spaces_or_reading_metrics_keeps_none_alive() -> None:
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
            assert "spaces 2.0" in pool.request("GET", server.base_url + "/metrics").data.decode()
            patch.setattr(world, "max_spaces", 2)
            world.space("next")
        assert world.names == ["default", "next"]


@pytest.mark.parametrize("path", ["", "/", "/health", "/events", "/openapi.json"])
def test_any_path_below_an_invalid_space_name_is_404(
    control: Control, server: MockServer, path: str
) -> None:
    status, told = Control(control.pool, f"{server.base_url}/s/.bad").call("GET", path)
    assert (status, told["status"]) == (404, 404)
    assert "'.bad' is not a valid name of a space" in told["detail"]


def test_the_default_space_stays(control: Control) -> None:
    assert control.call("DELETE", "/spaces/default")[0] == 409


@pytest.mark.parametrize("name", [".hidden", "..%5C", "a%2Fb", "%00", "x" * 65])
def test_a_space_name_that_leads_elsewhere_is_refused(control: Control, name: str) -> None:
    assert control.call("PUT", f"/spaces/{name}")[0] in (400, 404)


def test_coverage_lists_exercised_and_unexercised_parts(control: Control) -> None:
    control.send()
    face = control.get("/coverage")["faces"]["http"]
    assert face["send"] == {"100": 1}
    assert "send 101" in face["missing"]
