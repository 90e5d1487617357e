"""The option `--fail-on` of `convergia mockserver` and `convergia coverage`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from convergia_mockserver.gateway.journal import check_kinds

from .language import finding_in_words, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from convergia_mockserver.gateway.journal import FindingKind, RequestFinding

F = TypeVar("F", bound="Callable[..., object]")
_SHOWN = 20


def fail_on_option(command: F) -> F:
    """Add `--fail-on` to a command, which gets the kinds as `fail_on`."""
    return click.option(
        "--fail-on",
        metavar="FINDING[,FINDING]",
        callback=_kinds,
        help="Exit with 1 if a request had one of these findings: arguments, charset,"
        " cleartext-password, resend, duplicate, encoding.",
    )(command)


def refuse_findings(found: Iterable[tuple[str, RequestFinding]], count: int) -> None:
    """Print the findings to standard error and exit with 1. Do nothing without findings."""
    if not count:
        return
    for position, (space, finding) in enumerate(found):
        if position < _SHOWN:
            request = translated(f"request {finding.request} ({finding.face} {finding.operation})")
            text = finding_in_words(finding.text)
            click.echo(f"{space}: {request}: {finding.kind}: {text}", err=True)
    listed = translated(
        "1 finding listed in --fail-on."
        if count == 1
        else f"{count:,} findings listed in --fail-on."
    )
    click.echo(listed, err=True)
    raise SystemExit(1)


def _kinds(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[FindingKind, ...]:
    try:
        return check_kinds(part.strip() for part in (value or "").split(",") if part.strip())
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
