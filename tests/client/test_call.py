"""Tests of `call`: any operation of eight stacks' WSDLs, and its errors."""

from __future__ import annotations

import asyncio
import logging
import pickle
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from convergia_mockserver import MockServer, SoapFault
from convergia_sms import (
    AsyncClient,
    Client,
    ConnectionFailedError,
    ConvergiaError,
    GatewayFaultError,
    NotSentError,
    OutcomeUnknownError,
    QueryError,
    QueryFailedError,
    Retries,
)
from convergia_wsdl import load_profile

from tests.mockserver.operations.schemas import COMPLEX, DECLARED, SIMPLE, wsdl
from tests.mockserver.operations.stacks import WSDLS, plain
from tests.mockserver.operations.test_stacks import MADE_UP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convergia_sms import RequestInfo, ResponseInfo
    from convergia_wsdl import Profile

KINDS = pytest.mark.parametrize("kind", [Client, AsyncClient])
PASSWORD = "s3cr3t <&> ñandú"


def profile_of(stack: str, folder: Path) -> Profile:
    path = folder / f"{stack}.toml"
    path.write_text(f"wsdl = '{WSDLS / stack}.wsdl'\n", encoding="utf-8")
    return load_profile(path)


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return profile_of("nusoap", tmp_path_factory.mktemp("nusoap"))


@pytest.fixture(scope="module")
def nusoap(profile: Profile) -> Iterator[MockServer]:
    with MockServer(profile=profile, delivery_delay=0) as server:
        yield server


@pytest.fixture
def settings(gateway: MockServer, profile: Profile) -> dict[str, Any]:
    return {"base_url": gateway.base_url, "profile": profile}


@pytest.fixture
def gateway(nusoap: MockServer) -> Iterator[MockServer]:
    yield nusoap
    nusoap.space().scripts.clear()


def call(
    kind: type[Client | AsyncClient], settings: dict[str, Any], *call: Any, **more: Any
) -> Any:
    """Call an operation. Return its result or the error."""
    options = {"username": "demo", "password": "demo", **settings}

    async def in_a_loop() -> Any:
        async with AsyncClient(**options) as sms:
            return await sms.call(*call, **more)

    try:
        if kind is AsyncClient:
            return asyncio.run(in_a_loop())
        with Client(**options) as sms:
            return sms.call(*call, **more)
    except (ConvergiaError, TypeError, ValueError) as error:
        return error


@contextmanager
def served(stack: str, folder: Path) -> Iterator[dict[str, Any]]:
    profile = profile_of(stack, folder)
    with MockServer(profile=profile, delivery_delay=0) as server:
        yield {"base_url": server.base_url, "profile": profile}


@pytest.mark.parametrize(("stack", "operation", "arguments", "made_up"), MADE_UP)
def test_an_operation_of_any_stack_answers_a_value_of_its_type(
    stack: str, operation: str, arguments: dict[str, Any], made_up: Any, tmp_path: Path
) -> None:
    with served(stack, tmp_path) as settings:
        for kind in (Client, AsyncClient):
            for transport in ("soap", "http"):
                answer = call(kind, {**settings, "transport": transport}, operation, arguments)
                assert plain(answer) == made_up


@KINDS
def test_credentials_are_filled_in_and_refused_if_wrong(
    kind: type[Client | AsyncClient], gateway: MockServer, settings: dict[str, Any]
) -> None:
    assert call(kind, settings, "ConsultaSaldo") == "mock-return"
    wrong = call(kind, {**settings, "password": PASSWORD}, "ConsultaSaldo")
    assert isinstance(wrong, GatewayFaultError)
    assert "Error de Autenticación" in wrong.text
    own = call(kind, {**settings, "password": PASSWORD}, "ConsultaSaldo", {"password": "demo"})
    assert own == "mock-return"


