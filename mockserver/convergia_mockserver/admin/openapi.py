"""The OpenAPI 3.1 document, from the operations and their structs."""

from __future__ import annotations

import types
import typing
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec

from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .operations import Group, Operation

_REF = "#/components/schemas/{name}"
_CAUSES = {
    400: "The request is malformed; `detail` says where.",
    404: "It is not there.",
    408: "The time was up.",
    409: "It is there already, or has to stay.",
    413: "The body is too large.",
    503: "There is no room for one more space, or the server stops.",
}


def document(groups: Iterable[Group]) -> dict[str, object]:
    """The document."""
    groups = tuple(groups)
    operations = [(group, operation) for group in groups for operation in group.operations]
    structs: list[type] = [Problem]
    for _, operation in operations:
        structs += [
            kind
            for kind in (operation.body, operation.result)
            if isinstance(kind, type) and kind not in (str, type(None))
        ]
    schemas, components = msgspec.json.schema_components(structs, ref_template=_REF)
    of = dict(zip(structs, schemas, strict=True))
    paths: dict[str, dict[str, object]] = {}
    for group, operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(
            group, operation, of
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Convergia mock server: control",
            "version": version("convergia-sms"),
            "description": "What tests and people do to the mock server. Every path works behind "
            "`/s/NAME` too, for the space NAME; without it, for the space `default`.",
        },
        "servers": [
            {"url": "/__admin", "description": "The space `default`"},
            {
                "url": "/s/{space}/__admin",
                "description": "Another space, made on first use",
                "variables": {"space": {"default": "default"}},
            },
        ],
        "tags": [{"name": group.name} for group in groups],
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(group: Group, operation: Operation, of: dict[type, dict[str, object]]) -> object:
    described: dict[str, object] = {
        "operationId": operation.name,
        "tags": [group.name],
        "summary": operation.summary,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": _schema(kind)}
              for name, kind in operation.parameters.items()),
            *_query_parameters(operation),
        ],
        "responses": _responses(operation, of),
    }  # fmt: skip
    if operation.notes:
        described["description"] = operation.notes
    if operation.body is not None:
        described["requestBody"] = {
            "required": any(
                each.required for each in msgspec.structs.fields(operation.body)
            ),
            "content": {"application/json": {"schema": of[operation.body]}},
        }  # fmt: skip
    return described


def _query_parameters(operation: Operation) -> Iterable[dict[str, object]]:
    if operation.query is None:
        return
    for each in msgspec.structs.fields(operation.query):
        schema = _schema(_without_none(each.type))
        if each.default not in (msgspec.NODEFAULT, None):
            schema["default"] = each.default
        yield {"name": each.name, "in": "query", "required": each.required, "schema": schema}


def _responses(operation: Operation, of: dict[type, dict[str, object]]) -> dict[str, object]:
    done: dict[str, object] = {"description": "Done."}
    result = operation.result
    if isinstance(result, type) and result in of:
        done["content"] = {operation.media_type: {"schema": of[result]}}
    elif result is str or typing.get_origin(result) is AsyncIterator:
        done["content"] = {operation.media_type: {"schema": {"type": "string"}}}
    responses: dict[str, object] = {str(operation.status): done}
    errors = {400, *operation.errors} | ({413} if operation.body is not None else set())
    for status in sorted(errors):
        responses[str(status)] = {
            "description": _CAUSES[status],
            "content": {"application/problem+json": {"schema": of[Problem]}},
        }
    return responses


def _schema(kind: object) -> dict[str, object]:
    """An inline schema: parameters are too small to be named."""
    schema, components = msgspec.json.schema_components([kind], ref_template=_REF)
    found = schema[0]
    name = str(found.get("$ref", "")).rpartition("/")[2]
    return dict(components[name]) if name in components else dict(found)


def _without_none(kind: object) -> object:
    """A query's parameter is absent, never null."""
    if typing.get_origin(kind) not in (typing.Union, types.UnionType):
        return kind
    rest = [each for each in typing.get_args(kind) if each is not type(None)]
    return rest[0] if len(rest) == 1 else typing.Union[tuple(rest)]  # noqa: UP007
