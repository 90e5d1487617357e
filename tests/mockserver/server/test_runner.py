"""Tests of the server in a thread, over real sockets."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as reply:
        return bytes(reply.read())


def send(server: MockServer, space: str | None = None, username: str = "demo") -> bytes:
    query = f"?username={username}&password=demo&number=525512345678&message=hola"
    return get(server.url_for("http", space) + query)


def test_it_answers_once_started(server: MockServer) -> None:
    assert send(server).startswith(b"100|")
    assert [message.text for message in server.space().messages] == ["hola"]


def test_a_path_names_a_space(server: MockServer) -> None:
    assert send(server, "ci-1").startswith(b"100|")
    assert len(server.space("ci-1").messages) == 1
    assert server.space().messages == []


def test_an_account_names_a_space(server: MockServer) -> None:
    assert send(server, username="demo@ci-2").startswith(b"100|")
    assert [message.account for message in server.space("ci-2").messages] == ["demo"]


def test_it_can_be_started_again(server: MockServer) -> None:
    server.stop()
    with pytest.raises(RuntimeError, match="not running"):
        server.base_url  # noqa: B018
    server.start()
    assert send(server).startswith(b"100|")
