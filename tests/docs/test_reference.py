"""Tests that the reference pages are up to date. `make reference` writes them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from convergia_mockserver.admin import openapi
from convergia_mockserver.admin.app import GROUPS

from tests.docs.reference import settings
from tests.docs.reference.__main__ import DOCS, PAGES

ROOT = Path(__file__).parents[2]
# Variables that no user sets: click's own, a child's of the reference gateway, and those that a
# rehearsal gives to the client it runs.
_INTERNAL = {"CONVERGIA_COMPLETE", "CONVERGIA_REFERENCE_CONFIG", "CONVERGIA_NUMBER"}


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_matches_the_code(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert page == PAGES[name](), "run `make reference`"


def test_every_field_of_the_admin_api_says_what_it_means() -> None:
    document: dict[str, Any] = openapi.document(GROUPS)
    schemas = document["components"]["schemas"]
    assert len(schemas) > 30
    for name in re.findall(r"^### (\w+)$", PAGES["admin-api-fields.md"](), re.MULTILINE):
        if name != "Profile":  # its fields have their comments in profile.toml
            for field, schema in schemas[name].get("properties", {}).items():
                assert schema.get("description"), f"{name}.{field}"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for each in operation["parameters"]:
                said = each.get("description") or each["schema"].get("description")
                assert said or each["in"] == "path", f"{method} {path}: {each['name']}"


def test_every_variable_that_the_code_reads_is_on_the_page() -> None:
    sources = [
        path.read_text(encoding="utf-8")
        for package in ("client", "mockserver", "contract_tests")
        for path in (ROOT / package).rglob("*.py")
    ]
    read = {name for text in sources for name in re.findall(r"CONVERGIA_[A-Z_]*[A-Z]", text)}
    assert "CONVERGIA_BASE_URL" in read
    assert read - {"CONVERGIA_MOCKSERVER"} - _INTERNAL <= set(
        re.findall(r"CONVERGIA_[A-Z_]*[A-Z]", settings.page())
    )
