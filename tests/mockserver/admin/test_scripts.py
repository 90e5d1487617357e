"""Tests of scripts in the admin API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from convergia_wsdl import load_guide

if TYPE_CHECKING:
    from tests.mockserver.admin.conftest import Control


def test_a_sequence_is_answered_in_order_and_then_used_up(control: Control) -> None:
    answers = [{"code": 109}, {"code": 110}]
    status, script = control.call("POST", "/scripts", {"answers": answers})
    assert (status, script["remaining"]) == (201, 2)
    assert [control.send()[:3] for _ in range(3)] == ["109", "110", "100"]
    assert control.get(f"/scripts/{script['id']}")["remaining"] == 0


def test_exactly_n_of_64_concurrent_callers_get_the_scripted_answer(control: Control) -> None:
    control.call("POST", "/scripts", {"answers": [{"code": 109}], "times": 20})
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: control.send()[:3], range(64)))
    assert answers.count("109") == 20
    assert answers.count("100") == 44


def test_an_invalid_script_is_refused_with_the_reason(control: Control) -> None:
    status, told = control.call("POST", "/scripts", {"answers": [{"fault": "melt"}]})
    assert status == 400
    assert "melt" in told["detail"]


def test_an_unlisted_code_is_refused_with_the_listed_ones(control: Control) -> None:
    status, told = control.call("POST", "/scripts", {"answers": [{"code": 109}, {"code": 7}]})
    assert status == 400
    assert "does not list 7; a send has 100, 101," in told["detail"]
    states = ", ".join(str(code.code) for code in load_guide().status.codes)
    assert f"a status query has {states};" in told["detail"]
    assert control.get("/scripts")["scripts"] == []


def test_an_unlisted_code_is_answered_if_the_operation_is_named(control: Control) -> None:
    script = {"answers": [{"code": 7}], "match": {"operation": "send"}}
    assert control.call("POST", "/scripts", script)[0] == 201
    assert control.send() == "7"


def test_a_code_of_the_status_table_is_for_status_queries(control: Control) -> None:
    assert control.call("POST", "/scripts", {"answers": [{"code": 5}]})[0] == 201
    assert control.send().startswith("100|")


def test_a_regex_that_never_ends_matches_nothing_and_blocks_nothing(control: Control) -> None:
    script = {"answers": [{"code": 109}], "match": {"text": {"regex": "^(a|aa)+$"}}}
    assert control.call("POST", "/scripts", script)[0] == 201
    assert control.send("a" * 100 + "b").startswith("100|")
    status, told = control.call("GET", "/messages?text=regex:^(a|aa)%2B$")
    assert status == 400
    assert "takes over 0.1 s" in told["detail"]


def test_custom_replies_and_delays_are_accepted_as_json(control: Control) -> None:
    reply = {"status": 502, "headers": {"X-Test": "3"}, "base64": "bm8="}
    answers = [{"reply": reply, "delay": {"low": 0.001, "high": 0.002}}]
    status, script = control.call("POST", "/scripts", {"answers": answers})
    assert (status, script["script"]["answers"]) == (201, answers)
    assert control.send() == "no"
    entry = control.get("/requests")["requests"][-1]
    assert (entry["reply"]["status"], entry["code"]) == (502, 100)
    assert 0.001 <= entry["delay"] <= 0.002


def test_an_invalid_reply_is_refused_with_the_place(control: Control) -> None:
    for reply, why in (
        ({"file": "/etc/passwd"}, "'/etc/passwd' cannot be read here"),
        ({"status": 99}, "status: 99 must be between 200 and 599 - at `$.answers[0].reply`"),
        ({"body": "x"}, "Valid fields: status, headers, text, base64, file."),
    ):
        status, told = control.call("POST", "/scripts", {"answers": [{"reply": reply}]})
        assert status == 400
        assert why in told["detail"]
