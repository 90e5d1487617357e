"""The password that the suite calls a gateway with, and that its reports mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from convergia_contract.cli import contract
from convergia_contract.target import password
from convergia_mockserver import Account, MockServer

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t ñ"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONVERGIA_PASSWORD", "CONVERGIA_PASSWORD_FILE", "CONVERGIA_USERNAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(SECRET + "\n", encoding="utf-8")
    return path


def test_the_variable_comes_before_the_file_and_both_before_the_sandboxs(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert password() == "demo"
    monkeypatch.setenv("CONVERGIA_PASSWORD_FILE", str(file))
    assert password() == SECRET
    monkeypatch.setenv("CONVERGIA_PASSWORD", "another")
    assert password() == "another"


def test_the_suite_takes_the_password_from_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVERGIA_PASSWORD_FILE", str(file))
    with MockServer(accounts=[Account(name="tienda", password=SECRET)]) as server:
        arguments = [server.base_url, "--username", "tienda", "-k", "test_status.py"]
        done = CliRunner().invoke(contract, arguments)
    assert done.exit_code == 0, done.output
    assert " 0 failed" in done.output
    assert SECRET not in done.output


def test_a_file_that_cannot_be_read_is_told_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVERGIA_PASSWORD_FILE", str(tmp_path / "none"))
    done = CliRunner().invoke(contract, ["http://127.0.0.1:1"])
    assert done.exit_code == 2
    assert "password_file: " in done.output
