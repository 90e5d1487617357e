"""Tests that an argument of the wrong type is refused at once, and that nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import AsyncClient, Client, DamagedTextWarning

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (("send", 5512345678, "Hola"), "a number must be a str"),
        (("send", "5512345678", b"Hola"), "message must be a str, not bytes"),
        (("send", "5512345678", None), "message must be a str, not NoneType"),
        (("send", "5512345678", "Hola", 1234), "extra must be a str, not int"),
        (("status", 100000001), "message_id must be a str, not int"),
        (("status", None), "message_id must be a str, not NoneType"),
        (("wait", 100000001), "message_id must be a str, not int"),
        (("wait", "100000001", "5"), "timeout must be a number of seconds, not str"),
    ],
)
def test_arguments_of_a_wrong_type_are_a_type_error(
    caller: Callable[..., Any], raw_gateway: Any, call: tuple[Any, ...], complaint: str
) -> None:
    (error,) = caller().call(call)

    assert isinstance(error, TypeError)
    assert complaint in str(error)
    assert raw_gateway.requests == []


@pytest.mark.parametrize(
    ("timeout", "poll", "complaint"),
    [
        (float("nan"), None, "timeout must be 0 seconds or more"),
        (-1, None, "timeout must be 0 seconds or more"),
        (1, 0, "poll must be above 0 seconds"),
        (1, float("nan"), "poll must be above 0 seconds"),
    ],
)
def test_a_wait_that_never_ends_or_never_rests_is_refused(
    caller: Callable[..., Any], raw_gateway: Any, timeout: float, poll: Any, complaint: str
) -> None:
    (error,) = caller().call(("wait", "100000001", timeout), poll=poll)

    assert isinstance(error, ValueError)
    assert complaint in str(error)
    assert raw_gateway.requests == []


def test_a_calls_timeout_that_is_not_a_number_is_a_type_error(
    caller: Callable[..., Any], raw_gateway: Any
) -> None:
    (error,) = caller().call(("send", "5512345678", "Hola"), timeout="5")

    assert isinstance(error, TypeError)
    assert str(error) == "timeout must be a number of seconds or a Timeout, not str"
    assert raw_gateway.requests == []


async def _hook(_: object) -> None:
    """An async hook, which the sync client would never await."""


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"retries": 3}, "retries must be a Retries"),
        ({"before_request": "log"}, "before_request must be a function, not str"),
        ({"after_request": 1}, "after_request must be a function, not int"),
        ({"before_request": _hook}, "before_request must be a plain function"),
        ({"after_request": _hook}, "after_request must be a plain function"),
        ({"telemetry": 1}, "telemetry must be True, False or a Telemetry"),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused_when_the_client_is_built(
    kind: Any, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(TypeError, match=complaint):
        kind("demo", "demo", **options)


def test_a_reference_that_the_gateway_would_damage_warns(raw_gateway: Any, wire: Any) -> None:
    raw_gateway.script = [wire.says("soap", "100|1")]

    with (
        Client("demo", "demo", base_url=raw_gateway.base_url) as client,
        pytest.warns(DamagedTextWarning, match=r"'\\u20ac'; that is in extra") as warned,
    ):
        client.send("5512345678", "Hola", "pedido de 10 €")

    assert warned[0].filename == __file__


def test_strict_refuses_a_reference_that_the_gateway_would_damage(raw_gateway: Any) -> None:
    with (
        Client("demo", "demo", base_url=raw_gateway.base_url, strict=True) as client,
        pytest.raises(ValueError, match="that is in extra"),
    ):
        client.send("5512345678", "Hola", "pedido de 10 €")

    assert raw_gateway.requests == []
