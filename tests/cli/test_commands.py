"""Tests of how `convergia` finds its commands and reports errors in them."""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner
from convergia_sms._extras import install_command
from convergia_sms.cli import main
from convergia_sms.cli._catalogue import CATALOGUE, ENTRY_POINTS

if TYPE_CHECKING:
    from pathlib import Path


def _package(folder: Path, monkeypatch: pytest.MonkeyPatch, entry: str, source: str) -> None:
    """Install in `folder` another person's package that registers the command `entry`."""
    (folder / "stranger.py").write_text(source, encoding="utf-8")
    info = folder / "stranger-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\n{entry}\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "stranger", raising=False)


def test_another_packages_command_is_listed_and_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "import click\n@click.command()\ndef hello(): click.echo('hola')\n"
    _package(tmp_path, monkeypatch, "hello = stranger:hello", source)
    assert "From the package stranger." in CliRunner().invoke(main, ["--help"]).output
    assert CliRunner().invoke(main, ["hello"]).output == "hola\n"


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import nowhere_to_be_found", "needs the module 'nowhere_to_be_found'"),
        ("from os import nothing_such", "cannot be loaded: cannot import name 'nothing_such'"),
        ("", "cannot be loaded"),
        ("hello = 42", "is not a click command but a int"),
    ],
)
def test_a_broken_command_says_what_is_wrong_and_exits_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, cause: str
) -> None:
    _package(tmp_path, monkeypatch, "hello = stranger:hello", source)
    done = CliRunner().invoke(main, ["hello"])
    assert cause in done.stderr
    assert "Hint: " in done.stderr
    assert done.exit_code == 2


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "import click\n@click.command()\ndef probe(): import a_thing_of_an_extra\n"
    _package(tmp_path, monkeypatch, "mockserver = stranger:probe", source)
    monkeypatch.setattr(
        "convergia_sms.cli._group.entry_points",
        lambda group: [e for e in distribution("stranger").entry_points if e.group == group],
    )
    done = CliRunner().invoke(main, ["mockserver"])
    assert "`convergia mockserver` needs the module 'a_thing_of_an_extra'" in done.stderr
    assert "Hint: pip install '" in done.stderr
    assert done.stderr.endswith("[mockserver]'\n")
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("recorded", "command"),
    [
        (None, "pip install 'convergia-sms[otel]'"),
        ('{"url": "https://example.com/a.whl"}', "pip install 'convergia-sms[otel]'"),
        ('{"url": "file:///home/ana/mi%20clon"}', "pip install '/home/ana/mi clon[otel]'"),
        ('{"url": "file:///tmp/a-1.whl"}', "pip install '/tmp/a-1.whl[otel]'"),
        ('{"url": "file:///C:/clone"}', "pip install 'C:/clone[otel]'"),
    ],
)
def test_an_extra_is_installed_from_where_the_package_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: str | None, command: str
) -> None:
    installed = tmp_path / "convergia_sms-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: convergia-sms\n")
    if recorded is not None:
        (installed / "direct_url.json").write_text(recorded)
    monkeypatch.syspath_prepend(tmp_path)
    assert install_command("otel") == command


def test_a_misspelt_command_is_compared_with_all_commands() -> None:
    done = CliRunner().invoke(main, ["mokserver"])
    assert "'mockserver'" in done.stderr
    assert done.exit_code == 2


def test_every_command_that_this_distribution_registers_is_in_the_catalogue() -> None:
    entries = distribution("convergia-sms").entry_points.select(group=ENTRY_POINTS)
    assert {entry.name for entry in entries} <= CATALOGUE.keys()


@pytest.mark.parametrize("name", [name for name, listed in CATALOGUE.items() if listed.target])
def test_each_of_the_clients_commands_loads_and_has_help(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.help


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_prints_the_shells_script(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert "_CONVERGIA_COMPLETE" in done.output
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("shell", "words", "last", "completions"),
    [
        ("bash", "convergia mocks", "1", ["plain,mockserver"]),
        ("powershell", "convergia mocks", "mocks", ["mockserver"]),
        ("powershell", "convergia completion", "", ["bash", "zsh", "fish", "powershell"]),
        ("powershell", "convergia send --transl", "--transl", ["--transliterate"]),
        ("powershell", "convergia completion 'po", "po", ["powershell"]),
    ],
)
def test_the_tab_key_completes_a_word(
    shell: str, words: str, last: str, completions: list[str]
) -> None:
    environment = {
        "_CONVERGIA_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": last,
    }
    done = CliRunner().invoke(main, [], env=environment, prog_name="convergia")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    if shell == "powershell":
        parts = [line.split("\t") for line in lines]
        assert all(len(part) == 3 and part[0] == "plain" and part[2] for part in parts)
        lines = [part[1] for part in parts]
    assert lines == completions
