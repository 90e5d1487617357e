"""The programs that run peers in other languages. A test whose program is missing is skipped."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

_PEERS = Path(__file__).parents[3] / "contract_tests" / "peers"


def php(source: str) -> list[str]:
    """Return the command that runs a PHP peer."""
    program = shutil.which("php")
    if program is None:
        pytest.skip("PHP is missing (on Debian: apt-get install php-cli php-soap)")
    loaded = subprocess.run([program, "-m"], capture_output=True, text=True, check=True).stdout
    if "soap" not in loaded.split():
        pytest.skip("PHP's SoapClient is missing (on Debian: apt-get install php-soap)")
    return [program, str(_PEERS / "php" / source)]


def node(source: str) -> list[str]:
    """Return the command that runs a Node peer."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is missing")
    if not (_PEERS / "node/node_modules/soap").is_dir():
        pytest.skip("node's soap is missing: run `npm ci` in contract_tests/peers/node")
    return [program, str(_PEERS / "node" / source)]


def java(source: str) -> list[str]:
    """Return the command that compiles and runs a Java peer."""
    program = shutil.which("java")
    if program is None or shutil.which("javac") is None:
        pytest.skip("a JDK is missing (on Debian: apt-get install default-jdk-headless)")
    return [program, str(_PEERS / "java" / source)]


def suds(source: str) -> list[str]:
    """Return the command that runs a peer with suds."""
    if find_spec("suds") is None:
        pytest.skip("suds is missing: pip install suds-community")
    return [sys.executable, str(_PEERS / "suds" / source)]


def zeep(source: str) -> list[str]:
    """Return the command that runs a peer with zeep."""
    return [sys.executable, str(_PEERS / "zeep" / source)]
