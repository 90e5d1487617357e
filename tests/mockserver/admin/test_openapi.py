"""The OpenAPI document is what the server does: schemathesis asks whatever it allows, and more."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from convergia_mockserver import MockServer
from convergia_mockserver.admin import openapi
from convergia_mockserver.admin.app import GROUPS
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
DOCUMENT: dict[str, Any] = openapi.document(GROUPS)
# A stream has no end to wait for, and a wait is meant to take its time.
schema = schemathesis.openapi.from_dict(DOCUMENT).exclude(path=["/events", "/messages/wait"])


def test_every_operation_is_documented_once_and_says_what_it_does() -> None:
    operations = [each for path in DOCUMENT["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names)) == sum(len(group.endpoints) for group in GROUPS)
    assert all(each["summary"].endswith((".", ":")) for each in operations)


@pytest.fixture(scope="module")
def own_server() -> Any:
    with MockServer() as server:
        yield server


@schema.parametrize()
@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_server_or_the_document(case: Any, own_server: MockServer) -> None:
    # Requests make spaces; the limit on them is not what is asked here.
    for name in own_server.world.names:
        if name != "default":
            own_server.world.delete(name)
    response = case.call(base_url=f"{own_server.base_url}/s/schema/__admin")
    case.validate_response(response, checks=CHECKS)
