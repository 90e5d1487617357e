"""Tests of the server against its OpenAPI document, with requests from schemathesis."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from convergia_mockserver import MockServer
from convergia_mockserver.admin import openapi
from convergia_mockserver.admin.app import GROUPS
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.exhaustive import sampled

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
DOCUMENT: dict[str, Any] = openapi.document(GROUPS)
# A stream has no end to wait for, and a wait is meant to take its time.
ENDLESS = ("/events", "/messages/wait")
OPERATIONS = [
    (path, method)
    for path, methods in DOCUMENT["paths"].items()
    if path not in ENDLESS
    for method in methods
]


def test_every_operation_is_documented_once_and_says_what_it_does() -> None:
    operations = [each for path in DOCUMENT["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names)) == sum(len(group.endpoints) for group in GROUPS)
    assert all(each["summary"].endswith((".", ":")) for each in operations)


def test_the_document_says_where_a_token_is_needed() -> None:
    asks: dict[str, Any] = openapi.document(GROUPS, asks=True)
    ((name, scheme),) = asks["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for path, methods in asks["paths"].items():
        for method, each in methods.items():
            closed = path not in {"/health", "/ca.pem"}
            assert each.get("security") == ([{name: []}] if closed else None), (method, path)
            assert ({"401", "403"} <= each["responses"].keys()) == closed
    # Without tokens nobody is asked for one.
    assert DOCUMENT["paths"]["/messages"]["get"]["security"] == [{name: []}, {}]
    assert "security" not in DOCUMENT["paths"]["/health"]["get"]


@pytest.fixture(scope="module")
def schema() -> Any:
    return schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def own_server() -> Any:
    with MockServer() as server:
        yield server


@pytest.mark.parametrize(("path", "method"), sampled(OPERATIONS, "variants", every=7))
def test_no_request_breaks_the_server_or_the_document(
    path: str, method: str, schema: Any, own_server: MockServer
) -> None:
    operation = schema[path][method]
    any_case = st.one_of(*(operation.as_strategy(generation_mode=each) for each in GenerationMode))

    # `schema.parametrize` makes its cases while tests are collected: seconds in each worker.
    @settings(max_examples=10)
    @given(any_case)
    def ask(case: Any) -> None:
        # Requests make spaces; the limit on them is not what is asked here.
        for name in own_server.world.names:
            if name != "default":
                own_server.world.delete(name)
        response = case.call(base_url=f"{own_server.base_url}/s/schema/__admin")
        case.validate_response(response, checks=CHECKS)

    ask()


@pytest.mark.exhaustive("fuzz")
def test_schemathesis_finds_nothing_in_any_of_its_phases(tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(DOCUMENT))
    with MockServer() as server:
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", str(document),
            "--url", f"{server.base_url}/s/schema/__admin", "--phases", "examples,coverage,fuzzing",
            "--max-examples", "20", "--generation-deterministic",
            "--checks", ",".join(check.__name__ for check in CHECKS),
            *(argument for path in ENDLESS for argument in ("--exclude-path", path)),
        ]  # fmt: skip
        ran = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr
