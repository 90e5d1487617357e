"""Tests that every connection goes through the proxy, for each command and place in the code."""

from __future__ import annotations

import ast
import asyncio
import os
import socket
import ssl
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import convergia_sms
import pytest
import trustme
from convergia_sms import AsyncClient, Client, DeliveryStatus, Message, Retries
from convergia_sms.cli._catalogue import CATALOGUE
from convergia_sms.outbox import Outbox, Poller, RetryPolicy, WebhookSender
from convergia_wsdl import load_guide

from tests.cli.bulk.conftest import Shell
from tests.cli.conftest import PASSWORD
from tests.cli.gate import Gate
from tests.client.forward_proxy import ForwardProxy
from tests.exhaustive import sampled
from tests.outbox.conftest import Clock
from tests.outbox.scripted import ScriptedStatus, accepted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convergia_mockserver import MockServer

    from tests.cli.conftest import Convergia

SOURCE = Path(convergia_sms.__file__).parent
NUMBER = "5512345678"

# Every command of the client, an example of its use, and whether that talks to the gateway.
COMMANDS: dict[str, tuple[list[str], bool]] = {
    "send": (["send", NUMBER, "Hola"], True),
    "status": (["status", "1"], True),
    "doctor": (["doctor"], True),
    "probe": (["probe"], True),
    "wsdl call": (["wsdl", "call", "estatus_mensaje", "messageid=1"], True),
    "wsdl diff": (["wsdl", "diff"], True),
    "wsdl refresh": (["wsdl", "refresh", "--output", "fetched"], True),
    "wsdl show": (["wsdl", "show"], False),
    "wsdl stubs": (["wsdl", "stubs"], False),
    "codes": (["codes"], False),
    "completion": (["completion", "bash"], False),
    "bulk send": (["bulk", "send", "rows.csv"], True),
    "bulk resume": (["bulk", "resume"], True),
    "worker": (["worker", "--until-empty", "--no-poll"], True),
    "bulk status": (["bulk", "status"], False),
    "bulk report": (["bulk", "report", "--format", "csv"], False),
    "bulk reconcile": (["bulk", "reconcile"], False),
    "bulk cancel": (["bulk", "cancel", "enero"], False),
    "bulk optout list": (["bulk", "optout", "list"], False),
    "bulk optout add": (["bulk", "optout", "add", NUMBER], False),
    "bulk optout remove": (["bulk", "optout", "remove", NUMBER], False),
    "bulk optout import": (["bulk", "optout", "import", "numbers.csv"], False),
    "bulk purge": (["bulk", "purge", "--before", "30 days"], False),
}
TALKING = [name for name, (_, talks) in COMMANDS.items() if talks]
# These go on trying until they are stopped.
PATIENT = {"bulk send", "bulk resume", "worker"}


def commands(group: click.Group, above: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}"


def own_commands() -> Iterator[str]:
    for name, listed in CATALOGUE.items():
        if listed.target is not None:
            module, _, attribute = listed.target.partition(":")
            command = getattr(import_module(module), attribute)
            if isinstance(command, click.Group):
                yield from commands(command, f"{name} ")
            else:
                yield name


