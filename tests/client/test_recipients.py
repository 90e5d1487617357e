"""Tests of allowed numbers and of the redirection of all messages to one number."""

from __future__ import annotations

import asyncio
import logging
import shutil
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from convergia_mockserver import MockServer
from convergia_sms import (
    AsyncClient,
    Client,
    Message,
    NotSentError,
    Receipt,
    RecipientNotAllowedError,
    Settings,
)
from convergia_wsdl import load_profile

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED, OTHER = "525512345678", "528112345679"


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


@pytest.fixture
def base_url(server: MockServer) -> str:
    return server.url_for("http", server.world.fresh("recipients").name).rstrip("/")


def sent(server: MockServer, base_url: str) -> list[str]:
    space = server.world.space(base_url.rpartition("/")[2])
    return [message.number for message in space.messages]


def send(kind: type[Client | AsyncClient], base_url: str, number: str, **options: Any) -> Receipt:
    async def in_a_loop() -> Receipt:
        async with AsyncClient("demo", "demo", base_url=base_url, **options) as sms:
            return await sms.send(number, "Hola")

    if kind is AsyncClient:
        return asyncio.run(in_a_loop())
    with Client("demo", "demo", base_url=base_url, **options) as sms:
        return sms.send(number, "Hola")


@pytest.mark.parametrize("transport", ["soap", "http"])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_number_that_is_not_allowed_gets_nothing(
    kind: type[Client | AsyncClient], transport: str, server: MockServer, base_url: str
) -> None:
    options = {"transport": transport, "allowed_numbers": "55 1234 5678, 81 8888 7777"}
    assert send(kind, base_url, "+52 1 55 1234 5678", **options).number == ALLOWED
    with pytest.raises(RecipientNotAllowedError, match="ends in 79 is not among allowed_numbers"):
        send(kind, base_url, OTHER, **options)
    assert sent(server, base_url) == [ALLOWED]
    assert issubclass(RecipientNotAllowedError, NotSentError)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_redirected_message_goes_to_one_number_and_the_receipt_names_both(
    kind: type[Client | AsyncClient], server: MockServer, base_url: str
) -> None:
    receipt = send(kind, base_url, OTHER, redirect_to="55 1234 5678", transport="http")
    assert (receipt.number, receipt.redirected_from) == (ALLOWED, OTHER)
    same = send(kind, base_url, ALLOWED, redirect_to="55 1234 5678", transport="http")
    assert (same.number, same.redirected_from) == (ALLOWED, None)
    assert sent(server, base_url) == [ALLOWED, ALLOWED]


def test_send_many_honours_allowed_numbers_and_redirects(server: MockServer, base_url: str) -> None:
    messages = [Message(ALLOWED, "uno"), Message(OTHER, "dos")]
    with Client("demo", "demo", base_url=base_url, allowed_numbers=[ALLOWED]) as sms:
        results = {result.index: result for result in sms.send_many(messages)}
    assert results[0].receipt is not None
    assert isinstance(results[1].error, RecipientNotAllowedError)
    assert sent(server, base_url) == [ALLOWED]


def test_the_environment_sets_the_recipient_settings_and_the_log_warns(
    base_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CONVERGIA_ALLOWED_NUMBERS", f"{ALLOWED};{OTHER}")
    monkeypatch.setenv("CONVERGIA_REDIRECT_TO", OTHER)
    with (
        caplog.at_level(logging.WARNING, "convergia_sms"),
        Client("demo", "demo", base_url=base_url) as sms,
    ):
        assert sms.settings.allowed_numbers == frozenset({ALLOWED, OTHER})
        assert sms.settings.redirect_to == OTHER
    assert caplog.messages == [
        "every message is redirected to one number (redirect_to)",
        "messages may go only to the numbers of allowed_numbers (2)",
    ]


def test_a_file_of_allowed_numbers_may_have_comments_and_blank_lines(tmp_path: Path) -> None:
    file = tmp_path / "team.txt"
    file.write_text("\ufeff# the team\n55 1234 5678  # Ana\n\n+52 81 1234 5679\n", "utf-8")
    for given in (file, str(file)):
        settings = Settings.resolve("demo", "demo", allowed_numbers=given)
        assert settings.allowed_numbers == frozenset({ALLOWED, OTHER})


@pytest.mark.parametrize(
    "number", ["tel:+525512345678", "(+52)5512345678", "+ 52 55 1234 5678", " TEL:5512345678"]
)
def test_a_number_in_any_spelling_is_not_taken_for_a_file(number: str) -> None:
    settings = Settings.resolve("demo", "demo", allowed_numbers=number)
    assert settings.allowed_numbers == frozenset({ALLOWED})


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"allowed_numbers": "123"}, "allowed_numbers: "),
        ({"allowed_numbers": []}, "has no number, so"),
        ({"allowed_numbers": " , "}, "allowed_numbers:  , : No such file"),
        ({"allowed_numbers": "/no/such/file"}, "allowed_numbers: /no/such/file: No such file"),
        ({"redirect_to": "12"}, "redirect_to: "),
        ({"redirect_to": OTHER, "allowed_numbers": ALLOWED}, "is not among allowed_numbers"),
    ],
)
def test_an_implausible_setting_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Settings.resolve("demo", "demo", **options)


