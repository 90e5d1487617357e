"""The main command group: finds commands when they are called, and explains failures."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import click

from convergia_sms._errors import ConvergiaError
from convergia_sms._extras import install_command

from ._catalogue import CATALOGUE, ENTRY_POINTS, Listed
from ._failures import (
    FIX_PROFILE,
    FIX_SETTING,
    CommandFailure,
    UsageFailure,
    failure,
    shown_in_spanish,
)
from ._help import HelpGroup, with_help
from ._language import language, translated
from ._output import colour_wanted, suit_terminal
from ._streams import keep_exit_code

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from click.shell_completion import CompletionItem


# Errors of writing. Others without a file's name are not of standard output: too many open files.
_OF_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


class ConvergiaGroup(HelpGroup):
    """The client's own commands and those of the entry-point group, imported on use."""

    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 - click's own
        """Run click's main. Once the exit code is known, no signal changes it."""
        try:
            return super().main(*args, **extra)
        except SystemExit as end:
            keep_exit_code(end.code)
            raise

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: object,
    ) -> click.Context:
        """Make the context as click does, with the terminal's colours and characters."""
        suit_terminal()
        with shown_in_spanish(), _unwritable_worded():
            context = super().make_context(
                info_name, args, parent, **{"color": colour_wanted(), **extra}
            )
        # Commands of other packages use this to translate, because they do not import this package.
        context.meta["convergia.translate"] = translated
        context.meta["convergia.language"] = language()
        return context

    def _main_shell_completion(
        self,
        ctx_args: MutableMapping[str, Any],
        prog_name: str,
        complete_var: str | None = None,
    ) -> None:
        """Complete as click does, with PowerShell as another shell."""
        if os.environ.get(complete_var or "_CONVERGIA_COMPLETE", "").startswith("powershell"):
            from . import _powershell

            _powershell.register()
        super()._main_shell_completion(ctx_args, prog_name, complete_var)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return all commands: the catalogue's in its order, then those of other packages."""
        given = _given()
        known = [name for name, listed in CATALOGUE.items() if listed.target or name in given]
        return known + sorted(given.keys() - CATALOGUE.keys())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command. None if no command has that name."""
        entry = _own(cmd_name) or _given().get(cmd_name)
        if entry is None:
            return None
        try:
            command: object = entry.load()
        except ModuleNotFoundError as error:
            raise _not_installed(cmd_name, error) from error
        except (ImportError, AttributeError) as error:
            raise UsageFailure(
                f"the command {cmd_name!r} cannot be loaded: {error}",
                f"{_package(entry)} is broken, or made for another version of convergia-sms",
            ) from error
        if not isinstance(command, click.Command):
            raise UsageFailure(
                f"{cmd_name!r} is not a click command but a {type(command).__name__}",
                f"correct the entry point {ENTRY_POINTS!r} of {_package(entry)}",
            )
        return with_help(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command as click does, but suggest also commands that are not imported."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, and turn errors into failures with a hint and an exit code."""
        _silence_log()
        with shown_in_spanish(), _unwritable_worded():
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConvergiaError as error:
            raise failure(error) from error
        except ModuleNotFoundError as error:
            raise _not_installed(ctx.invoked_subcommand or "", error) from error
        except ValueError as error:
            raise _misconfigured(error) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their headings, from the catalogue alone."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            listed = _listed(name)
            sections.setdefault(listed.section, []).append((name, listed.help))
        width = max(len(name) for rows in sections.values() for name, _ in rows)
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return completions from the catalogue, without importing a command."""
        from click.shell_completion import CompletionItem

        return [
            CompletionItem(name, help=_listed(name).help)
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ] + click.Command.shell_complete(self, ctx, incomplete)


@contextmanager
def _unwritable_worded() -> Iterator[None]:
    """Turn errors of writing to a file or to standard output into failures.

    Raises:
        CommandFailure: something was not written.
        Exit: the reader of standard output has closed the pipe.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            # The reader has closed the stream, which is no error.
            raise click.exceptions.Exit(0) from None
        reason = error.strerror or str(error)
        where = error.filename or ("standard output" if error.errno in _OF_WRITING else None)
        raise CommandFailure(reason if where is None else f"{where}: {reason}") from error


def _silence_log() -> None:
    """Keep Python from printing the client's warnings, which the command explains itself."""
    import logging

    log = logging.getLogger("convergia_sms")
    if not log.hasHandlers():
        log.addHandler(logging.NullHandler())


def _own(name: str) -> EntryPoint | None:
    listed = CATALOGUE.get(name)
    return EntryPoint(name, listed.target, ENTRY_POINTS) if listed and listed.target else None


def _given() -> dict[str, EntryPoint]:
    """Return the commands that installed packages register, by name."""
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}


def _listed(name: str) -> Listed:
    listed = CATALOGUE.get(name)
    return listed or Listed("More", f"From the package {_package(_given()[name])}.")


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.value.partition(":")[0]


def _not_installed(name: str, error: ModuleNotFoundError) -> UsageFailure:
    listed = CATALOGUE.get(name)
    extra = listed.extra if listed else None
    return UsageFailure(
        f"`convergia {name}` needs the module {error.name!r}, which is not installed",
        install_command(extra or ""),
    )


def _misconfigured(error: ValueError) -> Exception:
    """Return a usage failure for an error in a file or setting, or else the error itself."""
    from convergia_wsdl import ContractError

    from convergia_sms._settings import SettingsError

    if isinstance(error, ContractError):
        return UsageFailure(str(error), FIX_PROFILE)
    if isinstance(error, SettingsError):
        return UsageFailure(str(error), FIX_SETTING)
    return error
