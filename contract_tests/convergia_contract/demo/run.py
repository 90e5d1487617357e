"""Running the demo: messages over both transports, and every code of the guide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver import DeliveryPlan, MockServer
from convergia_sms import (
    AuthenticationError,
    Client,
    ConvergiaError,
    MessageNotFoundError,
    RejectedError,
)
from convergia_wsdl import load_guide

from .events import DELIVERY_SECONDS, Answered, Followed, Seen, Sent, Started

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convergia_mockserver import Space
    from convergia_sms import Receipt
    from convergia_sms._models import Transport
    from convergia_wsdl import Code

    from .events import Event

_NOT_FOUND = 6


def demonstrate() -> Iterator[Event]:
    """Start a mock server, send and follow messages, and trigger every code. Yield the events."""
    with MockServer(delivery_delay=DELIVERY_SECONDS) as server:
        yield Started(server.base_url)
        with (
            Client("demo", "demo", base_url=server.base_url, transport="soap") as soap,
            Client("demo", "demo", base_url=server.base_url, transport="http") as http,
        ):
            clients: dict[Transport, Client] = {"soap": soap, "http": http}
            yield from _messages(clients, server.space())
            yield from _codes(clients)


def _messages(clients: Mapping[Transport, Client], space: Space) -> Iterator[Event]:
    """Send a message that is delivered and one that fails, with the mock's clock moved ahead."""
    space.clock.freeze()
    doomed = "525587654321"
    space.plans.put(DeliveryPlan.fails(after=DELIVERY_SECONDS), number=doomed)
    messages: list[tuple[Transport, str, str]] = [
        ("soap", "55 1234 5678", "Su pedido va en camino. ¡Gracias, señora Núñez!"),
        ("http", "+52 55 8765 4321", "Su código es 482913"),
    ]
    sent = []
    for transport, number, text in messages:
        receipt = clients[transport].send(number, text, f"demo-{transport}")
        sent.append(receipt)
        yield Sent(number, text, receipt)
    asked: list[tuple[Receipt, Transport, int]] = [(sent[0], "http", 3), (sent[1], "soap", 2)]
    before = [_state(clients[transport], receipt) for receipt, transport, _ in asked]
    space.clock.advance(DELIVERY_SECONDS)
    for (receipt, transport, expected), earlier in zip(asked, before, strict=True):
        later = _state(clients[transport], receipt)
        yield Followed(receipt, transport, earlier, later, expected)


def _state(client: Client, receipt: Receipt) -> Code:
    state = client.status(receipt.message_id)
    return next(code for code in load_guide().status.codes if code.code == state)


def _codes(clients: Mapping[Transport, Client]) -> Iterator[Event]:
    """Trigger every code of both tables by the mock's reserved numbers."""
    guide = load_guide()
    for code in guide.send.codes:
        seen = {transport: _send(client, code) for transport, client in clients.items()}
        yield Answered("send", code, seen)
    for code in guide.status.codes:
        seen = {transport: _query(client, code) for transport, client in clients.items()}
        yield Answered("status", code, seen)


def _send(client: Client, code: Code) -> Seen:
    try:
        receipt = client.send(f"520000000{code.code}", "Hola")
    except RejectedError as error:
        agrees = (error.code, error.description) == (code.code, code.text)
        return Seen(error.code, type(error).__name__, agrees)
    except ConvergiaError as error:
        return Seen(None, f"{type(error).__name__}: {error}", as_the_guide_says=False)
    return Seen(receipt.code, "Receipt", receipt.code == code.code)


def _query(client: Client, code: Code) -> Seen:
    try:
        receipt = client.send(f"52000000100{code.code}", "Hola")
        state = client.status(receipt.message_id)
    except AuthenticationError as error:
        agrees = (error.code, error.description) == (code.code, code.text)
        return Seen(error.code, "AuthenticationError", agrees)
    except MessageNotFoundError:
        return Seen(_NOT_FOUND, "MessageNotFoundError", code.code == _NOT_FOUND)
    except ConvergiaError as error:
        return Seen(None, f"{type(error).__name__}: {error}", as_the_guide_says=False)
    return Seen(int(state), f"DeliveryStatus.{state.name}", state == code.code)
