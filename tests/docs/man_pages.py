"""Write the man pages, in English and in Spanish, from the commands' help: `make man`."""

from __future__ import annotations

import inspect
import os
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click_man.man import ManPage
from convergia_sms.cli import main
from convergia_sms.cli._help import HelpContext, first_sentence, in_language, option_row, usage

from tests.language.texts import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

# The library writes English headings.
_HEADINGS = {
    "es": {
        "NAME": "NOMBRE",
        "SYNOPSIS": "SINOPSIS",
        "DESCRIPTION": "DESCRIPCIÓN",
        "OPTIONS": "OPCIONES",
        "COMMANDS": "COMANDOS",
    },
    "en": {},
}
_SEE_ALSO = re.compile(r"^  See (\S+) for full documentation on the \S+ command\.$", re.MULTILINE)


def write_man_pages(folder: Path, day: str) -> None:
    """Write a page for each command into a folder, and its Spanish one into `es` below it.

    Args:
        folder: is made if it does not exist.
        day: the date that the pages bear, as `2026-11-27`.
    """
    for language, place in (("en", folder), ("es", folder / "es")):
        os.environ["CONVERGIA_LANG"] = language
        place.mkdir(parents=True, exist_ok=True)
        for path, command in commands(main, "convergia"):
            file = place / f"{path.replace(' ', '-')}.1"
            file.write_text(_page(path, command, language, day), encoding="utf-8")


def _page(path: str, command: click.Command, language: str, day: str) -> str:
    context = HelpContext(command, info_name=path)
    page = ManPage(path)
    page.version, page.date = version("convergia-sms"), day
    page.short_help = _escaped(_short(command))
    page.description = "\n\n".join(map(_paragraph, _paragraphs(command)))
    page.synopsis = usage(" ".join(command.collect_usage_pieces(context)))
    options = (one for one in command.get_params(context) if isinstance(one, click.Option))
    records = (each.get_help_record(context) for each in options)
    page.options = [
        (names, _escaped(text)) for names, text in map(option_row, filter(None, records))
    ]
    if isinstance(command, click.Group):
        page.commands = list(_below(command, context))
    text = _SEE_ALSO.sub(lambda found: f"  {found[1]}.", str(page))
    for english, translation in _HEADINGS[language].items():
        text = text.replace(f".SH {english}\n", f".SH {translation}\n")
    return text


def _below(group: click.Group, context: click.Context) -> Iterator[tuple[str, str]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield name, _escaped(_short(command))


def _paragraphs(command: click.Command) -> list[str]:
    return inspect.cleandoc(command.help or "").split("\n\n")


def _short(command: click.Command) -> str:
    return first_sentence(in_language(_paragraphs(command)[0])).rstrip(".")


def _paragraph(text: str) -> str:
    if text.startswith("\b"):  # click's mark of lines that stay as they are
        lines = "\n".join(line.strip() for line in text.removeprefix("\b\n").splitlines())
        return f".nf\n{_escaped(lines)}\n.fi"
    return _escaped(in_language(text))


def _escaped(text: str) -> str:
    """Return a text whose lines troff takes for text."""
    return re.sub(r"^(?=[.'])", r"\\&", text.replace("\\", r"\e"), flags=re.MULTILINE)


if __name__ == "__main__":
    moment = datetime.fromtimestamp(int(sys.argv[2]), UTC)
    write_man_pages(Path(sys.argv[1]), moment.date().isoformat())
