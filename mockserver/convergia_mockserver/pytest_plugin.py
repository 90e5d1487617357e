"""The pytest plugin. Every test run loads it if the extra is installed, so it must be cheap.

The mock server, and with it spyne, is imported when a fixture is first used.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from .faces.wire import Face
    from .mock_server import MockServer
    from .testing.mock_gateway import MockGateway

_KINDS = ("arguments", "charset", "cleartext-password", "resend", "duplicate", "encoding")
_FIXTURES = ("convergia_mockserver", "convergia_httpserver")
_FORBID = "CONVERGIA_FORBID_LIVE"


@pytest.fixture(scope="session")
def convergia_mockserver_options() -> Mapping[str, object]:
    """Return the arguments for `MockServer` (accounts, profile, …). Override it to set them."""
    return {}


@pytest.fixture(scope="session")
def convergia_mockserver_process(
    convergia_mockserver_options: Mapping[str, object],
) -> Iterator[MockServer]:
    """Yield the mock server of this session, or of this worker under xdist."""
    from .mock_server import MockServer

    with MockServer(**convergia_mockserver_options) as server:  # type: ignore[arg-type]
        yield server


@pytest.fixture(scope="session")
def _convergia_ca_file(
    convergia_mockserver_process: MockServer, tmp_path_factory: pytest.TempPathFactory
) -> Path | None:
    ca_pem = convergia_mockserver_process.ca_pem
    if ca_pem is None:
        return None
    file = tmp_path_factory.mktemp("convergia") / "ca.pem"
    file.write_text(ca_pem)
    return file


@pytest.fixture
def convergia_mockserver(
    convergia_mockserver_process: MockServer, _convergia_ca_file: Path | None
) -> Iterator[MockGateway]:
    """Yield a mock gateway for this test, which is a new space on the session's server."""
    from .testing.mock_gateway import MockGateway

    server = convergia_mockserver_process
    space = server.world.fresh("test")
    gateway = MockGateway(
        server.url_for("http", space.name).rstrip("/"),
        space,
        lambda part: server.url_for(part, space.name),
    )
    with _environment(gateway, _convergia_ca_file):
        yield gateway
    server.world.delete(space.name)


@pytest.fixture(scope="session")
def _convergia_faces() -> dict[str, Face]:
    from convergia_wsdl import load_guide, load_profile

    from .faces.factory import create_faces

    return create_faces(load_guide(), load_profile())


@pytest.fixture
def convergia_httpserver(
    httpserver: HTTPServer, _convergia_faces: dict[str, Face]
) -> Iterator[MockGateway]:
    """Yield the gateway on pytest-httpserver's `httpserver`, whose handlers have precedence."""
    from .faces.factory import operations_of
    from .faces.paths import path_of
    from .gateway.settings import SpaceSettings
    from .gateway.world import World
    from .server.dispatch import Dispatcher
    from .testing.httpserver_mount import GatewayMount
    from .testing.mock_gateway import MockGateway

    operations = operations_of(_convergia_faces.values())
    world = World(settings=SpaceSettings(operations=operations))
    mount = GatewayMount(Dispatcher(world, _convergia_faces))
    mount.mount(httpserver)
    gateway = MockGateway(
        httpserver.url_for("").rstrip("/"),
        world.space(),
        lambda part: httpserver.url_for(path_of(part, world.guide)),
    )
    with _environment(gateway):
        yield gateway
    mount.unmount(httpserver)


@contextmanager
def _environment(gateway: MockGateway, ca_file: Path | None = None) -> Iterator[None]:
    """Make the application's own `Client()` and its subprocesses use the fixture's gateway."""
    from .gateway.accounts.account import HASHED

    values = {"CONVERGIA_BASE_URL": gateway.base_url}
    if ca_file is not None:
        values["CONVERGIA_CA_FILE"] = str(ca_file)
    account = next(iter(gateway.accounts.initial), None)
    if account is not None and not account.password.startswith(HASHED):
        values |= {"CONVERGIA_USERNAME": account.name, "CONVERGIA_PASSWORD": account.password}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CONVERGIA_PROXY", raising=False)  # a proxy could not reach this machine
        patch.delenv(
            "CONVERGIA_PASSWORD_FILE", raising=False
        )  # it conflicts with CONVERGIA_PASSWORD
        patch.delenv("CONVERGIA_ACCOUNT", raising=False)  # the mock does not know this account
        for name, value in values.items():
            patch.setenv(name, value)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    parser.addini(
        "convergia_fail_on",
        f"findings that fail a test with a mock server fixture: {', '.join(_KINDS)}",
        type="args",
        default=[],
    )
    parser.addini(
        "convergia_forbid_live",
        "forbid the live gateway, except in tests marked convergia_live",
        type="bool",
        default=True,
    )
    parser.addini(
        "convergia_strict_scripts",
        "fail a test if one of its scripts answered no request",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and check the options."""
    config.addinivalue_line(
        "markers",
        "convergia_allow(finding, ...): findings that do not fail this test, and `unused-scripts`",
    )
    config.addinivalue_line("markers", "convergia_live: this test may reach the live, paid gateway")
    if config.getini("convergia_forbid_live") and _FORBID not in os.environ:
        # It applies to the whole run, also while test modules are imported. Subprocesses inherit
        # it.
        os.environ[_FORBID] = "1"
        config.add_cleanup(_permit_live)
    for kind in config.getini("convergia_fail_on"):
        if kind not in _KINDS:
            raise pytest.UsageError(
                f"convergia_fail_on: the finding {kind!r} does not exist; the kinds are"
                f" {', '.join(_KINDS)}"
            )


def _permit_live() -> None:
    os.environ.pop(_FORBID, None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test marked `convergia_live`, with its fixtures, reach the live gateway."""
    forbidden = os.environ.get(_FORBID)
    if forbidden is None or item.get_closest_marker("convergia_live") is None:
        return (yield)
    _permit_live()
    try:
        return (yield)
    finally:
        os.environ[_FORBID] = forbidden


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test for errors inside the server, and for findings that the options forbid."""
    yield
    funcargs: dict[str, MockGateway] = getattr(item, "funcargs", {})
    allowed = {each for mark in item.iter_markers("convergia_allow") for each in mark.args}
    forbidden = [each for each in item.config.getini("convergia_fail_on") if each not in allowed]
    for name in _FIXTURES:
        gateway = funcargs.get(name)
        if gateway is None:
            continue
        gateway.check()
        if forbidden:
            gateway.assert_no_findings(*forbidden)
        if item.config.getini("convergia_strict_scripts") and "unused-scripts" not in allowed:
            gateway.assert_scripts_used()