@KINDS
@pytest.mark.parametrize("repeatable", [False, True])
def test_a_soap_fault_is_the_services_answer(
    kind: type[Client | AsyncClient],
    repeatable: bool,
    gateway: MockServer,
    settings: dict[str, Any],
) -> None:

    fault = SoapFault("Sin saldo", "Server", "cuenta <7>")
    gateway.space().script(operation="ConsultaSaldo", soap_fault=fault)
    settings = {**settings, "retries": Retries(status=0)}
    error = call(kind, settings, "ConsultaSaldo", repeatable=repeatable)
    assert isinstance(error, GatewayFaultError)
    assert not isinstance(error, NotSentError | QueryError | OutcomeUnknownError)
    assert error.code.endswith("Server")
    assert error.text == "Sin saldo"
    assert error.detail.count("cuenta &lt;7&gt;") == 1
    assert error.http_status == 500
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), vars(again)) == (str(error), vars(error))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            {"saldo": 1},
            "ConsultaSaldo: there is no argument 'saldo'. It takes username: xsd:string",
        ),
        ({"password": None, "usuario": "x"}, "there is no argument 'usuario'"),
    ],
)
@KINDS
def test_an_unknown_argument_is_a_type_error_that_lists_the_known(
    kind: type[Client | AsyncClient],
    arguments: dict[str, Any],
    problem: str,
    gateway: MockServer,
    settings: dict[str, Any],
) -> None:
    before = len(gateway.space().journal)
    error = call(kind, settings, "ConsultaSaldo", arguments)
    assert isinstance(error, TypeError)
    assert problem in str(error)
    assert len(gateway.space().journal) == before


@KINDS
def test_a_missing_argument_and_an_unknown_operation_are_type_errors(
    kind: type[Client | AsyncClient], gateway: MockServer, settings: dict[str, Any]
) -> None:
    settings = {**settings, "password": PASSWORD}
    error = call(kind, settings, "enviar_mensaje", number="525512345678")
    assert isinstance(error, TypeError)
    assert "Missing element message" in str(error)
    assert PASSWORD not in str(error)
    assert error.__context__ is None
    error = call(kind, settings, "Nada")
    assert isinstance(error, TypeError)
    assert "the WSDL has no operation 'Nada'; it has" in str(error)
    assert "ConsultaSaldo" in str(error)


@KINDS
@pytest.mark.parametrize(
    ("repeatable", "expected", "words"),
    [
        (False, OutcomeUnknownError, "the operation may have been carried out"),
        (True, QueryFailedError, "the operation brought no answer"),
    ],
)
@pytest.mark.parametrize(
    "fault", ["accepted-then-reset", "http-500", "html-page", "truncated-body", "empty-body"]
)
def test_a_lost_or_unreadable_reply_is_unknown_unless_the_operation_is_repeatable(
    kind: type[Client | AsyncClient],
    repeatable: bool,
    expected: type[ConvergiaError],
    words: str,
    fault: str,
    gateway: MockServer,
    settings: dict[str, Any],
) -> None:
    gateway.space().script(operation="ConsultaSaldo", fault=fault)
    before = gateway.space().journal.find()[1]
    settings = {**settings, "retries": Retries(status=0)}
    error = call(kind, settings, "ConsultaSaldo", repeatable=repeatable)
    assert type(error) is expected
    assert words in str(error)
    assert gateway.space().journal.find()[1] == before + 1


@KINDS
def test_a_repeatable_operation_is_asked_again(
    kind: type[Client | AsyncClient], gateway: MockServer, settings: dict[str, Any]
) -> None:
    gateway.space().script(operation="ConsultaSaldo", fault="http-500")
    settings = {**settings, "retries": Retries(status=1)}
    assert call(kind, settings, "ConsultaSaldo", repeatable=True) == "mock-return"


@KINDS
@pytest.mark.parametrize(
    ("repeatable", "expected"), [(False, ConnectionFailedError), (True, QueryFailedError)]
)
def test_a_call_to_an_absent_gateway_is_not_sent(
    kind: type[Client | AsyncClient],
    repeatable: bool,
    expected: type[ConvergiaError],
    gateway: MockServer,
    settings: dict[str, Any],
    unused_tcp_port: int,
) -> None:
    settings = {
        **settings,
        "base_url": f"http://127.0.0.1:{unused_tcp_port}",
        "retries": Retries(connect=0, status=0),
    }
    assert type(call(kind, settings, "ConsultaSaldo", repeatable=repeatable)) is expected


