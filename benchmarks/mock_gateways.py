"""The servers that `benchmarks.mockserver` measures, each started as its users do."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from convergia_contract.reference import ReferenceGateway, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).with_name("servers")
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"  xmlns:tns="urn:webservice"><soap:Body>'
    "<tns:enviar_mensaje><username>demo</username><password>demo</password>"
    "<number>525512345678</number><message>Su pedido va en camino</message>"
    "<extra>pedido-1234</extra></tns:enviar_mensaje></soap:Body></soap:Envelope>"
)
NUMBER = "525512345678"
HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": '"urn:webservice#enviar_mensaje"',
}
QUERY = (
    "/?username=demo&password=demo&number=525512345678"
    "&message=Su+pedido+va+en+camino&extra=pedido-1234"
)
_REPLY = (
    '<?xml version="1.0" encoding="ISO-8859-1"?><SOAP-ENV:Envelope'
    ' xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><SOAP-ENV:Body>'
    '<ns1:enviar_mensajeResponse xmlns:ns1="urn:webservice"><return xsi:type="xsd:string">'
    "100|{{randomValue length=9 type='NUMERIC'}}</return></ns1:enviar_mensajeResponse>"
    "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
)
_MAPPINGS = {
    "soap": {
        "request": {
            "method": "POST",
            "urlPath": "/webservice.php",
            "bodyPatterns": [
                {"matchesXPath": "//*[local-name()='enviar_mensaje']/number[text()='525512345678']"}
            ],
        },
        "response": {
            "status": 200,
            "headers": {"Content-Type": "text/xml; charset=ISO-8859-1"},
            "body": _REPLY,
            "transformers": ["response-template"],
        },
    },
    "get": {
        "request": {
            "method": "GET",
            "urlPath": "/",
            "queryParameters": {
                "username": {"equalTo": "demo"},
                "password": {"equalTo": "demo"},
                "number": {"matches": "52[0-9]{10}"},
                "message": {"matches": ".+"},
            },
        },
        "response": {
            "status": 200,
            "headers": {"Content-Type": "text/html; charset=UTF-8"},
            "body": "100|{{randomValue length=9 type='NUMERIC'}}",
            "transformers": ["response-template"],
        },
    },
}


@dataclass(frozen=True)
class Running:
    """A running server.

    Attributes:
        port: its port on 127.0.0.1.
        first_reply: the seconds from the start of its command to its first SOAP reply.
        process: its process id.
    """

    port: int
    first_reply: float
    process: int | None


@dataclass(frozen=True)
class Contestant:
    """A server to measure.

    Attributes:
        start: a context manager that runs it.
        lacks: returns the reason why it cannot be measured here, or None.
        gets: True if it also supports the guide's HTTP GET.
        number: the recipient of the sends.
        warm_up: the seconds of load before the measurement, in which a JVM compiles its code.
    """

    start: Callable[[], Iterator[Running]]
    lacks: Callable[[], str | None] = lambda: None
    gets: bool = True
    number: str = NUMBER
    warm_up: float = 1.0


def soap_reply(port: int, *, timeout: float = 10.0) -> bytes:
    """Send over SOAP, and return the reply."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", "/webservice.php", ENVELOPE.encode(), HEADERS)
        return connection.getresponse().read()
    finally:
        connection.close()


@contextmanager
def command(arguments: list[str], port: int) -> Iterator[Running]:
    """Run a command, and yield the server after its first SOAP reply."""
    started = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                if b">100|" in soap_reply(port):
                    break
            except OSError:
                pass
            if process.poll() is not None or time.perf_counter() - started > 60:
                raise RuntimeError(f"{arguments[0]} does not answer")
            time.sleep(0.002)
        yield Running(port, time.perf_counter() - started, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def mock_server(*options: str) -> Iterator[Running]:
    """Run our mock server, with its journal and all features."""
    port = free_port()
    ours = Path(sys.executable).with_name("convergia")
    with command([str(ours), "mockserver", "--port", str(port), *options], port) as running:
        yield running


def wiremock() -> Iterator[Running]:
    """Run WireMock's standalone jar with XPath, a templated reply and a journal like ours."""
    port = free_port()
    jar = next(HERE.glob("node_modules/wiremock/**/*.jar"))
    with tempfile.TemporaryDirectory() as folder:
        mappings = Path(folder) / "mappings"
        mappings.mkdir()
        for name, mapping in _MAPPINGS.items():
            (mappings / f"{name}.json").write_text(json.dumps(mapping), encoding="utf-8")
        arguments = [
            "java", "-jar", str(jar), "--port", str(port), "--bind-address", "127.0.0.1",
            "--root-dir", folder, "--max-request-journal-entries", "10000",
        ]  # fmt: skip
        with command(arguments, port) as running:
            yield running


def nusoap() -> Iterator[Running]:
    """Run a real NuSOAP on PHP's own server, with accounts and rules, and its state in a file."""
    started = time.perf_counter()
    with ReferenceGateway() as gateway:
        port = int(gateway.base_url.rpartition(":")[2])
        if b">100|" not in soap_reply(port):
            raise RuntimeError("NuSOAP does not answer")
        yield Running(port, time.perf_counter() - started, None)


def node_soap() -> Iterator[Running]:
    """Run Node's `soap` server, without state, accounts and GET."""
    port = free_port()
    wsdl = str(files("convergia_wsdl") / "webservice.wsdl")
    with command(["node", str(HERE / "node_soap.cjs"), wsdl, str(port)], port) as running:
        yield running


def asgi_lxml() -> Iterator[Running]:
    """Run lxml in a bare ASGI app on the same uvicorn as ours, without state and GET."""
    port = free_port()
    with command([sys.executable, str(HERE / "asgi_lxml.py"), str(port)], port) as running:
        yield running


def _lacks_wiremock() -> str | None:
    if shutil.which("java") is None:
        return "java is not installed"
    return _lacks_packages("wiremock")


def _lacks_node() -> str | None:
    return "node is not installed" if shutil.which("node") is None else _lacks_packages("soap")


def _lacks_packages(name: str) -> str | None:
    if (HERE / "node_modules" / name).is_dir():
        return None
    return f"npm package {name} is missing: npm install --prefix {HERE.name}"


CONTESTANTS = {
    # With the journal and all features, but without the request log on the terminal.
    "convergia mockserver --quiet": Contestant(partial(mock_server, "--quiet")),
    "convergia mockserver": Contestant(mock_server),
    "WireMock (warm)": Contestant(wiremock, _lacks_wiremock, warm_up=20.0),
    # This number is rejected. The reference gateway reads and writes all accepted messages in one
    # file, whose speed is not NuSOAP's.
    "NuSOAP on php -S": Contestant(nusoap, missing, number="520000000254"),
    "node soap (no state)": Contestant(node_soap, _lacks_node, gets=False, warm_up=3.0),
    "lxml on bare ASGI (no state)": Contestant(asgi_lxml, gets=False),
}


@contextmanager
def run(contestant: Contestant) -> Iterator[Running]:
    """Run a contestant."""
    with ExitStack() as stack:
        yield stack.enter_context(contextmanager(contestant.start)())
