"""Tests of the admin page, of access, and of refused requests."""

from __future__ import annotations

from typing import Any

import pytest
import urllib3
from convergia_contract.suite.guide_tables import SEND_CODES, STATUS_CODES
from convergia_mockserver import MockServer
from convergia_mockserver.gateway.faults import FaultKind

from tests.mockserver.admin.conftest import Control


def test_reserved_numbers_list_every_code_state_and_fault(control: Control) -> None:
    numbers = control.get("/reserved-numbers")["numbers"]
    assert sum(each["code"] is not None for each in numbers) == len(SEND_CODES)
    assert sum(each["state"] is not None for each in numbers) == len(STATUS_CODES)
    assert sum(each["fault"] is not None for each in numbers) == len(FaultKind)


def test_the_page_brings_everything_along(control: Control) -> None:
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
    control: Control, headers: dict[str, str], status: int
) -> None:
    got, told = control.call("GET", "/health", **headers)
    assert (got, told["status"]) == (status, "ok" if status == 200 else status)


def test_an_allowed_host_gets_in() -> None:
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
        ("POST", "/scripts", {"answers": [{"fault": "melt"}]}, "Valid values: reset-before-"),
        ("POST", "/scripts", {"answers": [{"fault": 3}]}, "Valid values: reset-before-reading"),
        ("POST", "/scripts", {"answers": [{"cod": 1}]}, "Valid fields: code, fault,"),
        ("POST", "/scripts", {"answers": [], "match": {"face": "x"}}, "Valid values: http, soap."),
        ("POST", "/scripts", {}, "Valid fields: answers, match,"),
        (
            "POST",
            "/scripts",
            {"answers": [], "match": {"arguments": {"a": {"regx": "1"}}}},
            "$.match.arguments[...]`. Valid fields: exact, prefix, contains, regex.",
        ),
        ("PATCH", "/accounts/demo", {"hour": "1"}, "Valid fields: password, allowance,"),
        ("PUT", "/delivery-plans/default", {"outcome": 9}, "It must be one of 0, 2, 3."),
        ("GET", "/requests?face=smtp", None, "Valid values: http, soap."),
        ("GET", "/messages?nubmer=1", None, "Valid fields: "),
    ],
)
def test_bad_input_is_a_400_that_says_where(
    control: Control, method: str, path: str, body: Any, says: str
) -> None:
    status, told = control.call(method, path, body)
    assert status == 400
    assert says in told["detail"]


def test_too_large_a_body_is_refused(control: Control) -> None:
    status, told = control.call("POST", "/scripts", {"x": "y" * 2_000_000})
    assert status == 413
    assert "1,048,576" in told["detail"]
