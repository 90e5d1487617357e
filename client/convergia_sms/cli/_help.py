"""Help pages with bold headings, in the user's language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ._language import language, translated

if TYPE_CHECKING:
    from collections.abc import Iterable

_ROW = re.compile(r"(.*?)(?:(?:^|  )\[([^\[\]]*)\])?", re.DOTALL)


class _Formatter(click.HelpFormatter):
    """A help formatter with bold headings. Click removes the style if the output is a pipe."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, usage(args), prefix or f"{translated('Usage:')} ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(click.style(translated(heading), bold=True))

    def write_text(self, text: str) -> None:
        if language() != "en":
            text = "\n\n".join(map(in_language, text.split("\n\n")))
        super().write_text(text)

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        if language() != "en":
            rows = map(option_row, rows)
        super().write_dl(rows, col_max, col_spacing)


class HelpContext(click.Context):
    """A context whose help our formatter writes."""

    formatter_class = _Formatter


class HelpGroup(click.Group):
    """A group whose help, and that of its commands, our formatter writes."""

    context_class: type[click.Context] = HelpContext

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, with our formatter for its help."""
        command = super().get_command(ctx, cmd_name)
        return None if command is None else with_help(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command's first sentence. Click would cut it before its translation."""
        if language() == "en":
            super().format_commands(ctx, formatter)
            return
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                rows.append((name, first_sentence(in_language(_first_paragraph(command)))))
        with formatter.section("Commands"):
            click.HelpFormatter.write_dl(formatter, rows)


def with_help(command: click.Command) -> click.Command:
    """Use our formatter for a command's help."""
    if command.context_class is click.Context:
        command.context_class = HelpContext
    return command


def _first_paragraph(command: click.Command) -> str:
    return (command.short_help or command.help or "").strip().split("\n\n")[0]


def first_sentence(text: str) -> str:
    """Return a text's first sentence."""
    return text.partition(". ")[0].rstrip(".") + "."


def usage(text: str) -> str:
    """Return a usage line with the names of values in the user's language."""
    if language() == "en":
        return text
    from ._translation import spanish

    return spanish().usage(text)


def in_language(text: str) -> str:
    """Return a paragraph of a help text in the user's language. Preformatted ones are kept."""
    return text if text.startswith("\b") else translated(" ".join(text.split()))


def option_row(row: tuple[str, str]) -> tuple[str, str]:
    """Return an option's names and help, such as `… [default: …; required]`, translated."""
    if language() == "en":
        return row
    names, text = row
    found = _ROW.fullmatch(text)
    if found is None or not found[2]:
        return usage(names), translated(" ".join(text.split()))
    more = "; ".join(translated(each) for each in found[2].split("; "))
    return usage(names), f"{translated(' '.join(found[1].split()))}  [{more}]".lstrip()
