"""Tests of the plugin in a project of its own: its cost and its reports."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.warm import PYTEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SEND = """
import urllib.request

QUERY = "?username=demo&password=demo&number=525512345678&message=hola"


def send(gateway):
    with urllib.request.urlopen(gateway.url_for("http") + QUERY, timeout=30) as reply:
        return reply.read()
"""


COLD_PYTEST = (sys.executable, "-m", "pytest")


def run(
    folder: Path, source: str, *arguments: str, pytest_: Sequence[str] = (str(PYTEST),)
) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(source, encoding="utf-8")
    return subprocess.run(
        [*pytest_, "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_run_without_the_fixtures_imports_neither_spyne_nor_the_server(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
import sys

def test_it():
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert not loaded & {"spyne", "uvicorn", "starlette", "fastapi", "lxml"}
    assert "convergia_mockserver.pytest_plugin" in sys.modules
""",
        pytest_=COLD_PYTEST,
    )
    assert done.returncode == 0, done.stdout


def test_an_error_inside_the_server_fails_the_test(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        SEND
        + """
import urllib.error

def test_it(convergia_mockserver, monkeypatch):
    def fail(call, request=None):
        raise ZeroDivisionError("inside")
    monkeypatch.setattr(convergia_mockserver.space, "answer", fail)
    try:
        send(convergia_mockserver)
    except urllib.error.HTTPError as error:
        error.close()
""",
    )
    assert done.returncode == 1
    assert "ZeroDivisionError: inside" in done.stdout
    assert "1 failed" in done.stdout


def test_check_raises_an_error_of_the_own_server(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        SEND
        + """
import urllib.error
import pytest

def test_it(convergia_httpserver, httpserver, monkeypatch):
    space = convergia_httpserver.space
    def fail(call, request=None):
        raise ZeroDivisionError("inside")
    monkeypatch.setattr(space, "answer", fail)
    with pytest.raises(urllib.error.HTTPError) as caught:
        send(convergia_httpserver)
    caught.value.close()
    with pytest.raises(ZeroDivisionError):
        httpserver.check()
    space.reset()
""",
    )
    assert done.returncode == 0, done.stdout


def test_the_tests_own_matchers_come_first_and_see_the_gateways_requests(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        SEND
        + """
from pytest_httpserver import RequestMatcher

def test_it(convergia_httpserver, httpserver):
    assert send(convergia_httpserver).startswith(b"100|")
    httpserver.assert_request_made(RequestMatcher("/", method="GET"))
    httpserver.check()
    httpserver.expect_oneshot_request("/").respond_with_data("mine")
    assert send(convergia_httpserver) == b"mine"
    assert send(convergia_httpserver).startswith(b"100|")
    httpserver.expect_request("/").respond_with_data("for good")
    assert send(convergia_httpserver) == b"for good"

def test_it_is_gone_afterwards(httpserver):
    assert httpserver.handlers == []
""",
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.exhaustive("plugin")
def test_parallel_workers_see_nothing_of_each_other(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        SEND
        + """
import pytest

@pytest.mark.parametrize("number", range(32))
def test_it(convergia_mockserver, number):
    for _ in range(number % 4):
        send(convergia_mockserver)
    assert len(convergia_mockserver.messages) == number % 4
""",
        "-n",
        "2",
    )
    assert done.returncode == 0, done.stdout
    assert "32 passed" in done.stdout


def test_options_reach_the_server(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        SEND
        + """
import pytest
from convergia_mockserver import Account

@pytest.fixture(scope="session")
def convergia_mockserver_options():
    return {"accounts": [Account(name="demo", password="demo", allowance=1)]}

def test_it(convergia_mockserver):
    assert [send(convergia_mockserver)[:3] for _ in range(2)] == [b"100", b"204"]
""",
    )
    assert done.returncode == 0, done.stdout