@pytest.mark.parametrize("value", [5, b"5512345678", [5512345678]])
def test_numbers_that_are_not_text_are_a_type_error(value: object) -> None:
    options: dict[str, Any] = {"allowed_numbers": value}
    with pytest.raises(TypeError, match="allowed_numbers"):
        Settings.resolve("demo", "demo", **options)


def call(kind: type[Client | AsyncClient], base_url: str, number: str, **options: Any) -> Any:
    arguments = {"number": number, "message": "Hola", "extra": ""}

    async def in_a_loop() -> Any:
        async with AsyncClient("demo", "demo", base_url=base_url, **options) as sms:
            return await sms.call("enviar_mensaje", arguments)

    if kind is AsyncClient:
        return asyncio.run(in_a_loop())
    with Client("demo", "demo", base_url=base_url, **options) as sms:
        return sms.call("enviar_mensaje", arguments)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_call_of_an_operation_that_may_send_honours_both_settings(
    kind: type[Client | AsyncClient], server: MockServer, base_url: str
) -> None:
    with pytest.raises(RecipientNotAllowedError):
        call(kind, base_url, OTHER, allowed_numbers=ALLOWED)
    assert sent(server, base_url) == []
    call(kind, base_url, "55 1234 5678", allowed_numbers=ALLOWED)
    call(kind, base_url, OTHER, redirect_to=ALLOWED)
    assert sent(server, base_url) == [ALLOWED, ALLOWED]


def test_the_allow_list_does_not_apply_to_a_call_that_sends_nothing(base_url: str) -> None:
    options: dict[str, Any] = {"base_url": base_url, "allowed_numbers": ALLOWED}
    with Client("demo", "demo", **options) as sms:
        assert sms.call("estatus_mensaje", messageid="1") == "6"


def test_the_allow_list_applies_to_a_number_inside_a_struct(tmp_path: Path) -> None:
    wsdls = Path(str(files("convergia_contract"))) / "wsdls"
    flat = (wsdls / "axis-bare.wsdl").read_text("utf-8")
    inner = (
        '<xsd:element name="numeroDestino" type="xsd:string"/>\n'
        '          <xsd:element name="textoMensaje" type="xsd:string"/>'
    )
    assert inner in flat
    nested = (
        '<xsd:element name="sms"><xsd:complexType><xsd:sequence>'
        f"{inner}</xsd:sequence></xsd:complexType></xsd:element>"
    )
    (tmp_path / "axis-bare.wsdl").write_text(flat.replace(inner, nested), "utf-8")
    shutil.copy(wsdls / "axis-bare.toml", tmp_path)
    profile = load_profile(tmp_path / "axis-bare.toml")
    message = {"sms": {"numeroDestino": OTHER, "textoMensaje": "Hola"}}
    with MockServer(profile=profile) as server:
        settings: dict[str, Any] = {"base_url": server.base_url, "profile": profile}
        with (
            Client("demo", "demo", allowed_numbers=ALLOWED, **settings) as sms,
            pytest.raises(RecipientNotAllowedError),
        ):
            sms.call("enviar", message)
        with Client("demo", "demo", redirect_to=ALLOWED, **settings) as sms:
            assert sms.call("enviar", message).codigo == "100"
        assert [each.number for each in server.space().messages] == [ALLOWED]
