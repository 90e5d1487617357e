"""Tests that the package exports all names that a user annotates with or catches."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from typing import TYPE_CHECKING

import convergia_mockserver
import pytest
from convergia_mockserver import gateway, recording

if TYPE_CHECKING:
    from types import ModuleType

# Raised where no code of a user runs: in the admin API, the recording proxy and `record --check`.
_INTERNAL = {"ServerClosingError", "UnframedBodyError", "UnreachableError", "NotConnectedError"}


def errors_of(package: ModuleType) -> set[str]:
    modules = [
        importlib.import_module(each.name)
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    return {
        name
        for module in modules
        for name, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, Exception)
        and not name.startswith("_")
        and value.__module__.startswith(package.__name__)
    }


@pytest.mark.parametrize("name", convergia_mockserver.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(convergia_mockserver, name) is not None
    assert name in dir(convergia_mockserver)


@pytest.mark.parametrize("package", [gateway, recording], ids=lambda each: each.__name__)
def test_every_error_that_a_user_may_catch_is_exported(package: ModuleType) -> None:
    errors = errors_of(package)
    assert errors
    assert errors - _INTERNAL <= set(convergia_mockserver.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Mock'"):
        _ = convergia_mockserver.Mock


def test_importing_the_package_imports_neither_the_gateway_nor_the_server() -> None:
    code = (
        "import sys, convergia_mockserver\n"
        "print(*(name for name in sys.modules if name.startswith('convergia_mockserver.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


def test_annotating_with_the_exported_types_imports_no_spyne() -> None:
    code = (
        "import sys\n"
        "from convergia_mockserver import MockGateway, Pattern, WaitTimeoutError\n"
        "assert not {'spyne', 'starlette', 'uvicorn', 'lxml'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
