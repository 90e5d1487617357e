"""The fixtures of the suite: the target, and the speakers that send requests to it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from convergia_wsdl import load_profile

from convergia_contract.provenance import provenance
from convergia_contract.selection import target_of
from convergia_contract.suite.by_hand import HttpByHand, SoapByHand, SpeakerByHand
from convergia_contract.suite.by_hand.operations import guarded_operations, other_operations
from convergia_contract.suite.through_client import (
    SpeakerThroughAsyncClient,
    SpeakerThroughClient,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convergia_contract.suite.speaker import Speaker
    from convergia_contract.target import Target

TRANSPORTS = ("http", "soap")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize tests with the WSDL's operations other than send and status."""
    for name, chosen in (
        ("operation", other_operations),
        ("guarded_operation", guarded_operations),
    ):
        if name in metafunc.fixturenames:
            profile = load_profile(metafunc.config.getoption("gateway_profile"))
            metafunc.parametrize(name, chosen(profile))


@pytest.fixture(scope="session")
def target(
    request: pytest.FixtureRequest, record_testsuite_property: Callable[[str, object], None]
) -> Iterator[Target]:
    """Yield the gateway at `--gateway-url`, or without that option a mock server started here."""
    with ExitStack() as stack:
        target = target_of(request.config, stack)
        for name, value in provenance(target.base_url, target.profile).items():
            record_testsuite_property(name, value)
        yield target


@pytest.fixture(scope="session", params=TRANSPORTS, ids="by-hand-{}".format)
def by_hand(request: pytest.FixtureRequest, target: Target) -> SpeakerByHand:
    """Return a speaker with plain requests, over each transport in turn."""
    return HttpByHand(target) if request.param == "http" else SoapByHand(target)


@pytest.fixture(scope="session")
def http_by_hand(target: Target) -> HttpByHand:
    """Return a speaker with plain GET requests."""
    return HttpByHand(target)


@pytest.fixture(scope="session")
def soap_by_hand(target: Target) -> SoapByHand:
    """Return a speaker with plain SOAP envelopes."""
    return SoapByHand(target)


@pytest.fixture(scope="session", params=TRANSPORTS, ids="client-{}".format)
def through_client(
    request: pytest.FixtureRequest, target: Target
) -> Iterator[SpeakerThroughClient]:
    """Yield a speaker that uses the client, over each transport in turn."""
    with SpeakerThroughClient(target, request.param) as speaker:
        yield speaker


@pytest.fixture(
    scope="session",
    params=[
        f"{way}-{transport}"
        for way in ("by-hand", "client", "async-client")
        for transport in TRANSPORTS
    ],
)
def speaker(request: pytest.FixtureRequest, target: Target) -> Iterator[Speaker]:
    """Yield every speaker in turn: by hand and through both clients, over both transports."""
    way, _, transport = request.param.rpartition("-")
    if way == "by-hand":
        yield HttpByHand(target) if transport == "http" else SoapByHand(target)
    elif way == "client":
        with SpeakerThroughClient(target, transport) as client:
            yield client
    else:
        yield SpeakerThroughAsyncClient(target, transport)
