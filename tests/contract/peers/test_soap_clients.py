"""Tests that other SOAP clients work with the mock server from its WSDL."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver import MockServer

PEERS = Path(__file__).parents[3] / "contract_tests" / "peers"
TEXT = "Hola ñandú, adiós"


def php() -> list[str]:
    program = shutil.which("php")
    if program is None:
        pytest.skip("PHP is missing (on Debian: apt-get install php-cli php-soap)")
    loaded = subprocess.run([program, "-m"], capture_output=True, text=True, check=True).stdout
    if "soap" not in loaded.split():
        pytest.skip("PHP's SoapClient is missing (on Debian: apt-get install php-soap)")
    return [program, str(PEERS / "php/peer.php")]


def node() -> list[str]:
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is missing")
    if not (PEERS / "node/node_modules/soap").is_dir():
        pytest.skip("node's soap is missing: run `npm ci` in contract_tests/peers/node")
    return [program, str(PEERS / "node/peer.js")]


def suds() -> list[str]:
    if find_spec("suds") is None:
        pytest.skip("suds is missing: pip install suds-community")
    return [sys.executable, str(PEERS / "suds/peer.py")]


def zeep() -> list[str]:
    return [sys.executable, str(PEERS / "zeep/peer.py")]


def java() -> list[str]:
    program = shutil.which("java")
    if program is None or shutil.which("javac") is None:
        pytest.skip("a JDK is missing (on Debian: apt-get install default-jdk-headless)")
    return [program, str(PEERS / "java/Peer.java")]


@pytest.mark.parametrize("peer", [php, node, suds, zeep, java])
def test_other_soap_clients_send_query_and_are_rejected(
    peer: Callable[[], list[str]], base_url: str, request: pytest.FixtureRequest
) -> None:
    ran = subprocess.run(
        [*peer(), f"{base_url}/webservice.php?wsdl"],
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
