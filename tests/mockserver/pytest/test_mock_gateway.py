"""Tests of the fixture `convergia_mockserver`."""

from __future__ import annotations

import asyncio
import socket
import threading
import urllib.request
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
from convergia_mockserver.gateway import DeliveryPlan, Pattern, WaitTimeoutError

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway

SOAP = """<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
<m:enviar_mensaje xmlns:m="urn:webservice"><username>demo</username><password>demo</password>
<number>525512345678</number><message>{text}</message><extra></extra></m:enviar_mensaje>
</e:Body></e:Envelope>"""


def send_http(gateway: MockGateway, text: str = "hola", number: str = "525512345678") -> bytes:
    query = urlencode(
        {"username": "demo", "password": "demo", "number": number, "message": text, "extra": "e"}
    )
    with urllib.request.urlopen(f"{gateway.url_for('http')}?{query}", timeout=30) as reply:
        return bytes(reply.read())


def send_soap(gateway: MockGateway, text: str = "hola") -> bytes:
    request = urllib.request.Request(
        gateway.url_for("soap"),
        SOAP.format(text=text).encode(),
        {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": "urn:webservice#enviar_mensaje"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return bytes(reply.read())


@pytest.fixture(params=["convergia_mockserver", "convergia_httpserver"])
def gateway(request: pytest.FixtureRequest) -> MockGateway:
    """Both fixtures give the same."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def test_both_faces_reach_one_inbox(gateway: MockGateway) -> None:
    assert send_http(gateway, "uno").startswith(b"100|")
    assert b">100|" in send_soap(gateway, "dos")
    assert [(each.face, each.text) for each in gateway.messages] == [
        ("http", "uno"),
        ("soap", "dos"),
    ]


def test_each_test_starts_with_nothing(gateway: MockGateway) -> None:
    assert gateway.messages == []
    assert gateway.requests == []


def test_requests_show_what_came_without_the_password(gateway: MockGateway) -> None:
    send_http(gateway)
    send_soap(gateway)
    assert [entry.code for entry in gateway.requests] == [100, 100]
    assert [entry.arguments["password"] for entry in gateway.requests] == ["***", "***"]
    assert "password=***&" in gateway.requests[0].request.url
    assert "<password>***</password>" in gateway.requests[1].request.body


def test_a_script_answers_the_next_on_either_face(gateway: MockGateway) -> None:
    gateway.script(sequence=[109, 110])
    assert send_http(gateway) == b"109"
    assert b">110<" in send_soap(gateway)
    assert send_http(gateway).startswith(b"100|")


def test_a_fault_strikes_once(gateway: MockGateway) -> None:
    gateway.fault("http-503")
    with pytest.raises(HTTPError, match="503"):
        send_http(gateway)
    assert send_http(gateway).startswith(b"100|")


def test_a_reset_is_a_reset(gateway: MockGateway) -> None:
    gateway.fault("accepted-then-reset")
    host, port = gateway.base_url.removeprefix("http://").split("/")[0].split(":")
    path = "/" + gateway.url_for("http").split("/", 3)[3]
    query = "username=demo&password=demo&number=525512345678&message=hola"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"GET {path}?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            connection.recv(100)
    assert len(gateway.messages) == 1


def test_the_clock_delivers_without_waiting(gateway: MockGateway) -> None:
    gateway.clock.freeze()
    gateway.plans.put(DeliveryPlan.delivered(after=3600))
    send_http(gateway)
    gateway.clock.advance(3599)
    assert gateway.messages[0].state == 0
    gateway.clock.advance(1)
    assert gateway.messages[0].state == 3


def test_wait_gives_back_once_the_messages_are_there(gateway: MockGateway) -> None:
    sender = threading.Thread(target=lambda: [send_http(gateway, text) for text in ("a", "b")])
    sender.start()
    found = gateway.wait(2, timeout=10, text=Pattern(regex="^[ab]$"))
    sender.join()
    assert [message.text for message in found] == ["a", "b"]


def test_wait_ends_when_time_delivers_the_message(gateway: MockGateway) -> None:
    gateway.plans.put(DeliveryPlan.delivered(after=0.05))
    send_http(gateway)
    assert gateway.wait(state=3, timeout=60)[0].state == 3


def test_wait_ends_when_the_clock_is_advanced(gateway: MockGateway) -> None:
    gateway.clock.freeze()
    send_http(gateway)
    waiter = threading.Timer(0.05, gateway.clock.advance, [3600])
    waiter.start()
    assert gateway.wait(state=3, timeout=60)[0].state == 3
    waiter.join()


def test_wait_says_how_many_came(gateway: MockGateway) -> None:
    send_http(gateway)
    with pytest.raises(WaitTimeoutError, match="1 of 2 messages") as caught:
        gateway.wait(2, timeout=0.01)
    assert [message.text for message in caught.value.found] == ["hola"]


async def test_wait_async_leaves_the_loop_free(gateway: MockGateway) -> None:
    waiting = asyncio.create_task(gateway.wait_async(timeout=60))
    await asyncio.to_thread(send_http, gateway)
    assert [message.text for message in await waiting] == ["hola"]
    with pytest.raises(WaitTimeoutError):
        await gateway.wait_async(2, timeout=0.01)


def test_assert_sent_gives_the_message(gateway: MockGateway) -> None:
    send_http(gateway)
    message = gateway.assert_sent(number="55 1234 5678", text="hola", extra="e", count=1)
    assert message.number == "525512345678"


def test_assert_sent_shows_the_nearest_and_what_was_refused(gateway: MockGateway) -> None:
    send_http(gateway, "Hola Ana!")
    send_http(gateway, "otra cosa", "525500000000")
    send_http(gateway, "hola", "520000000109")
    with pytest.raises(AssertionError) as caught:
        gateway.assert_sent(number="5512345678", text="Hola Ana.")
    first, *others = str(caught.value).splitlines()
    assert first.startswith("no message was sent with number '5512345678', text 'Hola Ana.'; 2 ")
    assert others == [
        f"  message {gateway.messages[0].id}, by http",
        "    number  '525512345678'",
        "  - text    'Hola Ana.'",
        "  + text    'Hola Ana!'",
        "  ?                  ^",
        "  refused with 109: 1",
    ]


def test_assert_sent_counts(gateway: MockGateway) -> None:
    send_http(gateway)
    send_http(gateway)
    with pytest.raises(AssertionError, match="2 messages were sent with text 'hola', not 1"):
        gateway.assert_sent(text="hola", count=1)


def test_assert_not_sent_shows_what_was(gateway: MockGateway) -> None:
    gateway.assert_not_sent(text="hola")
    send_http(gateway)
    with pytest.raises(AssertionError, match="1 message was sent with text 'hola'"):
        gateway.assert_not_sent(text="hola")


def test_an_option_or_a_filter_that_there_is_not_is_refused(gateway: MockGateway) -> None:
    with pytest.raises(TypeError, match="a script has no option cod"):
        gateway.script(cod=100)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="txt"):
        gateway.wait(txt="hola")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="txt"):
        gateway.assert_not_sent(txt="hola")  # type: ignore[call-arg]


def test_a_login_test_reads_the_code_of_the_last_message(
    convergia_mockserver: MockGateway,
) -> None:
    for text in ("Su código es 111111", "Su código es 739 184", "Clave: K7-PQ"):
        send_http(convergia_mockserver, text)
        if "K7" not in text:
            last = convergia_mockserver.code_for("55 1234 5678")
    assert last == "739184"
    assert convergia_mockserver.code_for("5512345678", r"Clave: ([\w-]+)") == "K7-PQ"
    assert convergia_mockserver.code_for("5512345678", r"K\d") == "K7"
    with pytest.raises(AssertionError, match=r"no code in the last message to .*Clave: K7-PQ"):
        convergia_mockserver.code_for("5512345678")
    with pytest.raises(AssertionError, match="no message was sent with number"):
        convergia_mockserver.code_for("5587654321")