@KINDS
def test_hooks_and_log_name_the_operation_and_show_no_secret(
    kind: type[Client | AsyncClient], settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    told: list[RequestInfo | ResponseInfo] = []
    settings = {
        **settings,
        "before_request": told.append,
        "after_request": told.append,
        "password": PASSWORD,
    }
    with caplog.at_level(logging.DEBUG):
        call(kind, settings, "ConsultaSaldo")
    request, response = told
    assert (request.operation, request.wsdl_operation) == ("call", "ConsultaSaldo")  # type: ignore[union-attr]
    assert response.outcome == "failed"  # type: ignore[union-attr]
    assert PASSWORD not in caplog.text + repr(told)


@KINDS
def test_a_password_function_is_asked_at_each_call(
    kind: type[Client | AsyncClient], settings: dict[str, Any]
) -> None:
    asked: list[str] = []

    def password() -> str:
        asked.append("asked")
        return "demo"

    assert call(kind, {**settings, "password": password}, "ConsultaSaldo") == "mock-return"
    assert asked == ["asked"]


@KINDS
def test_an_error_in_a_password_function_means_that_nothing_was_sent(
    kind: type[Client | AsyncClient], gateway: MockServer, settings: dict[str, Any]
) -> None:
    def password() -> str:
        raise OSError(f"the vault says {PASSWORD}")

    before = gateway.space().journal.count()
    failed = call(kind, {**settings, "password": password}, "ConsultaSaldo")
    assert isinstance(failed, NotSentError)
    assert PASSWORD not in f"{failed!r} {failed.__cause__!r} {failed.__context__!r}"
    query = call(kind, {**settings, "password": password}, "ConsultaSaldo", repeatable=True)
    assert isinstance(query, QueryFailedError)
    assert query.reason == "password"
    assert gateway.space().journal.count() == before


# zeep cannot read a list type that is restricted, and makes a struct of a nil one.
UNREADABLE = {"ListOfThree", "RecursiveNil"}


def profile_of_types(names: list[str], folder: Path) -> Profile:
    """Return a profile whose WSDL has an operation, `all`, that takes and returns the types."""
    elements = "".join(
        f'<s:element name="v{name}" type="t:{name}" minOccurs="0"/>' for name in names
    )
    (folder / "all.wsdl").write_text(wsdl(elements, DECLARED), encoding="utf-8")
    (folder / "all.toml").write_text('wsdl = "all.wsdl"\n', encoding="utf-8")
    return load_profile(folder / "all.toml")


def test_values_of_all_kinds_of_types_come_and_go(tmp_path: Path) -> None:
    names = [name for name in (*SIMPLE, *COMPLEX) if name not in UNREADABLE]
    profile = profile_of_types(names, tmp_path)
    with (
        MockServer(profile=profile, delivery_delay=0) as server,
        Client("demo", "demo", base_url=server.base_url, profile=profile) as sms,
    ):
        made_up = plain(sms.call("all"))
        assert [name for name, value in made_up.items() if value is None] == ["vEmpty"]
        server.space().operations.register("all", lambda call: call.arguments)
        back = plain(sms.call("all", made_up))
        entries, _ = server.space().journal.find()
    assert [entry.findings for entry in entries] == [(), ()]
    # zeep stops at another depth in a type that holds itself without an end.
    del made_up["vTree"], back["vTree"]
    assert back == made_up


def test_a_wrong_argument_lists_the_types_also_where_zeep_cannot(tmp_path: Path) -> None:
    profile = profile_of_types(["Choice", "ListOfThree", "Since"], tmp_path)
    with Client("demo", "demo", base_url="http://127.0.0.1:9", profile=profile) as sms:
        with pytest.raises(TypeError, match="no argument 'otro'") as unknown:
            sms.call("all", otro="1")
        with pytest.raises(TypeError, match="Missing element x") as missing:
            sms.call("all", vChoice={"y": 1})
    for error in (unknown, missing):
        assert str(error.value).endswith(
            "It takes vChoice: Choice, vListOfThree: anySimpleType, vSince: Since"
        )
