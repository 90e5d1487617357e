"""Tests that a test run with the plugin never reaches the live gateway."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from convergia_sms import Client, LiveGatewayBlockedError

from tests.mockserver.pytest.test_plugin import run

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_mockserver import MockGateway

# An application's module: it knows nothing of tests, and makes its client when it is imported.
SHOP = """
from convergia_sms import Client

sms = Client("tienda", "s3cr3t", base_url=None)

def tell(number):
    with Client() as own:
        return own.send(number, "Su pedido va en camino").message_id

def tell_by_the_module(number):
    return sms.send(number, "Su pedido va en camino").message_id
"""
TEST = """
import os, subprocess, sys

import pytest
import shop
from convergia_sms import LiveGatewayBlockedError

def test_the_applications_own_client_meets_the_mock(convergia_mockserver):
    shop.tell("55 1234 5678")
    convergia_mockserver.assert_sent(number="55 1234 5678", count=1)

def test_so_does_a_subprocess(convergia_mockserver):
    program = "import shop; shop.tell('55 1234 5678')"
    subprocess.run([sys.executable, "-c", program], check=True)
    convergia_mockserver.assert_sent(number="55 1234 5678", count=1)

def test_a_client_created_before_the_test_cannot_leave_the_machine():
    with pytest.raises(LiveGatewayBlockedError):
        shop.tell_by_the_module("55 1234 5678")

def test_neither_can_a_subprocess():
    program = "import shop; shop.tell_by_the_module('55 1234 5678')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "LiveGatewayBlockedError" in done.stderr

def test_the_fixture_restores_the_environment():
    assert "CONVERGIA_BASE_URL" not in os.environ

@pytest.mark.convergia_live
def test_a_marked_test_may():
    assert "CONVERGIA_FORBID_LIVE" not in os.environ
"""


def test_an_applications_client_cannot_leave_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("CONVERGIA_")]:
        monkeypatch.delenv(name)
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    done = run(tmp_path, TEST)
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


def test_an_option_permits_the_live_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("CONVERGIA_")]:
        monkeypatch.delenv(name)
    source = "import os\ndef test_it():\n    assert 'CONVERGIA_FORBID_LIVE' not in os.environ\n"
    assert run(tmp_path, source).returncode == 1
    assert run(tmp_path, source, "-o", "convergia_forbid_live=false").returncode == 0


def test_this_run_is_protected(convergia_mockserver: MockGateway) -> None:
    with Client() as sms:
        sms.send("55 1234 5678", "Hola")
    convergia_mockserver.assert_sent(count=1)
    live = "http://smswebservices.convergia.net.mx:8181"
    with Client(base_url=live) as sms, pytest.raises(LiveGatewayBlockedError):
        sms.send("55 1234 5678", "Hola")
