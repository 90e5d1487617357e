"""Tests of the portal's security over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer
from convergia_mockserver.gateway import Account

from tests.mockserver.gateway.calls import send
from tests.mockserver.portal.browser import Browser

if TYPE_CHECKING:
    from convergia_mockserver.gateway import Space

PAGES = ["", "requests", "report", "send", "report.csv", "nowhere", "messages/1", "login"]


@pytest.mark.parametrize("page", [*PAGES, "static/portal.css", "static/portal.js"])
def test_every_page_allows_nothing_inline_and_nothing_from_elsewhere(
    browser: Browser, page: str
) -> None:
    headers = browser.get(page).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("page", ["", "requests", "report", "report.csv", "send", "events"])
def test_a_visitor_without_a_session_is_redirected_to_the_login(
    visitor: Browser, page: str
) -> None:
    assert "/portal/login" in visitor.get(page).url


def test_a_form_without_its_token_is_refused(browser: Browser, space: Space) -> None:
    assert browser.post("clock", {"do": "freeze"}).status == 403
    assert not space.clock.frozen


def test_a_form_with_the_token_of_another_session_is_refused(
    browser: Browser, server: MockServer, space: Space
) -> None:
    other = Browser(server.url_for("portal", space.name))
    other.log_in()
    assert browser.post("clock", {"do": "freeze", "form_token": other.token()}).status == 403
    assert not space.clock.frozen


def test_a_form_from_another_origin_is_refused(browser: Browser, space: Space) -> None:
    fields = {"do": "freeze", "form_token": browser.token()}
    assert browser.post("clock", fields, Origin="http://evil.example").status == 403
    assert not space.clock.frozen


def test_the_session_cookie_is_for_the_portal_of_its_space_and_hidden_from_scripts(
    visitor: Browser,
) -> None:
    visitor.log_in()
    cookie = next(each for each in visitor.jar if each.name == "convergia_portal")
    assert cookie.path.endswith("/portal")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "strict"


def test_a_session_of_one_space_is_invalid_in_another(browser: Browser, server: MockServer) -> None:
    session = next(each for each in browser.jar if each.name == "convergia_portal")
    other = Browser(server.url_for("portal", server.world.fresh("other").name))
    session.path = "/"
    other.jar.set_cookie(session)
    assert other.get().url.endswith("/login")


def test_logging_in_changes_the_sessions_number(browser: Browser) -> None:
    before = next(each.value for each in browser.jar if each.name == "convergia_portal")
    browser.submit("logout")
    browser.log_in()
    after = next(each.value for each in browser.jar if each.name == "convergia_portal")
    assert before != after


def test_a_session_that_logged_out_is_over_on_the_server_too(browser: Browser) -> None:
    session = next(each for each in browser.jar if each.name == "convergia_portal")
    browser.submit("logout")
    browser.jar.set_cookie(session)
    assert browser.get("report").url.endswith("/login?next=report")


def test_a_changed_password_ends_the_sessions_of_the_old_one(
    browser: Browser, space: Space
) -> None:
    space.accounts.put(Account(name="demo", password="changed"))
    assert browser.get("report").url.endswith("/login?next=report")


def guesses(server: MockServer, space: Space, account: str, count: int) -> list[int]:
    visitor = Browser(server.url_for("portal", space.name))
    return [visitor.log_in(account, "wrong").status for _ in range(count)]


def test_guessing_passwords_is_throttled_even_for_the_right_one(
    server: MockServer, space: Space
) -> None:
    space.accounts.put(Account(name="ana", password="right"))
    assert guesses(server, space, "ana", 5) == [403] * 5
    page = Browser(server.url_for("portal", space.name)).log_in("ana", "right")
    assert page.status == 429
    assert int(page.headers["retry-after"]) > 0


def test_guesses_count_over_all_spaces_and_across_successful_logins() -> None:
    with MockServer() as server:
        judged = 0
        for number in range(20):
            space = server.world.space(f"s{number}")
            judged += guesses(server, space, "luis", 1).count(403)
            Browser(server.url_for("portal", space.name)).log_in()
        assert judged == 5
        names = (f"account-{number}" for number in range(100))
        statuses = [guesses(server, server.space(), name, 1)[0] for name in names]
        assert 40 <= statuses.count(403) <= 50
        assert statuses[-1] == 429


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example/", "\\\\evil.example", "../../x", "a\r\nX: y", "/x"],
)
def test_logging_in_leads_nowhere_outside(visitor: Browser, target: str) -> None:
    page = visitor.log_in(following=target)
    assert page.url == visitor.root


def test_logging_in_leads_to_the_page_that_was_asked_for(visitor: Browser) -> None:
    assert visitor.log_in(following="report?state=3").url == visitor.root + "report?state=3"


def test_markup_in_a_message_is_text(browser: Browser, space: Space) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    answer = send(space, message=hostile, extra=hostile)
    for page in ("", "report", f"messages/{answer.message_id}"):
        text = browser.get(page).text
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_characters_that_reorder_or_hide_are_shown(browser: Browser, space: Space) -> None:
    answer = send(space, message="a\u202eb\u0000c")
    text = browser.get(f"messages/{answer.message_id}").text
    assert "\u202e" not in text
    assert 'title="U+202E RIGHT-TO-LEFT OVERRIDE"' in text
    assert "U+0000" in text


def test_another_accounts_messages_are_not_found(browser: Browser, space: Space) -> None:
    space.accounts.put(Account(name="other", password="other"))
    answer = send(space, username="other", password="other", message="private")
    assert browser.get(f"messages/{answer.message_id}").status == 404
    assert "private" not in browser.get().text + browser.get("report.csv").text


def test_a_form_that_is_too_long_is_refused(browser: Browser) -> None:
    assert browser.submit("send", message="x" * 1_100_000).status == 413


def test_the_password_is_on_no_page(server: MockServer, space: Space) -> None:
    space.accounts.put(Account(name="secretive", password="hunter2-hunter2"))
    browser = Browser(server.url_for("portal", space.name))
    browser.log_in("secretive", "hunter2-hunter2")
    entry = browser.submit("send", number="525512345678", message="hola")
    assert "100" in entry.text
    for page in (entry, browser.get(), browser.get("send"), browser.get("requests")):
        assert "hunter2" not in page.text
