"""Tests that a command reads and parses its profile only once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import click
from convergia_sms.cli import main
from convergia_sms.cli._catalogue import CATALOGUE

from tests.cli.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convergia_mockserver import MockServer

# By command: arguments that make it do its work. `{…}` is filled in below.
CALLS = {
    "send": "send 5512345678 Hola --wait",
    "status": "status 1",
    "codes": "codes",
    "doctor": "doctor",
    "probe": "probe --username tienda --base-url {base_url}",
    "wsdl show": "wsdl show",
    "wsdl stubs": "wsdl stubs",
    "wsdl call": "wsdl call estatus_mensaje messageid=1",
    "wsdl diff": "wsdl diff",
    "wsdl refresh": "wsdl refresh --output {folder}/refreshed",
    "bulk send": "bulk send {rows} --outbox sqlite:///{folder}/outbox.db",
    "bulk resume": "bulk resume --outbox sqlite:///{folder}/outbox.db",
    "worker": "worker --until-empty --no-poll --outbox sqlite:///{folder}/outbox.db",
}
PROGRAM = """
import json, os, sys
from click.testing import CliRunner
from convergia_sms.cli import main

profile, calls = os.environ["CONVERGIA_PROFILE"], json.loads(sys.argv[1])
opened = []

def listen(event, arguments):
    if event == "open" and arguments[0] == profile:
        opened.append(event)

sys.addaudithook(listen)
told = {}
for name, arguments in calls.items():
    opened.clear()
    done = CliRunner().invoke(main, arguments)
    told[name] = [len(opened), done.exit_code, done.output]
print(json.dumps(told))
"""


def _with_a_profile(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _with_a_profile(found, f"{path} {name}".strip())
    elif any(each.name == "profile" for each in command.params):
        yield path


def test_every_command_of_the_client_that_takes_a_profile_is_called_below() -> None:
    own = {name for name, listed in CATALOGUE.items() if listed.target}
    found = {path for path in _with_a_profile(main, "") if path.partition(" ")[0] in own}

    assert found == set(CALLS)


def test_a_command_parses_its_profile_once(gateway: MockServer, tmp_path: Path) -> None:
    profile, rows = tmp_path / "profile.toml", tmp_path / "rows.csv"
    profile.write_text("text.max_length = 159")
    rows.write_text("number,text\n5512345678,Hola\n")
    values = {"base_url": gateway.base_url, "rows": str(rows), "folder": str(tmp_path)}
    calls = {name: call.format_map(values).split() for name, call in CALLS.items()}
    environment = {name: value for name, value in os.environ.items() if "CONVERGIA" not in name}
    environment |= {
        "CONVERGIA_BASE_URL": gateway.base_url,
        "CONVERGIA_USERNAME": "tienda",
        "CONVERGIA_PASSWORD": PASSWORD,
        "CONVERGIA_PROFILE": str(profile),
    }

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(calls)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    told = json.loads(done.stdout)
    assert {name: opened for name, (opened, _, _) in told.items()} == dict.fromkeys(CALLS, 1), told
