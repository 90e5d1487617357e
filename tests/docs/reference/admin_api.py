"""The page of the admin API: every operation and every field, from its OpenAPI document."""

from __future__ import annotations

import json
from typing import Any

from convergia_mockserver.admin import openapi
from convergia_mockserver.admin.app import GROUPS

from tests.docs.reference.tables import sentence, table

_HEAD = """\
# Admin API: every operation and field

<!-- Made from the code by `make reference`. Change the code, and run it again. -->

On this page you find each operation of the [admin API](admin-api.md) with its parameters, and each
object with its fields. The page is made from the OpenAPI document, which a running server serves
at `/__admin/openapi.json`.

Paths begin with `/__admin`, or with `/s/NAME/__admin` for the space NAME. A server with
[admin tokens](mockserver.md#who-may-control-it) answers 401 without a token, and 403 if the token
is for other spaces or is read-only. Only operations marked "No token" need none.
"""
# The profile: its fields are those of profile.toml, where each has its comment.
_PROFILE = "Profile"
_LARGEST = 1e10
_LARGEST_CODE = 2**31 - 1
_REF = "#/components/schemas/"


def page() -> str:
    """Return the page."""
    document: dict[str, Any] = openapi.document(GROUPS)
    lines = [_HEAD]
    for tag in document["tags"]:
        lines += [f"## {tag['name']}", ""]
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    lines += _operation(f"{method.upper()} {path}", operation)
    lines += ["## Objects", ""]
    schemas: dict[str, Any] = document["components"]["schemas"]
    for name in sorted(_linked(document["paths"], schemas)):
        lines += _object(name, schemas[name])
    return "\n".join(lines).rstrip() + "\n"


def _operation(title: str, operation: dict[str, Any]) -> list[str]:
    lines = [f"### {title}", "", operation["summary"]]
    if "description" in operation:
        lines += ["", operation["description"]]
    lines.append("")
    lines += table(
        ("parameter", "in", "type", "default", "meaning"),
        [
            (
                f"`{each['name']}`",
                each["in"],
                _type(each["schema"]),
                _default(each["schema"], required=each["required"]),
                sentence(each.get("description") or each["schema"].get("description", "")),
            )
            for each in operation["parameters"]
        ],
    )
    body = operation.get("requestBody")
    if body is not None:
        schema = body["content"]["application/json"]["schema"]
        lines += [f"Body: {_type(schema)}{'' if body['required'] else ', may be left out'}.", ""]
    answers = [
        f"{status} {_content(answer)}".strip()
        for status, answer in operation["responses"].items()
        if status not in {"400", "401", "403"}
    ]
    closed = "" if "security" in operation else " No token."
    return [*lines, f"Answers: {'; '.join(answers)}.{closed}", ""]


def _content(answer: dict[str, Any]) -> str:
    for media, content in answer.get("content", {}).items():
        if media == "application/problem+json":
            return str(answer["description"]).rstrip(".")
        if media == "application/json":
            return _type(content["schema"])
        return f"`{media}`"
    return ""


def _object(name: str, schema: dict[str, Any]) -> list[str]:
    lines = [f"### {name}", "", sentence(schema.get("description", "")), ""]
    if name == _PROFILE:
        return [
            *lines,
            "Its fields are the [assumptions](facts-and-assumptions.md), as in `profile.toml`.",
            "",
        ]
    if "enum" in schema:
        return [*lines, f"One of {_listed(schema['enum'])}.", ""]
    required = schema.get("required", [])
    return lines + table(
        ("field", "type", "default", "meaning"),
        [
            (
                f"`{field}`",
                _type(each),
                _default(each, required=field in required),
                sentence(each.get("description", "")),
            )
            for field, each in schema.get("properties", {}).items()
        ],
    )


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return _listed(schema["enum"])
    kind = str(schema.get("type", "any value"))
    if kind == "array":
        if "prefixItems" in schema:
            return f"({', '.join(_type(each) for each in schema['prefixItems'])})"
        return f"list of {_type(schema['items'])}"
    if kind == "object" and schema.get("additionalProperties"):
        return f"object of {_type(schema['additionalProperties'])}"
    if schema.get("format"):
        return f"{kind} ({schema['format']})"
    return kind + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    """Return the bounds of a number; those that only keep it within its size say nothing."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None or low < -_LARGEST_CODE:
        return ""
    return f", {low:,} or more" if high is None or high >= _LARGEST else f", {low:,} to {high:,}"


def _default(schema: dict[str, Any], *, required: bool) -> str:
    if required:
        return "required"
    default = schema.get("default")
    return "" if default is None else f"`{json.dumps(default)}`"


def _listed(values: list[object]) -> str:
    return ", ".join(f"`{each}`" for each in values)


def _linked(paths: object, schemas: dict[str, Any]) -> set[str]:
    """Return the objects that the page links to."""
    found: set[str] = set()
    waiting = [paths]
    while waiting:
        for name in _references(waiting.pop()) - found:
            found.add(name)
            if name != _PROFILE:
                waiting.append(schemas[name])
    return found


def _references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {str(value["$ref"]).removeprefix(_REF)} if "$ref" in value else set()
        return own.union(*(_references(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(_references(each) for each in value))
    return set()
