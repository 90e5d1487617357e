"""`convergia coverage`: the codes, operations and faults exercised on a mock server."""

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
from .language import translated

if TYPE_CHECKING:
    from convergia_mockserver.gateway.journal import FindingKind


class _Findings(msgspec.Struct):
    """The findings as the admin API lists them."""

    total: int
    findings: list[RequestFinding]


@click.command()
@click.argument("url", default="http://127.0.0.1:8181")
@click.option("--space", default="default", show_default=True, help="The space to look at.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit with 1 if the coverage of the transports that were used is lower.",
)
@fail_on_option
@click.option(
    "--admin-token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="CONVERGIA_ADMIN_TOKEN_FILE",
    metavar="FILE",
    help="File with only the token that the server requires (also CONVERGIA_ADMIN_TOKEN_FILE).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def coverage(  # noqa: PLR0917 - click passes by name
    url: str,
    space: str,
    fail_under: float | None,
    fail_on: tuple[FindingKind, ...],
    admin_token_file: Path | None,
    as_json: bool,
) -> None:
    """Show which codes, operations and faults were exercised on the mock server at URL."""
    if not is_base_url(url):
        # The URL is not shown, because it may contain a password.
        raise click.UsageError("URL: it must be 'http://host:port', with a path if needed")
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
                missing = ", ".join(seen.missing) or translated("nothing is missing")
                click.echo(f"      {translated('never:')} {missing}")
        click.echo(f"total {found.percent:5.1f} %")
    enough = fail_under is None or found.percent >= fail_under
    if not enough:
        low = translated(f"Coverage is {found.percent} %, which is below {fail_under:g} %.")
        click.echo(low, err=True)
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
        raise click.UsageError(f"{file} must hold a single token and nothing else")
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
                f"{url} requires a valid admin token\nHint: --admin-token-file FILE"
            ) from None
        raise click.ClickException(f"{url} answers HTTP {error.code}") from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        reason = getattr(reason, "strerror", None) or reason
        raise click.ClickException(
            f"no mock server answers at {url}: {reason}\n"
            "Hint: start one with `convergia mockserver`"
        ) from None
