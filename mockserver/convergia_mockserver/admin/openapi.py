"""The OpenAPI 3.1 document, made from the endpoints and their structs."""

from __future__ import annotations

import types
import typing
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.server.access import is_open

from .descriptions import describe_fields, described_types, fields_of
from .filters import is_table, parameter_type
from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .endpoints import Endpoint, Group

_REF = "#/components/schemas/{name}"
_CAUSES = {
    400: "The request is malformed. `detail` names the place.",
    401: "The server requires an admin token, and the request has none that is valid.",
    403: "The token is for other spaces, or is read-only.",
    404: "The resource does not exist.",
    408: "The time is up.",
    409: "The resource already exists, or cannot be deleted.",
    413: "The body is too large.",
    503: "There is no room for one more space, or the server is stopping.",
}


_SCHEME = "adminToken"
_SECURITY = {
    _SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "description": "A token from the file given as `--admin-token-file`. Without that file no "
        "token is required. A token may be limited to some spaces: then the list of spaces, "
        "`/metrics` and other spaces are answered with 403. A token may be read-only: then it is "
        "valid for GET, except `GET /snapshot`, which holds hashes of passwords.",
    }
}


def document(groups: Iterable[Group], *, asks: bool = False) -> dict[str, object]:
    """Return the document.

    Args:
        groups: the endpoints.
        asks: True if the server requires admin tokens. Otherwise they are optional.
    """
    groups = tuple(groups)
    endpoints = [(group, endpoint) for group in groups for endpoint in group.endpoints]
    structs: list[type] = [Problem]
    for _, endpoint in endpoints:
        structs += [
            kind
            for kind in (endpoint.body, endpoint.result)
            if isinstance(kind, type) and kind not in (str, type(None))
        ]
    schemas, components = msgspec.json.schema_components(structs, ref_template=_REF)
    classes = described_types(structs)
    for name, schema in components.items():
        describe_fields(schema, classes[name])
    of = dict(zip(structs, schemas, strict=True))
    paths: dict[str, dict[str, object]] = {}
    for group, endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(
            group, endpoint, of, asks=asks
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Convergia mock server: control",
            "version": version("convergia-sms"),
            "description": "The admin API of the mock server, for tests and people. Every path "
            "also works after `/s/NAME`, for the space NAME. Without it, the space is `default`.",
        },
        "servers": [
            {"url": "/__admin", "description": "The space `default`"},
            {
                "url": "/s/{space}/__admin",
                "description": "Another space, created on first use",
                "variables": {"space": {"default": "default"}},
            },
        ],
        "tags": [{"name": group.name} for group in groups],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


def _operation(
    group: Group, endpoint: Endpoint, of: dict[type, dict[str, object]], *, asks: bool
) -> object:
    described: dict[str, object] = {
        "operationId": endpoint.name,
        "tags": [group.name],
        "summary": endpoint.summary,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": _schema(kind)}
              for name, kind in endpoint.parameters.items()),
            *_query_parameters(endpoint),
        ],
        "responses": _responses(endpoint, of),
    }  # fmt: skip
    if not is_open(endpoint.path):
        described["security"] = [{_SCHEME: []}] if asks else [{_SCHEME: []}, {}]
    if endpoint.notes:
        described["description"] = endpoint.notes
    if endpoint.body is not None:
        described["requestBody"] = {
            "required": any(
                each.required for each in msgspec.structs.fields(endpoint.body)
            ),
            "content": {"application/json": {"schema": of[endpoint.body]}},
        }  # fmt: skip
    return described


def _query_parameters(endpoint: Endpoint) -> Iterable[dict[str, object]]:
    if endpoint.query is None:
        return
    texts = fields_of(endpoint.query)
    for each in msgspec.structs.fields(endpoint.query):
        schema = _schema(_without_none(parameter_type(each.type)))
        if each.default not in (msgspec.NODEFAULT, None):
            schema["default"] = each.default
        parameter: dict[str, object] = {"name": each.name, "in": "query"}
        if is_table(each.type):
            parameter |= {"style": "deepObject", "explode": True}
        if each.name in texts:
            parameter["description"] = texts[each.name]
        yield {**parameter, "required": each.required, "schema": schema}


def _responses(endpoint: Endpoint, of: dict[type, dict[str, object]]) -> dict[str, object]:
    done: dict[str, object] = {"description": "Done."}
    result = endpoint.result
    if isinstance(result, type) and result in of:
        done["content"] = {endpoint.media_type: {"schema": of[result]}}
    elif result is str or typing.get_origin(result) is AsyncIterator:
        done["content"] = {endpoint.media_type: {"schema": {"type": "string"}}}
    responses: dict[str, object] = {str(endpoint.status): done}
    errors = {400, *endpoint.errors} | ({413} if endpoint.body is not None else set())
    errors |= set() if is_open(endpoint.path) else {401, 403}
    for status in sorted(errors):
        responses[str(status)] = {
            "description": _CAUSES[status],
            "content": {"application/problem+json": {"schema": of[Problem]}},
        }
    return responses


def _schema(kind: object) -> dict[str, object]:
    """Return an inline schema, since parameters are too small for a component."""
    schema, components = msgspec.json.schema_components([kind], ref_template=_REF)
    found = schema[0]
    name = str(found.get("$ref", "")).rpartition("/")[2]
    return dict(components[name]) if name in components else dict(found)


def _without_none(kind: object) -> object:
    """Return a type without None, since a query parameter is absent but never null."""
    if typing.get_origin(kind) not in (typing.Union, types.UnionType):
        return kind
    rest = [each for each in typing.get_args(kind) if each is not type(None)]
    return rest[0] if len(rest) == 1 else typing.Union[tuple(rest)]  # noqa: UP007
