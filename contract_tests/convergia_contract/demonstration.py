"""What `convergia demo` shows: messages really sent to a mock server, over both transports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from convergia_mockserver import DeliveryPlan, MockServer
from convergia_sms import (
    AuthenticationError,
    Client,
    ConvergiaError,
    MessageNotFoundError,
    RejectedError,
)
from convergia_wsdl import load_guide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convergia_mockserver import Space
    from convergia_sms import Receipt
    from convergia_sms._models import Transport
    from convergia_wsdl import Code

TRANSPORTS: tuple[Transport, Transport] = ("soap", "http")
DELIVERY_SECONDS = 30
_NOT_FOUND = 6


@dataclass(frozen=True, slots=True)
class Started:
    """A gateway is up on this machine."""

    base_url: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message was accepted."""

    number: str
    text: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Followed:
    """A message's state changed as time passed.

    Attributes:
        receipt: the message's.
        asked_over: the transport of the queries; never the one it was sent over.
        before: the state before its delivery time, as code and the guide's text.
        after: the state then.
        expected: what it should have come to.
    """

    receipt: Receipt
    asked_over: Transport
    before: Code
    after: Code
    expected: int

    @property
    def as_the_guide_says(self) -> bool:
        """Whether it was pending first and then what it should be."""
        return (self.before.code, self.after.code) == (0, self.expected)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one transport showed of one code: the number, and what it is in Python."""

    code: int | None
    python: str
    as_the_guide_says: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A code of the guide, and how each transport answered it."""

    api: Literal["send", "status"]
    code: Code
    seen: Mapping[Transport, Seen]

    @property
    def as_the_guide_says(self) -> bool:
        """Whether both transports did."""
        return all(seen.as_the_guide_says for seen in self.seen.values())


Event = Started | Sent | Followed | Answered


def demonstrate() -> Iterator[Event]:
    """Start a mock server, send, follow, bring about every code; tell each as it happens."""
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
    """One message that is delivered and one that fails; the clock is the mock's, so none waits."""
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
    """Every code of both tables, by the mock's reserved numbers."""
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
