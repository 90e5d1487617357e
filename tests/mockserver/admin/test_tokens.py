"""Tests of admin tokens: their rights and their spaces."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest
import urllib3
from click.testing import CliRunner
from convergia_mockserver import AdminTokenError, MockServer
from convergia_mockserver.cli.coverage import coverage
from convergia_mockserver.server.access import load_access

from tests.mockserver.admin.conftest import Control
from tests.mockserver.portal.browser import Browser, Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL, SHOP, READS = "operations-0123456789", "shop-team-0123456789", "dashboard-0123456789"
FILE = f"""
[tokens.operations]
token = "{ALL}"
[tokens.shop]
token = "{SHOP}"
spaces = ["shop"]
[tokens.dashboard]
token = "{READS}"
read_only = true
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    file = tmp_path_factory.mktemp("tokens") / "tokens.toml"
    file.write_text(FILE)
    with MockServer(admin_tokens=file) as server:
        yield server


@pytest.fixture
def controls(guarded: MockServer) -> Iterator[Control]:
    guarded.space("shop")
    guarded.space("bank")
    with urllib3.PoolManager() as pool:
        yield Control(pool, guarded.base_url)


def status(controls: Control, method: str, path: str, token: str | None, space: str = "") -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    prefix = f"/s/{space}" if space else ""
    return Control(controls.pool, controls.base_url + prefix).call(method, path, **headers)[0]


def log_in(browser: Browser, **more: str) -> Page:
    return browser.submit("login", "login", account="demo", password="demo", next="", **more)


@pytest.mark.parametrize("path", ["/messages", "/spaces", "/metrics", "/snapshot", "/scripts/1"])
@pytest.mark.parametrize("token", [None, "", "unknown-0123456789", ALL[:-1], ALL + "x"])
def test_a_request_without_a_valid_token_is_401(
    controls: Control, path: str, token: str | None
) -> None:
    assert status(controls, "GET", path, token) == 401


@pytest.mark.parametrize("path", ["/health", "/", "/openapi.json"])
def test_paths_without_private_data_require_no_token(controls: Control, path: str) -> None:
    assert status(controls, "GET", path, None) == 200


def test_every_operation_asks_for_a_token_as_the_document_says(controls: Control) -> None:
    operations = [
        (method.upper(), re.sub(r"\{\w+\}", "1", path), each)
        for path, methods in controls.get("/openapi.json")["paths"].items()
        for method, each in methods.items()
    ]
    assert len(operations) > 30
    for method, path, each in operations:
        refused = status(controls, method, path, None) == 401
        assert refused == ("security" in each), (method, path)
        if method != "GET":
            assert status(controls, method, path, READS) == 403, (method, path)


@pytest.mark.parametrize(
    ("method", "path", "token", "space", "expected"),
    [
        ("GET", "/messages", ALL, "", 200),
        ("POST", "/reset", ALL, "bank", 204),
        ("GET", "/messages", SHOP, "shop", 200),
        ("POST", "/reset", SHOP, "shop", 204),
        ("GET", "/messages", SHOP, "bank", 403),
        ("GET", "/messages", SHOP, "", 403),
        ("GET", "/spaces", SHOP, "shop", 403),
        ("GET", "/metrics", SHOP, "shop", 403),
        ("DELETE", "/spaces/bank", SHOP, "shop", 403),
        ("DELETE", "/spaces/b%61nk", SHOP, "shop", 403),
        ("DELETE", "/spaces/shop", SHOP, "", 204),
        ("GET", "/messages", READS, "bank", 200),
        ("GET", "/spaces", READS, "", 200),
        ("POST", "/reset", READS, "bank", 403),
        ("DELETE", "/spaces/bank", READS, "", 403),
        ("GET", "/snapshot", READS, "bank", 403),
    ],
)
def test_a_token_is_valid_only_for_its_spaces_and_rights(
    controls: Control, method: str, path: str, token: str, space: str, expected: int
) -> None:
    assert status(controls, method, path, token, space) == expected


def test_metrics_beside_the_control_ask_too(controls: Control, guarded: MockServer) -> None:
    url = f"{guarded.base_url}/metrics"
    assert controls.pool.request("GET", url).status == 401
    given = controls.pool.request("GET", url, headers={"Authorization": f"Bearer {READS}"})
    assert given.status == 200


def test_the_gateway_itself_asks_for_no_token(controls: Control) -> None:
    assert controls.send().startswith("100|")


def test_the_workbench_is_closed_without_a_token(guarded: MockServer) -> None:
    reader, owner = (Browser(guarded.url_for("portal", "shop")) for _ in range(2))
    assert log_in(reader).status == 200
    page = reader.get("")
    assert 'action="/s/shop/portal/clock"' not in page.text
    assert log_in(owner, token=SHOP).status == 200
    assert 'action="/s/shop/portal/clock"' in owner.get("").text
    assert reader.submit("clock", "send", do="freeze").status == 403
    assert owner.submit("clock", "send", do="freeze").status == 200
    guarded.space("shop").clock.reset()


@pytest.mark.parametrize("token", [READS, "unknown-0123456789"])
def test_a_token_that_may_not_control_does_not_open_the_workbench(
    guarded: MockServer, token: str
) -> None:
    browser = Browser(guarded.url_for("portal", "shop"))
    log_in(browser, token=token)
    assert 'action="/s/shop/portal/clock"' not in browser.get("").text


def test_coverage_brings_a_token_along(guarded: MockServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{READS}\n")
    given = CliRunner().invoke(coverage, [guarded.base_url, "--admin-token-file", str(file)])
    assert given.exit_code == 0, given.output
    without = CliRunner().invoke(coverage, [guarded.base_url])
    assert without.exit_code == 1
    assert "Hint: --admin-token-file" in without.output


def test_a_token_file_may_hold_a_single_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{ALL}\n")
    access = load_access(file)
    grant = access.grant(ALL)
    assert grant is not None
    assert grant.objection(None, writes=True) is None
    assert access.grant(SHOP) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3cr3t",
        "[tokens.a]\ntoken = s3cr3t-and-not-quoted",
        '[tokens.a]\ntoken = "s3cr3t"',
        '[tokens.a]\ntoken = "s3cr3t-0123456789"\nspaces = ["no space"]',
        '[tokens.a]\ntoken = "s3cr3t-0123456789"\nreadonly = true',
        "[tokens]",
    ],
)
def test_an_invalid_token_file_is_refused_without_showing_the_token(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    with pytest.raises(AdminTokenError) as refused:
        load_access(file)
    assert "s3cr3t" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_no_token_is_logged(controls: Control, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    status(controls, "GET", "/messages", ALL)
    assert ALL not in "\n".join(
        each.getMessage() for each in caplog.records if not each.name.startswith("urllib3")
    )