# Every place in the code that makes a transport, and what below shows where it leads.
OPENERS = {
    "_async_client.py: _make": "test_a_client_goes_through_the_proxy",
    "_client.py: _start": "test_a_client_goes_through_the_proxy",
    "_probe/gateway.py: __init__": "probe",
    "_webservice/fetching.py: fetch_wsdl": "wsdl diff",
    "cli/doctor/_gateway_checks.py: _reach": "doctor",
    "outbox/_webhook.py: connections": "test_a_webhook_goes_through_the_proxy",
    "soap.py: _blocking": "tests/client/test_safe_transport.py",
    "soap.py: _connections": "tests/client/test_safe_transport.py",
}
TRANSPORTS = {"AsyncTransport", "BlockingTransport"}
# What speaks over a network, beside the transports. The other uses of `socket` open nothing.
NETWORKS = {
    "aiohttp", "ftplib", "http.client", "http.server", "httpx", "requests", "smtplib", "socket",
    "socketserver", "urllib.request", "urllib3", "websockets", "xmlrpc.client",
}  # fmt: skip
HARMLESS = {
    "_settings": "reads an IPv6 address",
    "outbox/_lease.py": "the host's name",
    "outbox/metrics.py": "serves the worker's own numbers, and connects to nothing",
}
OPENING = {"create_connection", "create_datagram_endpoint", "open_connection", "sock_connect"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if not name.startswith("_transports/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_command_is_run_below() -> None:
    assert set(own_commands()) == COMMANDS.keys()


def test_every_place_that_makes_a_transport_is_run_below() -> None:
    found = set()
    for name, tree in modules():
        for function in ast.walk(tree):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                called = {
                    node.func.id
                    for node in ast.walk(function)
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                }
                found |= {f"{name}: {function.name}" for _ in called & TRANSPORTS}
    assert found == OPENERS.keys()
    here = COMMANDS.keys() | globals().keys() | {"tests/client/test_safe_transport.py"}
    assert set(OPENERS.values()) <= here


def test_nothing_but_the_transports_opens_a_connection() -> None:
    for name, tree in modules():
        if not any(name.startswith(known) for known in HARMLESS):
            assert not NETWORKS & set(imported(tree)), name
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not OPENING & attributes, name


@pytest.fixture
def gate(gateway: MockServer) -> Iterator[Gate]:
    gate = Gate(gateway.base_url)
    yield gate
    gate.stop()


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    proxy = ForwardProxy()
    yield proxy
    with suppress(OSError):
        proxy.stop()


@pytest.fixture
def dead_proxy() -> Iterator[str]:
    """A port at which nothing listens, reserved for the length of the test."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://user:p%40ss@127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a file of rows, and an outbox with a message that is due."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numbers.csv").write_text(f"number\n{NUMBER}\n", encoding="utf-8")
    (tmp_path / "rows.csv").write_text(f"number,message\n{NUMBER},Buenas\n", encoding="utf-8")
    with Outbox("sqlite:///convergia-outbox.db", account="tienda") as outbox:
        outbox.enqueue(NUMBER, "Hola", batch="enero")
    return tmp_path


@pytest.mark.parametrize("name", sampled(COMMANDS, "variants", every=3))
def test_a_command_goes_through_the_proxy(
    name: str, convergia: Convergia, gate: Gate, proxy: ForwardProxy, folder: Path
) -> None:
    arguments, talks = COMMANDS[name]
    env = {"CONVERGIA_BASE_URL": gate.base_url, "CONVERGIA_PROXY": proxy.url}

    done = convergia(*arguments, env=env)

    assert "Traceback" not in done.output
    assert gate.arrived == proxy.dialled
    assert (gate.arrived > 0) == talks, done.output
    assert "p%40ss" not in done.output


@pytest.mark.parametrize("name", sampled(TALKING, "variants", every=3))
def test_nothing_arrives_when_the_proxy_is_dead(
    name: str, convergia: Convergia, gate: Gate, dead_proxy: str, folder: Path
) -> None:
    arguments, _ = COMMANDS[name]
    env = {"CONVERGIA_BASE_URL": gate.base_url, "CONVERGIA_PROXY": dead_proxy}
    if name in PATIENT:
        told = stopped_after_its_first_failure(folder, gate.base_url, arguments, env)
    else:
        done = convergia(*arguments, env=env)
        assert done.exit_code != 0
        told = done.output

    assert "Connection refused" in told
    assert gate.arrived == 0


@pytest.mark.parametrize("name", TALKING)
def test_no_command_reaches_a_live_gateway_that_is_forbidden(
    name: str, convergia: Convergia, proxy: ForwardProxy, folder: Path
) -> None:
    arguments, _ = COMMANDS[name]
    env = {
        "CONVERGIA_BASE_URL": load_guide().base_url,
        "CONVERGIA_PROXY": proxy.url,
        "CONVERGIA_FORBID_LIVE": "1",
    }
    if name in PATIENT:
        told = stopped_after_its_first_failure(folder, env["CONVERGIA_BASE_URL"], arguments, env)
    else:
        done = convergia(*arguments, env=env)
        assert name == "probe" or done.exit_code == 1  # probe reports it as a finding
        told = done.output

    assert "CONVERGIA_FORBID_LIVE is set" in told
    assert "Traceback" not in told
    assert proxy.dialled == 0


def stopped_after_its_first_failure(
    folder: Path, base_url: str, arguments: list[str], env: dict[str, str]
) -> str:
    """Run a command in a process until it reports a failure, and stop it. Return its output."""
    shell = Shell(folder, base_url)
    more = {"CONVERGIA_USERNAME": "tienda", "CONVERGIA_PASSWORD": PASSWORD, **env}
    with shell.start(*arguments, env=more) as process:
        try:
            assert process.stderr is not None
            told = ""
            while "shown once" not in told and (line := process.stderr.readline()):
                told += line
        finally:
            process.terminate()
            process.communicate(timeout=60)
    return told


def client_calls(client: Client) -> Iterator[Callable[[], object]]:
    yield lambda: client.send(NUMBER, "Hola")
    yield lambda: list(client.send_many([Message(NUMBER, "Hola")]))
    yield lambda: client.status("1")
    yield lambda: client.wait("1", timeout=0)


@pytest.mark.parametrize("alive", [True, False], ids=["proxy", "dead proxy"])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_goes_through_the_proxy(
    kind: type[Any],
    alive: bool,
    gate: Gate,
    proxy: ForwardProxy,
    dead_proxy: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONVERGIA_PROXY", proxy.url if alive else dead_proxy)
    options: dict[str, Any] = {"base_url": gate.base_url, "retries": Retries(connect=0, status=0)}

    async def in_a_loop() -> None:
        async with AsyncClient("tienda", PASSWORD, **options) as client:
            with suppress(convergia_sms.ConvergiaError):
                await client.send(NUMBER, "Hola")
            async for _ in client.send_many([Message(NUMBER, "Hola")]):
                pass
            for ask in (client.status("1"), client.wait("1", timeout=0)):
                with suppress(convergia_sms.ConvergiaError):
                    await ask

    if kind is AsyncClient:
        asyncio.run(in_a_loop())
    else:
        with Client("tienda", PASSWORD, **options) as client:
            for call in client_calls(client):
                with suppress(convergia_sms.ConvergiaError):
                    call()

    assert gate.arrived == proxy.dialled == (4 if alive else 0)


@pytest.fixture
def tls_gate(
    gateway: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gate]:
    """A gate that requires a client certificate, and the environment for it."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    # Where the server judges the client's certificate before the handshake ends.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    ca_file, client_cert = tmp_path / "ca.pem", tmp_path / "client.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    authority.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(str(client_cert))
    gate = Gate(gateway.base_url, context)
    gate.base_url = gate.base_url.replace("http://127.0.0.1", "https://localhost")
    monkeypatch.setenv("CONVERGIA_CA_FILE", str(ca_file))
    monkeypatch.setenv("CONVERGIA_CLIENT_CERT", str(client_cert))
    yield gate
    gate.stop()


@pytest.mark.parametrize("name", sampled(TALKING, "variants", every=3))
def test_a_command_hands_on_the_ca_file_and_the_client_certificate(
    name: str, convergia: Convergia, tls_gate: Gate, folder: Path
) -> None:
    arguments, _ = COMMANDS[name]
    here = {"CONVERGIA_CA_FILE", "CONVERGIA_CLIENT_CERT"}
    env = {key: os.environ[key] for key in here} | {"CONVERGIA_BASE_URL": tls_gate.base_url}

    done = convergia(*arguments, env=env)

    assert tls_gate.shook_hands == tls_gate.arrived > 0, done.output


def test_a_webhook_hands_on_the_ca_file_and_the_client_certificate(
    tls_gate: Gate, tmp_path: Path
) -> None:
    with outbox_with_a_notification(tmp_path) as outbox:
        url = f"{tls_gate.base_url}/hook"
        sender = WebhookSender(outbox, url, "s", retry=RetryPolicy(budget=1))
        asyncio.run(sender.run(until_done=True))

    assert tls_gate.shook_hands == tls_gate.arrived == 1


@contextmanager
def outbox_with_a_notification(folder: Path) -> Iterator[Outbox]:
    clock = Clock()
    with Outbox(f"sqlite:///{folder / 'webhooks.db'}", account="tienda", clock=clock) as outbox:
        accepted(outbox, "7")
        clock.advance(10)
        delivered = ScriptedStatus({"7": [DeliveryStatus.DELIVERED]})
        asyncio.run(Poller(outbox, delivered, webhook=True).run(until_done=True))
        yield outbox


@pytest.mark.parametrize("alive", [True, False], ids=["proxy", "dead proxy"])
def test_a_webhook_goes_through_the_proxy(
    alive: bool,
    gate: Gate,
    proxy: ForwardProxy,
    dead_proxy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONVERGIA_PROXY", proxy.url if alive else dead_proxy)
    with outbox_with_a_notification(tmp_path) as outbox:
        sender = WebhookSender(outbox, f"{gate.base_url}/hook", "s", retry=RetryPolicy(budget=1))
        asyncio.run(sender.run(until_done=True))

    assert gate.arrived == proxy.dialled == (1 if alive else 0)
