"""Tests that `make dist` and `make pyz` write the same bytes each time, and that these run."""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from convergia_mockserver import MockServer

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {key: value for key, value in os.environ.items() if "CONVERGIA" not in key}

pytestmark = [
    pytest.mark.exhaustive("release"),
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed"),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout"),
]


@pytest.fixture(scope="module")
def commit() -> str:
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def build(folder: Path, commit: str, tools: Path) -> Path:
    """Clone a commit into `folder` and build everything there, with `tools` to build it."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True, timeout=60)
    subprocess.run(["git", "checkout", "--quiet", commit], cwd=clone, check=True, timeout=60)
    subprocess.run(
        ["make", "pyz", f"PYTHON={sys.executable}", f"VENV={tools}"],
        cwd=clone,
        env={**ENVIRONMENT, "VIRTUAL_ENV": ""},
        check=True,
        timeout=600,
    )
    return clone / "dist"


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tools") / "venv"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory, commit: str, tools: Path) -> Path:
    return build(tmp_path_factory.mktemp("first"), commit, tools)


def run(pyz: Path, folder: Path, *arguments: str, **variables: str) -> str:
    """Run the one-file command where it has nothing else, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-I", str(pyz), *arguments],
        cwd=folder,
        env={**ENVIRONMENT, "SHIV_ROOT": str(folder / "shiv"), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def digests(dist: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in dist.iterdir()}


def test_a_second_build_of_the_same_commit_has_the_same_bytes(
    dist: Path, commit: str, tools: Path, tmp_path: Path
) -> None:
    assert digests(build(tmp_path, commit, tools)) == digests(dist)


def test_each_file_has_a_bill_of_materials_without_paths(dist: Path) -> None:
    files = [path for path in dist.iterdir() if not path.name.endswith(".cdx.json")]
    assert {path.suffix for path in files} == {".whl", ".gz", ".pyz"}
    for path in files:
        text = path.with_name(f"{path.name}.cdx.json").read_text(encoding="utf-8")
        bill = json.loads(text)
        assert bill["bomFormat"] == "CycloneDX"
        assert bill["metadata"]["component"]["name"] == "convergia-sms"
        assert "zeep" in {part["name"] for part in bill["components"]}
        assert str(dist.parent) not in text


def test_the_demo_runs_from_one_file(dist: Path, tmp_path: Path) -> None:
    printed = run(dist / "convergia.pyz", tmp_path, "demo")
    assert "answers as the guide says" in printed.splitlines()[-1]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_file_has_the_modules_of_every_python(dist: Path, version: str) -> None:
    with zipfile.ZipFile(dist / "convergia.pyz") as archive:
        names = [Path(name).name for name in archive.namelist()]
    tag = f".cpython-{version.replace('.', '')}-"
    for module in ("etree", "_core", "_regex", "parser"):
        assert [name for name in names if name.startswith(f"{module}{tag}")] != []
    assert "cgi.py" in names  # 3.13 has it no more


def test_the_single_file_refuses_another_python(tmp_path: Path) -> None:
    (tmp_path / "msgspec").mkdir()
    (tmp_path / "msgspec/_core.cpython-399-x86_64-linux-gnu.so").touch()
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "deploy/pyz_preamble.py"), {"site_packages": tmp_path})
    assert ended.value.code == 2


def test_a_file_of_messages_is_sent_from_one_file(dist: Path, tmp_path: Path) -> None:
    (tmp_path / "clientes.csv").write_text("numero,texto\n5512345678,Hola\n", encoding="utf-8")
    command = ("bulk", "send", "clientes.csv", "--outbox", f"sqlite:///{tmp_path / 'outbox.db'}")
    with MockServer() as gateway:
        printed = run(
            dist / "convergia.pyz",
            tmp_path,
            *command,
            CONVERGIA_BASE_URL=gateway.base_url,
            CONVERGIA_USERNAME="demo",
            CONVERGIA_PASSWORD="demo",
        )
    assert "accepted\t1" in printed


def test_the_contract_tests_run_from_one_file(dist: Path, tmp_path: Path) -> None:
    printed = run(dist / "convergia.pyz", tmp_path, "contract")
    assert "keeps the contract" in printed


def test_the_mock_server_runs_from_one_file(dist: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-I", str(dist / "convergia.pyz"), "mockserver", "--port", "0"],
        cwd=tmp_path,
        env={**ENVIRONMENT, "SHIV_ROOT": str(tmp_path / "shiv"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            words = (word for line in server.stdout for word in line.split())
            address = next(word for word in words if word.startswith("http://127.0.0.1:"))
            sent = run(
                dist / "convergia.pyz",
                tmp_path,
                *("send", "55 1234 5678", "Hola", "--base-url", address, "--username", "demo"),
                CONVERGIA_PASSWORD="demo",
            )
        finally:
            server.send_signal(signal.SIGTERM)
    assert "accepted" in sent
