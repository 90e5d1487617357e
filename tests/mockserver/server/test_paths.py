"""Tests of paths, with the results that Apache with PHP gave for each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.mockserver.server import wire

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway

ACCOUNT = "username=demo&password=demo"


def ask(gateway: MockGateway, path: str, query: str = ACCOUNT) -> wire.Received:
    url = urlsplit(gateway.base_url)
    head = f"GET {url.path}{path}?{query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
    return wire.parse(wire.exchange(gateway.base_url, f"{head}Connection: close\r\n\r\n".encode()))


@pytest.mark.parametrize(
    "path",
    [
        *("/", "//", "/./", "/.", "/x/..", "/x/../", "/%2e/", "/estatus_mensaje.php/../"),
        *("/index.php", "//index.php", "/index.php/", "/index.php/x", "/%69ndex.php"),
    ],
)
def test_every_way_to_the_index_sends(convergia_mockserver: MockGateway, path: str) -> None:
    assert ask(convergia_mockserver, path).body == b"103"


@pytest.mark.parametrize(
    "path",
    [
        *("/estatus_mensaje.php", "//estatus_mensaje.php", "/estatus_mensaje.php/"),
        *("/estatus_mensaje.php/x/y.php", "/x/../estatus_mensaje.php", "/./estatus_mensaje.php"),
        "/webservice.php/../estatus_mensaje.php",
    ],
)
def test_every_way_to_the_status_script_asks(convergia_mockserver: MockGateway, path: str) -> None:
    assert ask(convergia_mockserver, path).body == b"6"


@pytest.mark.parametrize("path", ["/webservice.php", "//webservice.php", "/webservice.php/x"])
def test_every_way_to_the_web_service_serves_its_wsdl(
    convergia_mockserver: MockGateway, path: str
) -> None:
    reply = ask(convergia_mockserver, path, "wsdl")
    assert b"<definitions" in reply.body
    assert f'location="{convergia_mockserver.base_url}/webservice.php"'.encode() in reply.body


@pytest.mark.parametrize(
    "path",
    [
        *("/INDEX.PHP", "/unknown", "/unknown/", "/unknown.php", "/index.html", "/index", "/x//"),
        *("/index.php%00", "/index.php%20", "/index.php;x", "/index.php%3Fa", "/a/index.php"),
        *("/estatus_mensaje", "/Estatus_mensaje.php", "/estatus_mensaje.php.php/", "/../index.php"),
    ],
)
def test_a_path_to_no_script_is_not_found(convergia_mockserver: MockGateway, path: str) -> None:
    assert ask(convergia_mockserver, path).status == 404


def test_paths_outside_a_space_are_resolved_the_same_way(convergia_mockserver: MockGateway) -> None:
    url = urlsplit(convergia_mockserver.base_url)
    target = f"GET //estatus_mensaje.php/x?{ACCOUNT} HTTP/1.1\r\nHost: {url.netloc}\r\n"
    head = f"{target}Connection: close\r\n\r\n".encode()
    assert wire.parse(wire.exchange(convergia_mockserver.base_url, head)).body == b"6"


def test_a_request_without_a_host_header_still_gets_a_wsdl_with_a_working_address(
    convergia_mockserver: MockGateway,
) -> None:
    url = urlsplit(convergia_mockserver.url_for("soap"))
    raw = wire.exchange(
        convergia_mockserver.base_url, f"GET {url.path}?wsdl HTTP/1.0\r\n\r\n".encode()
    )
    assert f'location="{url.geturl()}"'.encode() in raw
