"""Tests that other SOAP clients work with the mock server from its WSDL."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.contract.peers.programs import java, node, php, suds, zeep

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver import MockServer

TEXT = "Hola ñandú, adiós"
PEERS: dict[Callable[[str], list[str]], str] = {
    php: "peer.php",
    node: "peer.js",
    suds: "peer.py",
    zeep: "peer.py",
    java: "Peer.java",
}


@pytest.mark.parametrize(
    "peer",
    [php, node, suds, zeep, pytest.param(java, marks=pytest.mark.exhaustive("languages"))],
    ids=lambda peer: peer.__name__,
)
def test_other_soap_clients_send_query_and_are_rejected(
    peer: Callable[[str], list[str]], base_url: str, request: pytest.FixtureRequest
) -> None:
    ran = subprocess.run(
        [*peer(PEERS[peer]), f"{base_url}/webservice.php?wsdl"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert re.fullmatch(r"100\|\d+", said["accepted"])
    assert said["status"] == "3"
    assert said["refused"] == "201"
    if "mock" in request.node.callspec.id:
        mock: MockServer = request.getfixturevalue("mock")
        arrived = next(
            one for one in mock.space().messages if one.id == said["accepted"].partition("|")[2]
        )
        assert (arrived.text, arrived.extra) == (TEXT, "ref-1")
