"""Tests of accounts in the admin API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mockserver.admin.conftest import Control


def test_an_account_is_made_changed_used_up_and_deleted(control: Control) -> None:
    account = {"name": "banco", "password": "s3cret", "allowance": 0}
    status, made = control.call("POST", "/accounts", account)
    assert (status, made["remaining"]) == (201, 0)
    login = {"username": "banco", "password": "s3cret"}
    assert control.send(**login) == "204"
    control.call("PATCH", "/accounts/banco", {"allowance": None, "prefixes": ["5281"]})
    assert control.send(**login) == "205"
    assert control.call("DELETE", "/accounts/banco")[0] == 204
    assert control.send(**login) == "201"


def test_a_password_is_never_shown_again(control: Control) -> None:
    replies = [
        control.call("POST", "/accounts", {"name": "a", "password": "s3cret"}),
        control.call("PATCH", "/accounts/a", {"password": "s3cret2"}),
        control.call("GET", "/accounts"),
        control.call("PATCH", "/accounts/a", {"password": "s3cret3", "hours": "never"}),
        control.call("GET", "/snapshot"),
    ]
    assert [status for status, _ in replies] == [201, 200, 200, 400, 200]
    assert "s3cret" not in str(replies)


def test_an_account_whose_name_holds_a_slash_is_addressed_as_any_other(control: Control) -> None:
    control.call("POST", "/accounts", {"name": "a/b", "password": "s3cret"})
    for path in ("/accounts/a/b", "/accounts/a%2Fb"):
        assert control.get(path)["name"] == "a/b"
    assert control.call("PATCH", "/accounts/a%2Fb", {"allowance": 3})[1]["allowance"] == 3
    plans = "/delivery-plans/accounts/a%2Fb"
    assert control.call("PUT", plans, {"outcome": 2})[0] == 200
    assert control.call("DELETE", plans)[0] == 204
    assert control.call("DELETE", "/accounts/a%2Fb")[0] == 204


def test_an_account_that_is_there_is_not_made_again(control: Control) -> None:
    assert control.call("POST", "/accounts", {"name": "demo", "password": "x"})[0] == 409
