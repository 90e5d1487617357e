"""Tests of a file with the settings of several named accounts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import Settings

from tests.client.test_secrets import assert_silent, everything_about, listening, our_variables

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["listening"]

SECRET = "s3cr&t-Pa$$"  # as the leak tests know it


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with another account's credentials, and a file of accounts."""
    (tmp_path / "secret").write_text("from a file\n", encoding="utf-8")
    file = tmp_path / "accounts.toml"
    file.write_text(
        f"""
[marketing]
username = "mkt"
password_file = "secret"
transport = "http"
timeout = 12.5
allowed_numbers = ["55 1234 5678"]

[alerts]
username = "alertas"
password = "{SECRET}"

[nobody]
base_url = "http://127.0.0.1:1"
""",
        encoding="utf-8",
    )
    file.chmod(0o600)
    return {
        "CONVERGIA_ACCOUNTS_FILE": str(file),
        "CONVERGIA_USERNAME": "other",
        "CONVERGIA_PASSWORD": "other's",
        "CONVERGIA_BASE_URL": "http://127.0.0.1:8181",
        "CONVERGIA_TRANSPORT": "soap",
    }


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_an_accounts_settings_come_before_the_other_variables(
    environment: dict[str, str], by: str
) -> None:
    given: dict[str, Any] = {"account": "marketing"} if by == "argument" else {}
    if by == "environment":
        environment["CONVERGIA_ACCOUNT"] = "marketing"

    settings = Settings.resolve(**given, environment=environment)

    assert (settings.username, settings.reveal_password()) == ("mkt", "from a file")
    assert (settings.transport, settings.timeout.total) == ("http", 12.5)
    assert settings.allowed_numbers == frozenset({"525512345678"})
    assert settings.base_url == "http://127.0.0.1:8181"
    assert settings.account == "marketing"
    assert (settings.origins["transport"], settings.origins["account"]) == ("account", by)


def test_arguments_come_before_an_account(environment: dict[str, str]) -> None:
    settings = Settings.resolve(
        password="typed", transport="soap", account="marketing", environment=environment
    )
    assert (settings.username, settings.reveal_password()) == ("mkt", "typed")
    assert settings.transport == "soap"


def test_user_and_password_are_never_another_accounts(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="the username is missing"):
        Settings.resolve(account="nobody", environment=environment)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("[alerts]", "[alarms]"), r"has no \[alerts\]. It has: alarms, marketing, nobody"),
        (("password =", "passwort ="), "'passwort', which is not a setting"),
        (("password =", "password"), r"it is not TOML \(at line \d+, column \d+\)"),
        ((f'"{SECRET}"', "12345678"), "password must be a str, not int"),
        (("\n[alerts]", "\n[alerts]\naccount = 'x'"), "'account', which is not a setting"),
    ],
)
def test_an_error_in_the_file_is_reported_without_its_secrets(
    environment: dict[str, str], change: tuple[str, str], why: str
) -> None:
    with open(environment["CONVERGIA_ACCOUNTS_FILE"], "r+", encoding="utf-8") as file:  # noqa: PTH123
        text = file.read().replace(*change)
        file.seek(0)
        file.write(text)
        file.truncate()
    with pytest.raises((ValueError, TypeError), match=why) as caught:
        Settings.resolve(account="alerts", environment=environment)
    assert_silent([*everything_about(caught.value), *our_variables(caught.value)])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"no file .*accounts.toml. Create it, or set CONVERGIA_ACC"
    ):
        Settings.resolve(account="x", environment={"XDG_CONFIG_HOME": str(tmp_path)})


@pytest.mark.skipif(os.name != "posix", reason="file modes are of POSIX")
def test_a_password_file_that_others_can_read_causes_a_warning_without_the_password(
    environment: dict[str, str], listening: list[str]
) -> None:
    settings = Settings.resolve(account="alerts", environment=environment)
    assert not [each for each in listening if "chmod 600" in each]
    os.chmod(environment["CONVERGIA_ACCOUNTS_FILE"], 0o644)  # noqa: PTH101
    Settings.resolve(account="marketing", environment=environment)
    assert not [each for each in listening if "chmod 600" in each]
    Settings.resolve(account="alerts", environment=environment)
    assert [each for each in listening if "chmod 600" in each]
    assert settings.reveal_password() == SECRET
    assert_silent([*listening, repr(settings), str(settings)])
