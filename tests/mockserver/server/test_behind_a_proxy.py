"""Tests of the mock server below a path of a real nginx, and with handwritten headers."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import urllib3
from convergia_mockserver import Account, MockServer, ProxyError
from convergia_mockserver.server.proxies import Proxies
from convergia_sms import Client

from tests.mockserver.gateway.calls import send
from tests.mockserver.portal.browser import Browser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convergia_sms import Transport

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PAGE = Path(__file__).parents[3] / "docs/mockserver.md"
CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {port};
    {location}
  }}
}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer(trusted_proxies=["127.0.0.1"]) as running:
        yield running


def _recipe(base_url: str) -> str:
    """Return the configuration that the page gives, for this server."""
    (recipe,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert "http://127.0.0.1:8181/" in recipe
    return str(recipe).replace("http://127.0.0.1:8181", base_url)


def _buffering(recipe: str) -> str:
    """Return the recipe below another path, without its line about buffers."""
    assert "proxy_buffering off;" in recipe
    return recipe.replace("/sms", "/buffered").replace("proxy_buffering off;", "")


@pytest.fixture(scope="module")
def public_url(server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL at which a real nginx shows the server."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    recipe = _recipe(server.base_url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        file = folder / "nginx.conf"
        # nginx takes the socket that is open already, so that nothing waits for it to listen.
        file.write_text(
            CONFIGURATION.format(
                folder=folder,
                port=f"127.0.0.1:{port}",
                location=recipe + _buffering(recipe),
            )
        )
        process = subprocess.Popen(
            [NGINX, "-p", str(folder), "-e", "stderr", "-c", str(file)],
            env={**os.environ, "NGINX": f"{listener.fileno()};"},
            pass_fds=[listener.fileno()],
            stderr=subprocess.PIPE,
        )
    try:
        yield f"http://127.0.0.1:{port}/sms"
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.parametrize("transport", ["soap", "http"])
def test_a_client_sends_through_nginx_and_the_journal_names_it(
    server: MockServer, public_url: str, transport: Transport
) -> None:
    with Client("demo", "demo", base_url=f"{public_url}/s/nginx", transport=transport) as sms:
        receipt = sms.send("5512345678", f"over {transport}")
        sms.status(receipt.message_id)
    space = server.space("nginx")
    entries, _ = space.journal.find()
    assert space.messages[-1].text == f"over {transport}"
    assert entries[0].request.url.startswith(public_url)


def test_the_wsdl_names_the_address_that_nginx_shows(public_url: str) -> None:
    reply = urllib3.request("GET", f"{public_url}/s/nginx/webservice.php?wsdl")
    assert f'location="{public_url}/s/nginx/webservice.php"' in reply.data.decode()


def test_the_portal_works_below_the_path(public_url: str) -> None:
    browser = Browser(f"{public_url}/s/nginx/portal/")
    assert browser.log_in().status == 200
    page = browser.get("")
    assert 'href="/sms/s/nginx/portal/' in page.text
    assert {cookie.path for cookie in browser.jar if cookie.name == "convergia_portal"} == {
        "/sms/s/nginx/portal"
    }
    assert browser.get("static/portal.css").status == 200
    assert browser.submit("clock", "", do="reset").status == 200


@pytest.mark.parametrize("path", ["sms", "buffered"])
def test_the_portals_live_updates_pass_nginx_as_they_happen(
    server: MockServer, public_url: str, path: str
) -> None:
    """The stream's own header switches off nginx's buffering."""
    root = f"{public_url.removesuffix('/sms')}/{path}/s/live-{path}/portal/"
    browser = Browser(root)
    assert browser.log_in().status == 200
    # What the page's script takes the stream from.
    assert f'data-root="/{path}/s/live-{path}/portal"' in browser.get().text
    cookies = "; ".join(f"{each.name}={each.value}" for each in browser.jar)
    request = urllib.request.Request(f"{root}events", headers={"Cookie": cookies})
    with urllib.request.urlopen(request, timeout=30) as stream:
        assert _next_event(stream) == b"event: hello\n"
        send(server.space(f"live-{path}"))
        assert _next_event(stream) == b"event: change\n"
        assert b"message" in stream.readline()


def _next_event(stream: Iterable[bytes]) -> bytes:
    return next(line for line in stream if line.startswith(b"event"))


def test_the_control_works_below_the_path(public_url: str) -> None:
    assert urllib3.request("GET", f"{public_url}/__admin/health").status == 200
    assert urllib3.request("GET", f"{public_url}/__admin/page.css").status == 200


def test_an_accounts_addresses_are_the_senders_behind_the_proxy() -> None:
    account = Account(name="ana", password="secret", addresses=("203.0.113.0/24",))
    with MockServer(accounts=[account], trusted_proxies=["127.0.0.1"]) as server:

        def send(forwarded: str) -> str:
            fields = {
                "username": "ana",
                "password": "secret",
                "number": "525512345678",
                "message": "Hola",
            }
            headers = {"X-Forwarded-For": forwarded}
            reply = urllib3.request("GET", server.url_for("http"), fields=fields, headers=headers)
            return reply.data.decode()[:3]

        assert send("203.0.113.9") == "100"
        assert send("198.51.100.1") == "202"
        # What the sender itself claimed stands to the left of what the proxy saw.
        assert send("203.0.113.9, 198.51.100.1") == "202"
        entries, _ = server.space().journal.find()
    assert {entry.address for entry in entries} == {"203.0.113.9", "198.51.100.1"}


def test_forwarding_headers_are_believed_only_from_a_trusted_proxy() -> None:
    origin = Proxies(["10.0.0.0/8"]).origin(
        "192.0.2.1",
        "http",
        [
            (b"x-forwarded-for", b"203.0.113.9"),
            (b"x-forwarded-proto", b"https"),
            (b"x-forwarded-prefix", b"/x"),
        ],
    )
    assert origin == ("192.0.2.1", "http", "")


@pytest.mark.parametrize(
    "prefix", [b"//evil.example", b"/a b", b"x", b"/a/../b", b"/" + b"a" * 300]
)
def test_a_forwarded_prefix_that_leads_to_another_site_is_ignored(prefix: bytes) -> None:
    origin = Proxies(["10.0.0.1"], "/own").origin(
        "10.0.0.1", "http", [(b"x-forwarded-prefix", prefix)]
    )
    assert origin.prefix == "/own"


@pytest.mark.parametrize(
    ("forwarded", "sender"),
    [
        (b"203.0.113.9", "203.0.113.9"),
        (b"203.0.113.9:4711", "203.0.113.9"),
        (b"[2001:db8::1]:443", "2001:db8::1"),
        (b"2001:db8::1, 10.0.0.2", "2001:db8::1"),
        (b"nonsense", "10.0.0.1"),
        (b"203.0.113.9, nonsense", "10.0.0.1"),
    ],
)
def test_the_sender_is_the_last_address_that_no_proxy_has(forwarded: bytes, sender: str) -> None:
    origin = Proxies(["10.0.0.0/8"]).origin("10.0.0.1", "http", [(b"x-forwarded-for", forwarded)])
    assert origin.address == sender


@pytest.mark.parametrize(
    ("trusted", "root_path"), [(["proxy.example"], ""), ([], "sms"), ([], "//sms"), ([], "/a b")]
)
def test_an_invalid_proxy_is_refused(trusted: list[str], root_path: str) -> None:
    with pytest.raises(ProxyError):
        Proxies(trusted, root_path)


def test_a_root_path_stands_before_links_without_any_header() -> None:
    with MockServer(root_path="/sms/") as server:
        wsdl = urllib3.request("GET", f"{server.url_for('soap')}?wsdl").data.decode()
        page = urllib3.request("GET", f"{server.base_url}/portal/login").data.decode()
    assert "/sms/webservice.php" in wsdl
    assert 'action="/sms/portal/login"' in page
