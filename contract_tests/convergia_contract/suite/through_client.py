"""Speakers that use this project's client, sync and async."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Self, TypeVar

from convergia_sms import (
    AsyncClient,
    AuthenticationError,
    Client,
    DeliveryStatus,
    MessageNotFoundError,
    Receipt,
    RejectedError,
)

from convergia_contract.asked import Asked
from convergia_contract.suite.guide_tables import DELIVERY_STATES
from convergia_contract.suite.speaker import Answer
from convergia_contract.target import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from convergia_sms._models import Transport

    from convergia_contract.target import Target

T = TypeVar("T")


class SpeakerThroughClient:
    """A speaker with a `Client` over one transport, and a further client for each other account."""

    def __init__(self, target: Target, transport: Transport) -> None:
        self.target = target
        self.transport = transport
        self.client: Client = self._client(target.username, target.password)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def send(self, number: str, message: str = "Hola", **others: str) -> Answer:
        """Send a message. A rejection is returned as the answer with its code."""
        extra = others.pop("extra", None)
        answer = self._with(
            others, lambda client: _sent(lambda: client.send(number, message, extra))
        )
        return _noted(self.target, Asked(self.transport, "send", not others), answer)

    def status(self, message_id: str, **others: str) -> Answer:
        """Query a status. Errors 5 and 6 are returned as answers with these codes."""
        answer = self._with(others, lambda client: _state(lambda: client.status(message_id)))
        return _noted(self.target, Asked(self.transport, "status", not others), answer)

    def _with(self, account: dict[str, str], ask: Callable[[Client], Answer]) -> Answer:
        if not account:
            return ask(self.client)
        username = account.get("username", self.target.username)
        with self._client(username, account.get("password", self.target.password)) as other:
            return ask(other)

    def _client(self, username: str, password: str) -> Client:
        return Client(
            username,
            password,
            base_url=self.target.base_url,
            transport=self.transport,
            timeout=TIMEOUT,
            profile=self.target.profile,
        )


class SpeakerThroughAsyncClient:
    """A speaker with an `AsyncClient` and an event loop for each call."""

    def __init__(self, target: Target, transport: Transport) -> None:
        self.target = target
        self.transport = transport

    def send(self, number: str, message: str = "Hola", **others: str) -> Answer:
        """Send a message. A rejection is returned as the answer with its code."""
        extra = others.pop("extra", None)
        answer = _sent(
            lambda: self._run(others, lambda client: client.send(number, message, extra))
        )
        return _noted(self.target, Asked(self.transport, "send", not others), answer)

    def status(self, message_id: str, **others: str) -> Answer:
        """Query a status. Errors 5 and 6 are returned as answers with these codes."""
        answer = _state(lambda: self._run(others, lambda client: client.status(message_id)))
        return _noted(self.target, Asked(self.transport, "status", not others), answer)

    def _run(self, account: dict[str, str], ask: Callable[[AsyncClient], Awaitable[T]]) -> T:
        async def call() -> T:
            async with AsyncClient(
                account.get("username", self.target.username),
                account.get("password", self.target.password),
                base_url=self.target.base_url,
                transport=self.transport,
                timeout=TIMEOUT,
                profile=self.target.profile,
            ) as client:
                return await ask(client)

        return asyncio.run(call())


def _noted(target: Target, asked: Asked, answer: Answer) -> Answer:
    target.questions.note(replace(asked, reply=answer.raw or b"", code=answer.code))
    return answer


def _sent(send: Callable[[], Receipt]) -> Answer:
    try:
        receipt = send()
    except RejectedError as error:
        return Answer(error.code, raw=error.raw)
    return Answer(receipt.code, receipt.message_id or None, receipt.raw)


def _state(query: Callable[[], DeliveryStatus]) -> Answer:
    try:
        state = query()
    except AuthenticationError as error:
        return Answer(error.code, raw=error.raw)
    except MessageNotFoundError:
        return Answer(6)
    if state not in DELIVERY_STATES:
        raise AssertionError(f"{state!r} is not a state of a message")
    return Answer(int(state))
