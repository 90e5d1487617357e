"""Tests of the built distribution, in environments that hold nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest
from convergia_mockserver import MockServer
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = ("convergia_sms", "convergia_mockserver", "convergia_wsdl", "convergia_contract")
# What only an extra may bring.
NOT_FOR_PRODUCTION = ("spyne", "fastapi", "starlette", "uvicorn", "jinja2", "pytest", "hypothesis")


class Environment:
    """A virtual environment with nothing in it but what it is told to install."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        _run(sys.executable, "-m", "venv", "--without-pip", str(folder))

    def pip(self, *arguments: str) -> str:
        pip = (sys.executable, "-m", "pip", "--python", str(self.bin / "python"))
        return _run(*pip, *arguments, "--disable-pip-version-check", "-c", "constraints.txt")

    def run(self, command: str, *arguments: str, cwd: Path, **variables: str) -> str:
        return _run(str(self.bin / command), *arguments, cwd=cwd, **variables)


def _run(*command: str, cwd: Path = ROOT, **variables: str) -> str:
    """Its standard output; fails with all of its output unless it exits with 0."""
    inherited = {key: value for key, value in os.environ.items() if "CONVERGIA" not in key}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=inherited | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def _build(target: Path, *arguments: str) -> Path:
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), *arguments, ".")
    return target


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return next(_build(tmp_path_factory.mktemp("sdist"), "--sdist").glob("*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return next(_build(tmp_path_factory.mktemp("wheel"), "--wheel").glob("*.whl"))


@pytest.fixture(scope="module")
def production(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("production"))
    environment.pip("install", "--quiet", "--no-compile", str(wheel))
    return environment


@pytest.fixture(scope="module")
def sandbox(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("sandbox"))
    environment.pip("install", "--quiet", "--no-compile", f"{wheel}[mockserver]")
    return environment


def _contents(archive: Path) -> dict[str, str]:
    """Each file of a wheel with its digest; RECORD, which repeats them, left out."""
    with zipfile.ZipFile(archive) as files:
        return {
            name: hashlib.sha256(files.read(name)).hexdigest()
            for name in files.namelist()
            if not name.endswith("/RECORD")
        }


@pytest.mark.exhaustive("release")
def test_the_sdist_builds_the_very_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        # Python 3.11.2 has no filters yet.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path)
    unpacked = next(tmp_path.iterdir())
    _run(
        *(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", "dist", "."),
        cwd=unpacked,
    )
    assert _contents(next((unpacked / "dist").glob("*.whl"))) == _contents(wheel)


def test_the_sdist_has_what_its_tests_need(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tracked = set(_run("git", "ls-files").splitlines()) if (ROOT / ".git").exists() else set()
    left_out = {name for name in tracked - names if not name.startswith(".ci/")}
    assert left_out == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_says_that_it_is_typed(wheel: Path, package: str) -> None:
    assert f"{package}/py.typed" in _contents(wheel)


def test_the_wheel_has_the_contracts_data_and_no_tests(wheel: Path) -> None:
    names = _contents(wheel).keys()
    assert {f"convergia_wsdl/{name}" for name in ("webservice.wsdl", "guide.toml")} <= names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == set(PACKAGES)


def test_every_entry_point_of_the_wheel_loads() -> None:
    for entry in distribution("convergia-sms").entry_points:
        assert callable(entry.load()) or entry.group == "pytest11", entry


@pytest.mark.exhaustive("distribution")
def test_production_installs_nothing_of_the_mock_server(production: Environment) -> None:
    installed = {
        path.name.lower()
        for path in production.folder.glob("lib/python*/site-packages/*")
        if path.suffix != ".dist-info"
    }
    assert installed.isdisjoint(NOT_FOR_PRODUCTION)


@pytest.mark.exhaustive("distribution")
def test_in_production_the_command_prints_its_version(
    production: Environment, tmp_path: Path
) -> None:
    printed = production.run("convergia", "--version", cwd=tmp_path)
    assert PROJECT["version"] in printed


@pytest.mark.exhaustive("distribution")
@pytest.mark.parametrize("transport", ["soap", "http"])
def test_in_production_a_message_is_sent(
    production: Environment, tmp_path: Path, transport: str
) -> None:
    with MockServer() as gateway:
        printed = production.run(
            *("convergia", "send", "55 1234 5678", "Hola", "--transport", transport),
            cwd=tmp_path,
            CONVERGIA_BASE_URL=gateway.base_url,
            CONVERGIA_USERNAME="demo",
            CONVERGIA_PASSWORD="demo",
        )
        (message,) = gateway.space().messages
    assert printed == f"{message.id}\taccepted\t525512345678\t{transport}\t1\n"


@pytest.mark.exhaustive("distribution")
@pytest.mark.parametrize("command", [["mockserver"], ["demo"], ["rehearse", "true"]], ids=" ".join)
def test_in_production_a_command_names_the_extra_that_it_needs(
    production: Environment, wheel: Path, tmp_path: Path, command: list[str]
) -> None:
    done = subprocess.run(
        [str(production.bin / "convergia"), *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert f"Hint: pip install '{wheel}[mockserver]'" in done.stderr


@pytest.mark.exhaustive("distribution")
def test_the_demo_needs_only_the_installed_wheel(sandbox: Environment, tmp_path: Path) -> None:
    printed = sandbox.run("convergia", "demo", cwd=tmp_path)
    assert "answers as the guide says" in printed.splitlines()[-1]


@pytest.mark.exhaustive("distribution")
def test_a_users_pytest_runs_without_the_extras(production: Environment, tmp_path: Path) -> None:
    # The distribution's pytest plugins are there for every pytest of the environment.
    packages = tmp_path / "packages"
    production.pip("install", "--quiet", "--target", str(packages), "pytest")
    (tmp_path / "test_theirs.py").write_text("def test_theirs(): pass\n")
    arguments = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_theirs.py")
    printed = production.run("python", *arguments, cwd=tmp_path, PYTHONPATH=str(packages))
    assert "1 passed" in printed


@pytest.mark.exhaustive("distribution")
def test_every_extra_can_be_installed(sandbox: Environment, wheel: Path) -> None:
    # Of "dev" this test run itself is the proof.
    extras = ",".join(PROJECT["optional-dependencies"].keys() - {"dev", "release"})
    planned = sandbox.pip("install", "--dry-run", f"{wheel}[{extras}]")
    assert "Would install" in planned


def test_every_pinned_version_runs_on_the_oldest_python_3_11() -> None:
    """Debian 12 has Python 3.11.2: a version that needs a later patch cannot be installed there."""
    pinned = set((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    needed = {
        f"{each.name}=={each.version}": (each.metadata.get_all("Requires-Python") or [""])[0]
        for each in distributions()
    }
    assert len(pinned & needed.keys()) > 100
    assert [
        name for name in pinned & needed.keys() if "3.11.2" not in SpecifierSet(needed[name])
    ] == []


def test_the_constraints_pin_every_dependency_once() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    names = [line.partition("==")[0].lower() for line in lines if not line.startswith("#")]
    assert len(names) == len(set(names))
    assert all("==" in line for line in lines if not line.startswith("#"))
