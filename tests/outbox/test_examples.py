"""Tests that the examples run unchanged, against a gateway of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "examples"

FASTAPI = """
import asyncio, http.client, json, threading, uvicorn
from outbox_fastapi import app, engine, outbox

server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
thread = threading.Thread(target=server.run)
thread.start()
while not server.started:
    assert thread.is_alive()

def ask(method, path, body=None):
    address = server.servers[0].sockets[0].getsockname()
    connection = http.client.HTTPConnection(*address)
    headers = {"content-type": "application/json"}
    connection.request(method, path, body and json.dumps(body), headers)
    reply = connection.getresponse()
    answer = reply.status, json.loads(reply.read())
    connection.close()
    return answer

try:
    assert ask("POST", "/orders", {"phone": "12", "item": "té"})[0] == 422
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one() == 0
    status, order = ask("POST", "/orders", {"phone": "5512345678", "item": "café"})
    assert status == 201
    while (answer := ask("GET", f"/orders/{order['id']}/sms"))[1]["state"] != "accepted":
        assert answer[1]["state"] in {"queued", "sending"}, answer
    assert ask("GET", "/orders/99/sms")[0] == 404
finally:
    server.should_exit = True
    thread.join()
    outbox.close()
"""

DJANGO = """
import asyncio
import outbox_django as shop
from django.test import Client
from convergia_sms.outbox import Filter, State

shop.migrate()
client = Client()
assert client.post("/orders", {"phone": "12", "item": "té"}).status_code == 400
assert shop.Order.objects.count() == 0
reply = client.post("/orders", {"phone": "5512345678", "item": "100% café"})
assert reply.status_code == 201, reply.content
assert shop.outbox.counts()[State.QUEUED] == 1
asyncio.run(shop.work(Filter()))
order = reply.json()["id"]
assert client.get(f"/orders/{order}/sms").json()["state"] == "accepted"
assert client.get("/orders/99/sms").status_code == 404
shop.outbox.close()
"""


@pytest.fixture
def gateway() -> Iterator[MockServer]:
    with MockServer(delivery_delay=0.1) as server:
        yield server


def run(folder: Path, gateway: MockServer, *arguments: str) -> str:
    environment = {
        **os.environ,
        "CONVERGIA_BASE_URL": gateway.base_url,
        "CONVERGIA_USERNAME": "demo",
        "CONVERGIA_PASSWORD": "demo",
        "PYTHONPATH": str(EXAMPLES),
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.exhaustive("distribution")
def test_a_script_started_twice_sends_once(tmp_path: Path, gateway: MockServer) -> None:
    script = str(EXAMPLES / "outbox_script.py")
    assert run(tmp_path, gateway, script) == "3 new, 0 known already\ndelivered: 3\n"
    assert run(tmp_path, gateway, script) == "0 new, 3 known already\ndelivered: 3\n"
    assert len(gateway.space().messages) == 3


@pytest.mark.exhaustive("distribution")
@pytest.mark.parametrize(("code", "text"), [(FASTAPI, "café"), (DJANGO, "100% café")])
def test_an_order_and_its_sms_are_one_transaction(
    tmp_path: Path, gateway: MockServer, code: str, text: str
) -> None:
    run(tmp_path, gateway, "-c", code)
    (message,) = gateway.space().messages
    assert message.text == f"Gracias por su pedido 1: {text}"
