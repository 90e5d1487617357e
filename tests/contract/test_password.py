"""Tests of the password of the contract suite, which its reports mask."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from convergia_contract.cli import contract
from convergia_contract.target import password
from convergia_mockserver import Account, MockServer
from convergia_wsdl import load_profile

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t ñ"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CONVERGIA_")]:
        if name != "CONVERGIA_FORBID_LIVE":
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(SECRET + "\n", encoding="utf-8")
    return path


def test_the_variable_overrides_the_file_and_both_the_sandboxs_token(
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
    monkeypatch.setenv("CONVERGIA_PROFILE", "")  # empty as unset
    with MockServer(accounts=[Account(name="tienda", password=SECRET)]) as server:
        arguments = [server.base_url, "--username", "tienda", "-k", "test_status.py"]
        done = CliRunner().invoke(contract, arguments)
    assert done.exit_code == 0, done.output
    assert " 0 failed" in done.output
    assert SECRET not in done.output


def test_an_unreadable_file_is_reported_before_any_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVERGIA_PASSWORD_FILE", str(tmp_path / "none"))
    done = CliRunner().invoke(contract, ["http://127.0.0.1:1"])
    assert done.exit_code == 2
    assert "password_file: " in done.output


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the accounts' file, in which an account of the shop's stands, without an address."""
    path = tmp_path / "accounts.toml"
    path.write_text(f'[tienda]\nusername = "tienda"\npassword = "{SECRET}"\n', encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setenv("CONVERGIA_ACCOUNTS_FILE", str(path))
    return path


def of_statuses(*arguments: str) -> Result:
    return CliRunner().invoke(contract, [*arguments, "-k", "test_status.py and by-hand"])


def test_a_named_account_has_user_password_address_and_profile(
    accounts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVERGIA_USERNAME", "another")
    monkeypatch.setenv("CONVERGIA_PASSWORD", "another's")
    dialect = 'status = { form = "separated", separator = ";", text = true }'
    profile = accounts.with_name("theirs.toml")
    profile.write_text(f"[reply.http]\n{dialect}\n", encoding="utf-8")
    account = Account(name="tienda", password=SECRET)
    with MockServer(accounts=[account], profile=load_profile(profile)) as server:
        with accounts.open("a", encoding="utf-8") as file:
            file.write(f'base_url = "{server.base_url}"\nprofile = "theirs.toml"\n')
        done = of_statuses("--account", "tienda", "--json")
        assert done.exit_code == 0, done.output
        report = json.loads(done.output)
        assert report["gateway"] == server.base_url
    assert report["provenance"]["profile"] == str(profile)
    assert SECRET not in done.output


def test_an_account_from_the_environment_is_checked_offline_without_a_url(
    accounts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with accounts.open("a", encoding="utf-8") as file:
        file.write('base_url = "http://127.0.0.1:1"\n')
    monkeypatch.setenv("CONVERGIA_ACCOUNT", "tienda")
    done = of_statuses()
    assert done.exit_code == 0, done.output
    assert "mock server keeps the contract" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--account tienda", "account: [tienda] has no base_url"),
        ("--account bodega", "has no [bodega]. It has: tienda"),
        ("http://127.0.0.1:1 --account bodega", "has no [bodega]. It has: tienda"),
    ],
)
def test_an_incomplete_account_is_reported_before_anything_is_asked(
    arguments: str, message: str, accounts: Path
) -> None:
    done = of_statuses(*shlex.split(arguments))
    assert done.exit_code == 2
    assert message in done.output
