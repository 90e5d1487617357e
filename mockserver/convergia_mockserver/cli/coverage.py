"""`convergia coverage`: which codes, operations and faults a mock server was made to show."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import click
import msgspec
from convergia_wsdl import is_base_url

from convergia_mockserver.gateway.coverage import Coverage
from convergia_mockserver.gateway.journal import RequestFinding  # noqa: TC001 - msgspec reads it

from .findings import fail_on_option, refuse_findings

if TYPE_CHECKING:
    from convergia_mockserver.gateway.journal import FindingKind


class _Findings(msgspec.Struct):
    """What the control lists."""

    total: int
    findings: list[RequestFinding]


@click.command()
@click.argument("url", default="http://127.0.0.1:8181")
@click.option("--space", default="default", show_default=True, help="The space to look at.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit with 1 when less was exercised, over the faces that were used at all.",
)
@fail_on_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def coverage(
    url: str,
    space: str,
    fail_under: float | None,
    fail_on: tuple[FindingKind, ...],
    as_json: bool,
) -> None:
    """Tell which codes, operations and faults the mock server at URL was made to show."""
    if not is_base_url(url):
        # Not shown: what is wrong with it may be a password inside.
        raise click.UsageError("URL: not 'http://host:port', with a path if need be")
    control = f"{url.rstrip('/')}/s/{space}/__admin"
    raw = _fetch(f"{control}/coverage")
    found = msgspec.json.decode(raw, type=Coverage)
    if as_json:
        click.echo(msgspec.json.format(raw).decode())
    else:
        for face, seen in found.faces.items():
            click.echo(f"{face:5} {seen.percent:5.1f} %")
            if seen.send or seen.status or seen.faults:
                click.echo("      never: " + (", ".join(seen.missing) or "nothing is missing"))
        click.echo(f"total {found.percent:5.1f} %")
    enough = fail_under is None or found.percent >= fail_under
    if not enough:
        click.echo(f"{found.percent} % is under {fail_under:g} %", err=True)
    if fail_on:
        listed = msgspec.json.decode(
            _fetch(f"{control}/findings?kinds={','.join(fail_on)}"), type=_Findings
        )
        refuse_findings([(space, each) for each in listed.findings], listed.total)
    if not enough:
        raise SystemExit(1)


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=30) as reply:  # noqa: S310 - checked above
            body: bytes = reply.read()
            return body
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        raise click.ClickException(
            f"no mock server answers at {url}: {reason}; start one with `convergia mockserver`"
        ) from None
