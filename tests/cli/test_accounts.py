"""Tests of `--account NAME`, the settings of one of several accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.conftest import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_mockserver import MockServer

    from tests.cli.conftest import Convergia


def test_a_command_takes_a_named_accounts_settings(convergia: Convergia, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PASSWORD, encoding="utf-8")
    file = tmp_path / "accounts.toml"
    file.write_text('[tienda]\nusername = "tienda"\npassword_file = "secret"\n', encoding="utf-8")
    env = {
        "CONVERGIA_ACCOUNTS_FILE": str(file),
        "CONVERGIA_USERNAME": "other",
        "CONVERGIA_PASSWORD": "wrong",
    }

    sent = convergia("send", "5512345678", "Hola", "--account", "tienda", env=env)
    refused = convergia("send", "5512345678", "Hola", env=env)
    unknown = convergia("send", "5512345678", "Hola", "--account", "nadie", env=env)
    shown = convergia.json("doctor", env={**env, "CONVERGIA_ACCOUNT": "tienda"})

    assert sent.exit_code == 0, sent.output
    assert (refused.exit_code, "201" in refused.output) == (1, True)
    assert (unknown.exit_code, "has no [nadie]. It has: tienda" in unknown.output) == (2, True)
    assert shown["settings"]["account"] == {"value": "tienda", "source": "environment"}
    assert shown["settings"]["password"] == {"value": "set", "source": "account"}


def test_commands_about_the_wsdl_take_profile_and_gateway_from_the_account(
    convergia: Convergia, gateway: MockServer, tmp_path: Path
) -> None:
    (tmp_path / "profile.toml").write_text("[errors]\nretryable = [254]\n", encoding="utf-8")
    file = tmp_path / "accounts.toml"
    file.write_text(
        f'[shop]\nprofile = "profile.toml"\nbase_url = "{gateway.base_url}"\n', encoding="utf-8"
    )
    env = {
        "CONVERGIA_ACCOUNTS_FILE": str(file),
        "CONVERGIA_ACCOUNT": "shop",
        "CONVERGIA_BASE_URL": "http://127.0.0.1:9",
        "CONVERGIA_PROFILE": str(tmp_path / "other.toml"),
    }

    codes = convergia.json("codes", env=env)
    diff = convergia.json("wsdl", "diff", env=env)
    given = convergia("codes", "--profile", "missing.toml", env=env)
    unknown = convergia("codes", env={**env, "CONVERGIA_ACCOUNT": "nadie"})

    assert [one["code"] for one in codes["send"] if one["retryable"]] == [254]
    assert diff["gateway"] == gateway.base_url
    assert "missing.toml" in given.output
    assert (unknown.exit_code, "has no [nadie]. It has: shop" in unknown.output) == (2, True)


def test_the_probe_takes_everything_from_the_account_that_the_environment_names(
    convergia: Convergia, gateway: MockServer, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(PASSWORD, encoding="utf-8")
    (tmp_path / "profile.toml").write_text("[text]\nmax_length = 300\n", encoding="utf-8")
    file = tmp_path / "accounts.toml"
    file.write_text(
        f'[shop]\nusername = "tienda"\npassword_file = "secret"\nprofile = "profile.toml"\n'
        f'base_url = "{gateway.base_url}"\n',
        encoding="utf-8",
    )
    env = {
        "CONVERGIA_ACCOUNTS_FILE": str(file),
        "CONVERGIA_ACCOUNT": "shop",
        "CONVERGIA_BASE_URL": "http://127.0.0.1:9",
        "CONVERGIA_USERNAME": "other",
        "CONVERGIA_PASSWORD": "wrong",
        "CONVERGIA_PROFILE": str(tmp_path / "other.toml"),
    }

    report = convergia.json("probe", env=env)
    unknown = convergia("probe", "--account", "nadie", env=env)

    (limit,) = [one for one in report["findings"] if one["key"] == "text.max_length"]
    users = {entry.arguments.get("username") for entry in gateway.space().journal.find()[0]}
    assert report["gateway"] == gateway.base_url
    assert limit["assumed"] == "300"
    assert ("tienda" in users, "other" in users) == (True, False)
    assert (unknown.exit_code, "has no [nadie]. It has: shop" in unknown.output) == (2, True)
