"""Tests that CONVERGIA_FORBID_LIVE keeps every call of every client from the guide's hosts."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
import zeep
from convergia_sms import (
    AsyncClient,
    Client,
    LiveGatewayBlockedError,
    Message,
    NotSentError,
    QueryFailedError,
    Retries,
)
from convergia_sms.soap import SafeTransport
from convergia_wsdl import is_live, live_blocked, load_guide, load_profile

from tests.client.forward_proxy import ForwardProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver import MockGateway

LIVE = load_guide().base_url


@pytest.fixture(autouse=True)
def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVERGIA_FORBID_LIVE", "1")


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    """Yield a proxy that counts the requests which would have gone out."""
    proxy = ForwardProxy()
    yield proxy
    proxy.stop()


@pytest.mark.parametrize("base_url", [None, LIVE, LIVE.upper().replace("HTTP", "http"), "https"])
@pytest.mark.parametrize("transport", ["soap", "http"])
async def test_nothing_is_opened_and_the_error_says_why(
    base_url: str | None, transport: str, proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONVERGIA_BASE_URL", raising=False)
    url = LIVE.replace("http:", "https:") if base_url == "https" else base_url
    settings = {"base_url": url, "transport": transport, "proxy": proxy.url}
    message = [Message("5512345678", "Hola")]
    with Client("demo", "demo", retries=Retries(connect=3), **settings) as sms:  # type: ignore[arg-type]
        with pytest.raises(LiveGatewayBlockedError, match="CONVERGIA_FORBID_LIVE is set") as caught:
            sms.send("5512345678", "Hola")
        (result,) = sms.send_many(message)
        assert isinstance(result.error, LiveGatewayBlockedError)
        with pytest.raises(QueryFailedError, match="CONVERGIA_FORBID_LIVE is set") as asked:
            sms.status("1")
    async with AsyncClient("demo", "demo", **settings) as sms:  # type: ignore[arg-type]
        with pytest.raises(LiveGatewayBlockedError):
            await sms.send("5512345678", "Hola")
        results = [result async for result in sms.send_many(message)]
        assert isinstance(results[0].error, LiveGatewayBlockedError)
        with pytest.raises(QueryFailedError):
            await sms.wait("1", timeout=30)
    assert proxy.dialled == 0
    assert asked.value.reason == "blocked"
    assert not asked.value.retryable
    assert isinstance(caught.value, NotSentError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_users_own_zeep_client_is_also_kept_from_the_live_gateway(proxy: ForwardProxy) -> None:
    profile = load_profile()
    with SafeTransport(proxy=proxy.url) as transport:
        client: Any = zeep.Client(str(profile.wsdl), transport=transport)  # type: ignore[no-untyped-call]
        binding = next(iter(client.wsdl.bindings))
        service = client.create_service(binding, f"{LIVE}/webservice.php")
        with pytest.raises(LiveGatewayBlockedError):
            service.enviar_mensaje("demo", "demo", "525512345678", "Hola", "")
    assert proxy.dialled == 0


@pytest.mark.parametrize("value", ["1", "true", "yes", "on", "ture", " 1 "])
def test_any_value_but_a_clear_no_forbids(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVERGIA_FORBID_LIVE", value)
    assert live_blocked("smswebservices.convergia.net.mx") is not None


@pytest.mark.parametrize("value", ["", "0", "false", "No", " off"])
def test_a_clear_no_permits_the_live_gateway(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVERGIA_FORBID_LIVE", value)
    assert live_blocked("smswebservices.convergia.net.mx") is None


@pytest.mark.parametrize(
    ("host", "live"),
    [
        ("smswebservices.convergia.net.mx", True),
        ("SMSwebservices.Convergia.net.mx.", True),
        ("smsportal.convergia.net.mx", True),
        ("127.0.0.1", False),
        ("localhost", False),
        ("smswebservices.convergia.net.mx.example.com", False),
        ("", False),
    ],
)
def test_the_guides_hosts_are_live(host: str, live: bool) -> None:
    assert is_live(host) is live
    assert (live_blocked(host) is not None) is live


def test_a_gateway_elsewhere_is_reached(convergia_mockserver: MockGateway) -> None:
    with Client("demo", "demo", base_url=convergia_mockserver.base_url) as sms:
        assert sms.send("5512345678", "Hola").code == 100
