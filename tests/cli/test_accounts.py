"""Tests of `--account NAME`, the settings of one of several accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.conftest import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

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
