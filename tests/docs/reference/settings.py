"""The page of every setting: the client's, the commands', the mock server's, the plugin's."""

from __future__ import annotations

import inspect
import re
from typing import Any

import click
from convergia_mockserver import pytest_plugin
from convergia_mockserver.cli.mockserver import mockserver
from convergia_sms import Client, Settings
from convergia_sms._settings.options import ACCOUNT_NAMES, NAMES, SettingOptions, variable
from convergia_sms.cli import main

from tests.docs.reference.tables import sentence, table

_HEAD = """\
# Every setting

<!-- Made from the code by `make reference`. Change the code, and run it again. -->

On this page you find every setting, with its environment variable and its default. An argument or
an option takes precedence over the environment. Assumptions about the gateway are not settings:
they are in the [profile](facts-and-assumptions.md). `--help` lists the other options of each
[command](cli.md).

## The client

These are arguments of `Client`, `AsyncClient` and `Settings.resolve`. An argument takes precedence
over the [account's table](client.md#several-accounts), and the table over the environment.
"""
_OF_THE_CLIENTS = """\
## Arguments without a variable

Only Python code can set these.
"""
_OF_THE_PROCESS = """\
## The whole process

These have neither an argument nor an option.
"""
_PROCESS = (
    (
        "`CONVERGIA_FORBID_LIVE`",
        "",
        "`1` refuses [every request to the live gateway](never-live.md).",
    ),
    (
        "`CONVERGIA_LANG`",
        "as `LC_ALL`, `LC_MESSAGES` or `LANG`",
        "The language of the command: `es` or `en`.",
    ),
    (
        "`CONVERGIA_ACCOUNTS_FILE`",
        "`~/.config/convergia/accounts.toml`",
        "The file of [named accounts](client.md#several-accounts).",
    ),
)
_OF_THE_MOCK_SERVER = """\
## The mock server

The options of `convergia mockserver`. A flag's variable takes `1` or `0`, and several values of one
option are separated by blanks. A [start file](start-file.md) holds what the server begins with.
"""
_OF_THE_PLUGIN = """\
## pytest

The mock server's [plugin](pytest.md) reads these from pytest's configuration.
"""
_FIELD = re.compile(r"^    (\w+): (.*(?:\n     +.*)*)", re.MULTILINE)


def page() -> str:
    """Return the page."""
    return "\n".join(
        [
            _HEAD,
            *table(("argument", "variable", "account's key", "default", "meaning"), _settings()),
            _OF_THE_CLIENTS,
            *table(("argument", "default", "meaning"), _arguments()),
            _OF_THE_PROCESS,
            *table(("variable", "default", "meaning"), _PROCESS),
            "## Variables of the commands",
            "",
            *table(("variable", "option", "commands", "meaning"), _commands()),
            _OF_THE_MOCK_SERVER,
            *table(("option", "variable", "default", "meaning"), _options()),
            _OF_THE_PLUGIN,
            *table(("key", "type", "default", "meaning"), _plugin()),
        ]
    ).rstrip() + "\n"  # fmt: skip


def texts(kind: type, section: str) -> dict[str, str]:
    """Return what a docstring says of each name in one of its sections."""
    _, _, rest = inspect.cleandoc(kind.__doc__ or "").partition(f"{section}:\n")
    fields = _FIELD.findall(rest.partition("\n\n")[0])
    return {name: " ".join(text.split()) for name, text in fields}


def _settings() -> list[tuple[str, ...]]:
    said = texts(Settings, "Attributes") | texts(SettingOptions, "Attributes")
    rows: list[tuple[str, ...]] = []
    for name in NAMES:
        meaning, _, default = said[name].partition(" Default: ")
        rows.append(
            (
                f"`{name}`",
                f"`{variable(name)}`",
                f"`{name}`" if name in ACCOUNT_NAMES else "",
                default.removesuffix("."),
                sentence(meaning),
            )
        )
    return rows


def _arguments() -> list[tuple[str, ...]]:
    said = texts(Client.__mro__[1], "Args")
    signature = inspect.signature(Client.__init__)
    return [
        (f"`{name}`", f"`{parameter.default!r}`", sentence(said[name]))
        for name, parameter in signature.parameters.items()
        if name not in {"self", *NAMES} and parameter.kind is parameter.KEYWORD_ONLY
    ]


def _commands() -> list[tuple[str, ...]]:
    """Return the variables of options, with the commands that read them."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for path, command in _every("", main, click.Context(main)):
        if command is mockserver:
            continue
        for option in command.params:
            if isinstance(option, click.Option) and isinstance(option.envvar, str):
                key = (option.envvar, max(option.opts, key=len), option.help or "")
                found.setdefault(key, []).append(path)
    return [
        (f"`{variable}`", f"`{option}`", ", ".join(f"`{each}`" for each in commands), meaning)
        for (variable, option, meaning), commands in sorted(found.items())
    ]


def _every(
    path: str, command: click.Command, context: click.Context
) -> list[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return [(path, command)]
    found = []
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is not None:
            found += _every(f"{path} {name}".strip(), below, context)
    return found


def _options() -> list[tuple[str, ...]]:
    return [
        (
            f"`{max(option.opts, key=len)}{_value(option)}`",
            ", ".join(f"`{each}`" for each in option.envvar or ()),
            _default(option),
            option.help or "",
        )
        for option in mockserver.params
        if isinstance(option, click.Option)
    ]


def _value(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return f" {'|'.join(option.type.choices)}"
    if isinstance(option.type, click.Path):
        return " FILE"
    return f" {option.metavar or option.type.name.partition(' ')[0].upper()}"


def _default(option: click.Option) -> str:
    default = option.get_default(click.Context(mockserver))
    shown = isinstance(default, str | int | float) and not isinstance(default, bool)
    return f"`{default}`" if shown and default != "" else ""


class _Parser:
    """A stand-in for pytest's parser that collects the keys which `pytest_addoption` adds."""

    def __init__(self) -> None:
        self.keys: list[tuple[str, ...]] = []

    def addini(self, name: str, text: str, *, type: str, default: Any) -> None:  # noqa: A002
        """Collect one key."""
        shown = str(default).lower() if isinstance(default, bool) else ""
        self.keys.append((f"`{name}`", type, shown and f"`{shown}`", sentence(text)))


def _plugin() -> list[tuple[str, ...]]:
    parser = _Parser()
    pytest_plugin.pytest_addoption(parser)  # type: ignore[arg-type]
    return parser.keys
