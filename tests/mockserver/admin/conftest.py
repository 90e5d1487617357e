"""Fixtures: a running server, and a plain HTTP client for its admin API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from convergia_mockserver import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Control:
    """Calls `/__admin` of one space."""

    pool: urllib3.PoolManager
    base_url: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """The status and the decoded body."""
        response = self.pool.request(
            method,
            f"{self.base_url}/__admin{path}",
            body=None if body is None else json.dumps(body),
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            retries=False,
        )
        kind = response.headers.get("Content-Type", "")
        return response.status, json.loads(response.data) if "json" in kind else response.data

    def get(self, path: str) -> Any:
        """The body of what has to be there."""
        status, body = self.call("GET", path)
        assert status == 200, body
        return body

    def send(self, text: str = "Hola", number: str = "525512345678", **rest: str) -> str:
        """Send over the HTTP face; what it answers."""
        fields = {"username": "demo", "password": "demo", "number": number, "message": text}
        response = self.pool.request("GET", self.base_url + "/", fields={**fields, **rest})
        return response.data.decode()


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


@pytest.fixture
def space(server: MockServer) -> Iterator[str]:
    fresh = server.world.fresh("admin")
    yield fresh.name
    server.world.delete(fresh.name)


@pytest.fixture
def control(server: MockServer, space: str) -> Iterator[Control]:
    with urllib3.PoolManager(maxsize=64, block=False) as pool:
        yield Control(pool, f"{server.base_url}/s/{space}")
