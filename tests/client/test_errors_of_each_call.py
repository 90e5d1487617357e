"""Tests of the error classes that each kind of call may raise."""

from __future__ import annotations

import pickle
import socket
from typing import TYPE_CHECKING, Any

import convergia_sms
import pytest
from convergia_sms import (
    AuthenticationError,
    ConvergiaError,
    GatewayFaultError,
    NotSentError,
    OutcomeUnknownError,
    QueryError,
    QueryFailedError,
    RejectedError,
    Retries,
)
from convergia_wsdl import load_guide

from tests.exhaustive import sampled

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS: dict[str, tuple[Any, ...]] = {
    "send": ("send", "5512345678", "Hola"),
    "status": ("status", "1"),
    "wait": ("wait", "1", 0.0),
}
QUERIES = ("status", "wait")
# What asks the gateway nothing, and what is a send for each of its messages.
ASK_NOTHING = {"aclose", "close", "preview", "settings"}
# Its methods are `call`, which tests/client/test_call.py goes through.
METHODS_OF_CALL = {"call", "service"}
SENDS_OF_MANY = {"send_many"}
UNLISTED_STATUS = 7
UNLISTED_CODE = 777
# What can happen on the way, by a word for it; for a query also its `reason`.
ACCIDENTS = {
    "refused": "unreachable",
    "reset": "unreachable",
    "silence": "unreachable",
    "cut short": "unreadable",
    "HTTP 500": "unreadable",
    "redirect": "unreadable",
    "nonsense": "unreadable",
    "forbidden": "blocked",
    "no password": "password",
}


def script(wire: Any, accident: str) -> Any:
    match accident:
        case "reset":
            return wire.reset
        case "silence":
            return lambda connection, _request: connection.recv(1)
        case "cut short":
            return lambda connection, _: [
                connection.sendall(wire.reply(b"100|1" * 9)[:-3]),
                connection.shutdown(socket.SHUT_RDWR),
            ]
        case "HTTP 500":
            return wire.reply(b"", "500 Internal Server Error")
        case "redirect":
            return wire.reply(b"", "302 Found", "Location: /elsewhere")
        case _:
            return wire.reply(b"nonsense")


@pytest.fixture
def raised(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., ConvergiaError]:
    """Make a call during a failure. Return the error."""
    monkeypatch.setenv("CONVERGIA_FORBID_LIVE", "1")

    def make(call: str, *, code: int | None = None, accident: str = "") -> ConvergiaError:
        options: dict[str, Any] = {"timeout": 0.3 if accident == "silence" else 10.0}
        if accident == "refused":
            with socket.create_server(("127.0.0.1", 0)) as gone:
                options["base_url"] = f"http://127.0.0.1:{gone.getsockname()[1]}"
        if accident == "forbidden":
            options["base_url"] = load_guide().base_url
        if accident == "no password":
            options["password"] = lambda: None
        if accident == "not allowed":
            options["allowed_numbers"] = "55 8888 7777"
        raw_gateway.script = [
            wire.says(transport, str(code)) if code is not None else script(wire, accident)
        ]
        (error,) = caller(**options).call(CALLS[call])
        assert isinstance(error, ConvergiaError), error
        return error

    return make


def classes(kind: type[ConvergiaError]) -> set[type[ConvergiaError]]:
    """Return every class below `kind` that a call raises as it is.

    Modules that the call does not use, such as the one that fetches WSDLs, have their own.
    """
    children = [each for each in kind.__subclasses__() if each.__module__ == kind.__module__]
    below = {each for child in children for each in classes(child)}
    return below | ({kind} if not children or kind is RejectedError else set())


def test_every_call_of_a_client_is_tried_below() -> None:
    offered = {
        name
        for kind in (convergia_sms.Client, convergia_sms.AsyncClient)
        for name in dir(kind)
        if not name.startswith("_")
    }
    # `call` has tests of its own, with more ways to fail: tests/client/test_call.py.
    assert offered - ASK_NOTHING - SENDS_OF_MANY - METHODS_OF_CALL == set(CALLS)


@pytest.mark.parametrize("accident", ["refused", "reset", "HTTP 500", "nonsense"])
def test_a_message_in_send_many_fails_as_in_a_single_send(
    raised: Callable[..., ConvergiaError],
    raw_gateway: Any,
    wire: Any,
    transport: Any,
    accident: str,
) -> None:
    alone = raised("send", accident=accident)
    base_url = raw_gateway.base_url
    if accident == "refused":
        with socket.create_server(("127.0.0.1", 0)) as gone:
            base_url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    raw_gateway.script = [script(wire, accident)]

    with convergia_sms.Client(
        "demo", "demo", base_url=base_url, transport=transport, retries=Retries(connect=0)
    ) as client:
        (result,) = client.send_many([convergia_sms.Message("5512345678", "Hola")])

    assert type(result.error) is type(alone)


