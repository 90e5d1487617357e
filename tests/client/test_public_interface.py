"""Tests of the package's exported names, and of the modules that importing it loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import get_args

import convergia_sms
import pytest

HEAVY = ("aiohttp", "http.client", "lxml", "opentelemetry", "requests", "ssl", "urllib3", "zeep")


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_every_name_of_all_is_there() -> None:
    assert list(convergia_sms.__all__) == sorted(convergia_sms.__all__)
    for name in convergia_sms.__all__:
        assert getattr(convergia_sms, name) is not None
    assert dir(convergia_sms) == list(convergia_sms.__all__)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(str(convergia_sms.__file__)).read_text())
    seen = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }

    assert seen == set(convergia_sms.__all__)


def test_a_missing_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Cliente'"):
        _ = convergia_sms.Cliente


def test_importing_the_package_imports_neither_zeep_nor_an_http_stack() -> None:
    assert not modules_after("import convergia_sms") & set(HEAVY)


def test_errors_and_texts_need_no_http_stack() -> None:
    code = "from convergia_sms import ConvergiaError, DeliveryStatus, preview"

    assert not modules_after(code) & set(HEAVY)


def test_a_client_over_http_works_without_zeep_and_aiohttp() -> None:
    code = "import convergia_sms\nconvergia_sms.Client('demo', 'demo', transport='http').close()"

    assert not modules_after(code) & {"aiohttp", "requests", "zeep"}


def test_the_error_tree_is_as_it_is_drawn() -> None:
    def tree(kind: type[BaseException]) -> dict[str, object]:
        # Other modules, once imported, have errors of their own below the tree's root.
        children = [each for each in kind.__subclasses__() if each.__module__ == errors]
        return {each.__name__: tree(each) for each in children}

    errors = convergia_sms.ConvergiaError.__module__

    assert tree(convergia_sms.ConvergiaError) == {
        "NotSentError": {
            "ConnectionFailedError": {},
            "LiveGatewayBlockedError": {},
            "PasswordUnavailableError": {},
            "RecipientNotAllowedError": {},
            "RejectedError": {
                "MissingParameterError": {},
                "MessageTooLongError": {},
                "GatewayUnavailableError": {},
                "SendAuthenticationError": {},
                "AddressNotAllowedError": {},
                "QuotaExceededError": {},
                "TrafficNotAllowedError": {},
                "SendFailedError": {},
                "InvalidNumberError": {},
            },
        },
        "OutcomeUnknownError": {},
        "GatewayFaultError": {},
        "QueryError": {
            "MessageNotFoundError": {},
            "QueryFailedError": {},
            "QueryAuthenticationError": {},
        },
        "AuthenticationError": {
            "SendAuthenticationError": {},
            "QueryAuthenticationError": {},
        },
    }


def test_both_clients_have_the_same_surface() -> None:
    def surface(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    sync, of_async = surface(convergia_sms.Client), surface(convergia_sms.AsyncClient)
    assert sync - {"close"} == of_async - {"aclose"}


def test_the_transports_are_two() -> None:
    assert set(get_args(convergia_sms.Transport)) == {"soap", "http"}


def test_importing_the_outbox_package_imports_no_database() -> None:
    assert "sqlalchemy" not in modules_after("import convergia_sms.outbox")


def test_importing_the_outbox_imports_neither_migrations_nor_an_http_stack() -> None:
    imported = modules_after("from convergia_sms.outbox import Outbox, Worker")

    assert not imported & {"aiohttp", "alembic", "httptools", "lxml", "mako", "requests", "zeep"}
    assert not imported & {"pyrate_limiter", "sqlalchemy.orm"}
    assert not any(name.startswith("convergia_sms._transports") for name in imported)


def test_the_outbox_still_offers_its_webhooks() -> None:
    from convergia_sms import outbox

    for name in outbox.__all__:
        assert getattr(outbox, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Webhook'"):
        _ = outbox.Webhook
