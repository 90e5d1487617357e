"""Fixtures: both stores, empty, for each test."""

from __future__ import annotations

import itertools
import shutil
import uuid
from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import Outbox

from benchmarks.postgresql import MissingProgramError, postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.postgresql import PostgresServer


class Clock:
    """A clock that stands still until a test moves it, and starts in November 2026."""

    def __init__(self) -> None:
        self.milliseconds = 1_795_000_000_000

    def __call__(self) -> int:
        return self.milliseconds

    def advance(self, seconds: float) -> None:
        self.milliseconds += round(seconds * 1000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    try:
        with postgres_server(durable=False) as server:
            yield server
    except MissingProgramError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty store: to copy it is quicker than to migrate another."""
    path = tmp_path_factory.mktemp("template") / "outbox.db"
    Outbox(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgresServer) -> str:
    """The name of a database that holds an empty store."""
    name = "emptystore"
    Outbox(postgresql.create(name)).close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, once of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "outbox.db")
        return f"sqlite:///{tmp_path}/outbox.db"
    server: PostgresServer = request.getfixturevalue("postgresql")
    template: str = request.getfixturevalue("postgresql_template")
    return server.create(f"t{uuid.uuid4().hex}", template)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_without_tables(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/outbox.db"
    server: PostgresServer = request.getfixturevalue("postgresql")
    return server.create(f"t{uuid.uuid4().hex}")


@pytest.fixture
def outbox(store_url: str, clock: Clock) -> Iterator[Outbox]:
    with Outbox(store_url, clock=clock) as outbox:
        yield outbox


@pytest.fixture
def numbers() -> Iterator[str]:
    """Return Mexican numbers, all different."""
    return (f"55{index:08d}" for index in itertools.count(10_000_000))
