"""Tests of the code's structure: no circular imports, unique class names, no long modules."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import grimp
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LONGEST_MODULE = 400
PACKAGES = ("convergia_contract", "convergia_mockserver", "convergia_sms", "convergia_wsdl")
# A module by its whole name, perhaps with an attribute behind a colon, as entry points spell it.
TARGET = re.compile(r"(\w+(?:\.\w+)*)(:\w+)?")
LAZY = {"import_module", "EntryPoint"}


@cache
def sources(package: str) -> dict[str, ast.Module]:
    """The syntax trees of a package's modules, by the modules' names."""
    found = import_module(package).__file__
    assert found is not None
    folder = Path(found).parent
    trees = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text(encoding="utf-8"))
    return trees


def named_by_strings(module: str, tree: ast.Module, modules: set[str]) -> Iterator[str]:
    """Yield the modules that `module` names in strings, to import them when they are needed."""
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        target = TARGET.fullmatch(node.value.lstrip("."))
        if target is None:
            continue
        name, attribute = target.groups()
        # A name alone may be a logger's.
        if name in modules and (attribute or called & LAZY):
            yield name
        # `import_module(f"{__name__}.{home}")`: the name is relative to a package above.
        elif called & LAZY:
            above = (module, module.rpartition(".")[0])
            yield from (f"{one}.{name}" for one in above if f"{one}.{name}" in modules)


def import_graph() -> dict[str, set[str]]:
    """Return what each module imports: at its top, in its functions, for types, by a string."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=False, cache_dir=None)
    imports = {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}
    for package in PACKAGES:
        for name, tree in sources(package).items():
            imports[name] |= set(named_by_strings(name, tree, graph.modules)) - {name}
    return imports


def test_nothing_imports_in_a_circle_even_through_a_string() -> None:
    imports = import_graph()
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))
    # The graph holds what strings name.
    assert "convergia_sms.cli.probe" in imports["convergia_sms.cli._catalogue"]
    assert "convergia_sms._client" in imports["convergia_sms"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_class_name_is_defined_once_in_a_package(package: str) -> None:
    defined: defaultdict[str, list[str]] = defaultdict(list)
    for module, tree in sources(package).items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                defined[node.name].append(module)
    assert {name: where for name, where in defined.items() if len(where) > 1} == {}


def test_no_module_is_longer_than_400_lines() -> None:
    folders = ("benchmarks", "client", "contract_tests", "examples", "mockserver", "tests", "wsdl")
    long = {
        path.relative_to(ROOT).as_posix(): count
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "node_modules" not in path.parts
        and (count := path.read_bytes().count(b"\n")) > LONGEST_MODULE
    }
    assert long == {}
