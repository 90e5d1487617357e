"""Fixtures: a gateway for each test, and a way to run `convergia` against it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from convergia_mockserver import Account, MockServer
from convergia_sms.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from click.testing import Result

# Long and odd, so that no output holds it by chance.
PASSWORD = "s3cr3t <&> ñandú/%20"


class Convergia:
    """A function that runs `convergia` in this process, and fails if it prints the password."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.environment: dict[str, str | None] = {
            **{name: None for name in os.environ if name.startswith("CONVERGIA_")},
            "CONVERGIA_BASE_URL": base_url,
            "CONVERGIA_USERNAME": "tienda",
            "CONVERGIA_PASSWORD": PASSWORD,
        }

    def __call__(
        self, *arguments: str, stdin: str = "", env: Mapping[str, str | None] | None = None
    ) -> Result:
        environment = {**self.environment, **(env or {})}
        done = CliRunner().invoke(
            main, arguments, input=stdin, env=environment, prog_name="convergia"
        )
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert PASSWORD not in done.output
        return done

    def json(self, *arguments: str, env: Mapping[str, str | None] | None = None) -> Any:
        """Return the single document that the command prints with `--json`."""
        return json.loads(self(*arguments, "--json", env=env).stdout)


@pytest.fixture
def gateway() -> Iterator[MockServer]:
    accounts = [Account(name="tienda", password=PASSWORD)]
    with MockServer(accounts=accounts, delivery_delay=0) as server:
        yield server


@pytest.fixture
def convergia(gateway: MockServer) -> Convergia:
    return Convergia(gateway.base_url)