@pytest.mark.parametrize("call", QUERIES)
@pytest.mark.parametrize("accident", sampled(ACCIDENTS, "variants", every=3))
def test_a_query_that_fails_is_a_query_error_and_says_why(
    raised: Callable[..., ConvergiaError], call: str, accident: str
) -> None:
    error = raised(call, accident=accident)

    assert type(error) is QueryFailedError
    assert (error.reason, error.code, error.retryable) == (
        ACCIDENTS[accident],
        None,
        accident != "forbidden",
    )
    assert "sent" not in str(error)


@pytest.mark.parametrize("call", QUERIES)
def test_a_status_that_the_guide_does_not_list_is_a_query_error_with_its_code(
    raised: Callable[..., ConvergiaError], call: str
) -> None:
    error = raised(call, code=UNLISTED_STATUS)

    assert type(error) is QueryFailedError
    assert (error.reason, error.code, error.retryable) == ("unlisted", UNLISTED_STATUS, False)
    assert str(error) == "the state is not known: 7 is a status that the guide does not list"
    assert b"7" in error.raw


def test_wrong_credentials_raise_the_same_error_from_every_call(
    raised: Callable[..., ConvergiaError],
) -> None:
    of_send, of_status = raised("send", code=201), raised("status", code=5)
    of_wait = raised("wait", code=5)

    for error in (of_send, of_status, of_wait):
        assert isinstance(error, AuthenticationError)
        assert error.description
    assert isinstance(of_send, RejectedError)
    assert not isinstance(of_send, QueryError)
    assert isinstance(of_status, QueryError)
    assert not isinstance(of_status, NotSentError)
    assert str(of_status) == str(of_wait) == "5: Error de Autenticación"


def test_each_error_class_comes_from_the_calls_it_is_for_and_from_no_other(
    raised: Callable[..., ConvergiaError],
) -> None:
    guide = load_guide()
    send_codes = [each.code for each in guide.send.codes if each.code != 100]
    send_codes.append(UNLISTED_CODE)
    status_codes = [each.code for each in guide.status.codes if each.code in {5, 6}]
    status_codes.append(UNLISTED_STATUS)
    met: dict[str, set[type[ConvergiaError]]] = {}
    for call in CALLS:
        codes = send_codes if call == "send" else status_codes
        errors = [raised(call, code=code) for code in codes]
        errors += [raised(call, accident=accident) for accident in ACCIDENTS]
        errors += [raised(call, accident="not allowed")] if call == "send" else []
        met[call] = {type(error) for error in errors}

    assert met["send"] == classes(NotSentError) | {OutcomeUnknownError}
    assert met["status"] == met["wait"] == classes(QueryError)
    # A SOAP Fault is an answer to `call` alone: tests/client/test_call.py.
    assert classes(ConvergiaError) == met["send"] | met["status"] | {GatewayFaultError}


def test_every_error_survives_a_task_queue(raised: Callable[..., ConvergiaError]) -> None:
    errors = [
        raised("send", code=201),
        raised("send", code=204),
        raised("send", accident="refused"),
        raised("send", accident="HTTP 500"),
        raised("status", code=5),
        raised("status", code=6),
        raised("status", code=UNLISTED_STATUS),
        raised("status", accident="HTTP 500"),
    ]

    for error in errors:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
        assert vars(again) == vars(error)


def test_an_error_of_a_wait_after_a_send_never_says_that_nothing_was_sent(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1"), wire.reset]

    receipt, error = caller(retries=Retries(status=0)).call(CALLS["send"], CALLS["wait"])

    assert receipt.message_id == "1"
    assert isinstance(error, QueryError)
    assert not isinstance(error, NotSentError | OutcomeUnknownError)


def test_every_class_of_the_tree_is_public() -> None:
    def below(kind: type[ConvergiaError]) -> set[str]:
        return {kind.__name__, *(name for each in kind.__subclasses__() for name in below(each))}

    ours = {name for name in below(ConvergiaError) if hasattr(convergia_sms._errors, name)}
    assert ours <= set(convergia_sms.__all__)
