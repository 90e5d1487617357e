"""Tests of the clock and delivery plans in the admin API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mockserver.admin.conftest import Control


def test_a_delivery_follows_the_clock(control: Control) -> None:
    control.call("POST", "/clock/freeze", {})
    control.call("PUT", "/delivery-plans/default", {"after": 3600})
    message_id = control.send().partition("|")[2]
    assert control.get(f"/messages/{message_id}")["state"] == 0
    control.call("POST", "/clock/advance", {"seconds": 3600})
    assert control.get(f"/messages/{message_id}")["state"] == 3


def test_a_clock_is_set_and_stands_there(control: Control) -> None:
    control.call("POST", "/clock/freeze", {"at": "2026-01-31T12:00:00Z"})
    clock = control.get("/clock")
    assert (clock["now"], clock["frozen"]) == ("2026-01-31T12:00:00Z", True)
    control.call("POST", "/clock/resume", {})
    assert control.get("/clock")["frozen"] is False


def test_a_clock_that_is_reset_follows_the_machine(control: Control) -> None:
    control.call("POST", "/clock/freeze", {"at": "2026-01-31T12:00:00Z"})
    status, clock = control.call("POST", "/clock/reset")
    assert (status, clock["frozen"], clock["offset"]) == (200, False, 0)
    control.call("POST", "/clock/advance", {"seconds": 3600})
    assert control.call("POST", "/clock/reset")[1]["offset"] == 0


def test_a_numbers_delivery_plan_has_precedence_over_its_accounts(control: Control) -> None:
    control.call("PUT", "/delivery-plans/accounts/demo", {"outcome": 2})
    control.call("PUT", "/delivery-plans/numbers/5512345678", {"outcome": 3})
    first = control.send().partition("|")[2]
    second = control.send(number="528112345678").partition("|")[2]
    assert control.get(f"/messages/{first}")["state"] == 3
    assert control.get(f"/messages/{second}")["state"] == 2
    assert control.call("DELETE", "/delivery-plans/numbers/5512345678")[0] == 204
    assert control.call("DELETE", "/delivery-plans/numbers/5512345678")[0] == 404
