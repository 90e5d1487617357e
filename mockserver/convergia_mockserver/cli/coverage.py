"""`convergia coverage`: which codes, operations and faults a mock server was made to show."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

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
@click.option(
    "--admin-token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="CONVERGIA_ADMIN_TOKEN_FILE",
    metavar="FILE",
    help="File with the token that the server asks for, alone (also CONVERGIA_ADMIN_TOKEN_FILE).",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def coverage(  # noqa: PLR0917 - click passes by name
    url: str,
    space: str,
    fail_under: float | None,
    fail_on: tuple[FindingKind, ...],
    admin_token_file: Path | None,
    as_json: bool,
) -> None:
    """Tell which codes, operations and faults the mock server at URL was made to show."""
    if not is_base_url(url):
        # Not shown: what is wrong with it may be a password inside.
        raise click.UsageError("URL: not 'http://host:port', with a path if need be")
    control = f"{url.rstrip('/')}/s/{space}/__admin"
    token = None if admin_token_file is None else _token(admin_token_file)
    raw = _fetch(f"{control}/coverage", token)
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
            _fetch(f"{control}/findings?kinds={','.join(fail_on)}", token), type=_Findings
        )
        refuse_findings([(space, each) for each in listed.findings], listed.total)
    if not enough:
        raise SystemExit(1)


def _token(file: Path) -> str:
    token = file.read_bytes().decode("ascii", "replace").strip()
    if not token.isprintable() or " " in token or not token.isascii():
        raise click.UsageError(f"{file} does not hold one token alone")
    return token


def _fetch(url: str, token: str | None) -> bytes:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - checked above
            body: bytes = reply.read()
            return body
    except HTTPError as error:
        error.close()
        if error.code in {401, 403}:
            raise click.ClickException(
                f"{url} refuses the admin token, or the lack of one\nHint: --admin-token-file FILE"
            ) from None
        raise click.ClickException(f"{url} answers HTTP {error.code}") from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        raise click.ClickException(
            f"no mock server answers at {url}: {reason}; start one with `convergia mockserver`"
        ) from None
