"""Tests of passwords from a function or a file: read for each request, and never shown."""

from __future__ import annotations

import asyncio
import pickle
import threading
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import (
    AsyncClient,
    Client,
    DeliveryStatus,
    PasswordUnavailableError,
    QueryFailedError,
    Receipt,
    Retries,
    SendAuthenticationError,
    Settings,
)

from tests.client.test_secrets import (
    ECHO,
    PASSWORD,
    assert_silent,
    everything_about,
    listening,
    our_variables,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["listening"]

SEND = ("send", "5512345678", "Hola")


class Vault:
    """A function that returns its passwords in turn, repeats the last, and counts its calls."""

    def __init__(self, *passwords: object) -> None:
        self.passwords = passwords
        self.asked = 0
        self.threads: set[threading.Thread] = set()

    def __call__(self) -> Any:
        answer = self.passwords[min(self.asked, len(self.passwords) - 1)]
        self.asked += 1
        self.threads.add(threading.current_thread())
        if isinstance(answer, Exception):
            raise answer
        return answer


def sent(gateway: Any) -> list[str]:
    """Return the password of each request."""
    texts = [f"{each.line} {each.body.decode()}" for each in gateway.requests]
    return [next((word for word in ("one", "two") if word in text), "") for text in texts]


def test_a_password_function_is_called_for_each_request(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, said) for said in ("109", "100|7", "3", "100|8")]
    vault = Vault("one", "two")

    outcomes = caller(password=vault, retries=Retries(retryable_codes=1)).call(
        SEND, ("status", "7"), SEND
    )

    assert [type(each) for each in outcomes] == [Receipt, DeliveryStatus, Receipt]
    assert sent(raw_gateway) == ["one", "two", "two", "two"]
    assert vault.asked == 4


@pytest.mark.parametrize(("call", "refused"), [(SEND, "201"), (("status", "7"), "5")])
def test_a_refused_password_is_requested_once_more(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    call: tuple[Any, ...],
    refused: str,
) -> None:
    accepted = "100|7" if call is SEND else "3"
    raw_gateway.script = [wire.says(transport, said) for said in (refused, accepted, refused)]

    changed = caller(password=Vault("one", "two")).call(call)[0]
    assert not isinstance(changed, Exception)
    assert sent(raw_gateway) == ["one", "two"]

    wrong = caller(password=Vault("one", "two")).call(call)[0]
    assert wrong.code == int(refused)
    assert sent(raw_gateway) == ["one", "two", "one", "two"]


def test_the_same_password_is_not_tried_again(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "201")]
    vault = Vault("one")

    assert isinstance(caller(password=vault).send(), SendAuthenticationError)
    assert (len(raw_gateway.requests), vault.asked) == (1, 2)


def test_a_fixed_password_that_is_refused_is_not_tried_again(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "201")]

    assert isinstance(caller(password="one").send(), SendAuthenticationError)
    assert len(raw_gateway.requests) == 1


class BadVaultError(Exception):
    """An error whose text contains the password."""


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (BadVaultError(f"the secret {PASSWORD} has expired"), "Vault raised BadVaultError"),
        (PASSWORD.encode(), "Vault returned bytes"),
        (None, "Vault returned NoneType"),
        (f"{PASSWORD}\udcf1", "Vault returned broken text"),
    ],
)
def test_without_a_password_nothing_is_sent_and_the_reason_stays_secret(
    caller: Callable[..., Any],
    raw_gateway: Any,
    answer: object,
    why: str,
    listening: list[str],
) -> None:
    send, status = caller(password=Vault(answer)).call(SEND, ("status", "7"))

    assert isinstance(send, PasswordUnavailableError)
    assert isinstance(status, QueryFailedError)
    assert status.reason == "password"
    for error in (send, status):
        assert f"password: {why}" in str(error)
        assert_silent([*everything_about(error), *our_variables(error), *listening])
        assert_silent([repr(pickle.loads(pickle.dumps(error)))])
    assert raw_gateway.requests == []


def test_only_the_async_client_awaits_an_async_function(raw_gateway: Any, wire: Any) -> None:
    raw_gateway.script = [wire.says("http", "100|7")]

    async def ask() -> str:
        await asyncio.sleep(0)
        return "one"

    async def send() -> Receipt:
        async with AsyncClient(
            "demo", ask, base_url=raw_gateway.base_url, transport="http"
        ) as client:
            return await client.send("5512345678", "Hola")

    assert asyncio.run(send()).message_id == "7"
    with (
        Client("demo", ask, base_url=raw_gateway.base_url, transport="http") as client,
        pytest.raises(PasswordUnavailableError, match="only AsyncClient can await it"),
    ):
        client.send("5512345678", "Hola")
    assert sent(raw_gateway) == ["one"]


def test_a_function_that_blocks_does_not_hold_up_the_loop(raw_gateway: Any, wire: Any) -> None:
    raw_gateway.script = [wire.says("http", "100|7")]
    vault = Vault("one")

    async def send() -> None:
        async with AsyncClient(
            "demo", vault, base_url=raw_gateway.base_url, transport="http"
        ) as client:
            await client.send("5512345678", "Hola")

    asyncio.run(send())
    assert threading.main_thread() not in vault.threads


@pytest.mark.parametrize("content", ["one", "one\n", "one\r\n", "\ufeffone\n"])
def test_a_file_is_read_at_each_request(
    content: str, caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    file = tmp_path / "password"
    file.write_text(content, encoding="utf-8", newline="")
    monkeypatch.setenv("CONVERGIA_PASSWORD_FILE", str(file))
    monkeypatch.delenv("CONVERGIA_PASSWORD", raising=False)

    def rotate(connection: Any, _request: Any) -> None:
        file.write_text("two\n", encoding="utf-8")
        connection.sendall(wire.says(transport, "100|7"))

    raw_gateway.script = [rotate]
    outcomes = caller(password=None).call(SEND, SEND)

    assert [type(each) for each in outcomes] == [Receipt, Receipt]
    assert sent(raw_gateway) == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file"), (b"", "it is empty"), (b"\n", "it is empty"), (b"\xff", "not UTF-8")],
)
def test_a_file_without_a_password_is_refused_when_the_client_is_built(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=f"password_file: .*{why}"):
        Settings.resolve("demo", environment={"CONVERGIA_PASSWORD_FILE": str(file)})


def test_password_and_password_file_together_are_an_error_unless_one_is_an_argument(
    tmp_path: Path,
) -> None:
    file = tmp_path / "password"
    file.write_text("two", encoding="utf-8")
    both = {"CONVERGIA_PASSWORD": "one", "CONVERGIA_PASSWORD_FILE": str(file)}

    with pytest.raises(ValueError, match=r"both password and password_file are given .*Remove one"):
        Settings.resolve("demo", environment=both)
    with pytest.raises(ValueError, match="both password and password_file are given"):
        Settings.resolve("demo", "one", password_file=file, environment={})
    assert Settings.resolve("demo", "three", environment=both).reveal_password() == "three"
    by_argument = Settings.resolve("demo", password_file=file, environment=both)
    assert (by_argument.reveal_password(), by_argument.origins["password"]) == ("two", "argument")


@pytest.mark.parametrize("way", ["function", "file"])
def test_no_way_to_give_a_password_reveals_it(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    way: str,
    tmp_path: Path,
    listening: list[str],
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD, encoding="utf-8")
    given: dict[str, Any] = (
        {"password": lambda: PASSWORD}
        if way == "function"
        else {"password": None, "password_file": file}
    )
    raw_gateway.script = [
        wire.reply(ECHO),
        wire.reply(ECHO, "500 Internal Server Error"),
        wire.says(transport, "201"),
        wire.reset,
        wire.says(transport, "100|1"),
        wire.reply(ECHO),
    ]
    told: list[object] = []

    outcomes = caller(before_request=told.append, after_request=told.append, **given).call(
        *[SEND] * 5, ("status", "1")
    )

    assert [isinstance(each, Receipt) for each in outcomes] == [False] * 4 + [True, False]
    for outcome in outcomes:
        assert_silent([repr(outcome), str(outcome), repr(getattr(outcome, "raw", b""))])
        if isinstance(outcome, BaseException):
            assert_silent([*everything_about(outcome), *our_variables(outcome)])
            assert_silent([repr(pickle.loads(pickle.dumps(outcome)))])
    assert outcomes[0].raw == b"<html>Access denied for *** (***)</html>"
    assert listening
    assert_silent([*listening, *map(repr, told)])
    settings = Settings.resolve("demo", **given, environment={})
    assert_silent([repr(settings), str(settings)])
