"""`convergia mockserver`: the mock server in the foreground."""

from __future__ import annotations

import ipaddress
import json
import socket
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from .environment import options_from_environment
from .findings import fail_on_option, refuse_findings
from .language import translated
from .tls import tls_of, tls_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver.gateway.coverage import Coverage
    from convergia_mockserver.gateway.journal import FindingKind
    from convergia_mockserver.mock_server import MockServer

    from .request_log import LogFormat

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@options_from_environment
@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    default=8181,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 for any free port.",
)
@click.option(
    "--start",
    type=_FILE,
    metavar="FILE",
    help="TOML file of the initial accounts, scripts, plans, spaces, clock, operations and reserved"
    " numbers. SIGHUP reads it again.",
)
@click.option("--accounts", type=_FILE, help="TOML file of accounts. The default is demo/demo.")
@click.option(
    "--delivery-delay",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Time from acceptance to delivery.",
)
@click.option(
    "--profile",
    type=_FILE,
    envvar="CONVERGIA_PROFILE",
    help="TOML file of assumptions (also CONVERGIA_PROFILE).",
)
@click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="SQLite file that keeps messages, journal and scripts over restarts.",
)
@click.option(
    "--snapshot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File that is loaded at the start, if it exists, and written at the end. Not with --db.",
)
@click.option(
    "--replay",
    type=_FILE,
    metavar="FILE",
    help="Answer from a recording (see `convergia record`).",
)
@click.option(
    "--max-messages",
    default=100_000,
    show_default=True,
    type=click.IntRange(min=1),
    help="Messages that a space keeps in memory.",
)
@click.option(
    "--max-requests",
    default=10_000,
    show_default=True,
    type=click.IntRange(min=1),
    help="Journal entries that a space keeps in memory.",
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="At the end, show which codes, operations and faults were exercised on the transports that"
    " were used, and exit with 1 if the coverage is lower.",
)
@fail_on_option
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="Host name for the admin API and the portal, besides addresses and localhost.",
)
@click.option(
    "--admin-token-file",
    type=_FILE,
    metavar="FILE",
    help="File of tokens that the admin API and the workbench require: a single token, or TOML.",
)
@click.option(
    "--trusted-proxy",
    "trusted_proxies",
    multiple=True,
    metavar="ADDRESS",
    help="Address or network of a reverse proxy whose X-Forwarded headers are trusted.",
)
@click.option(
    "--root-path",
    default="",
    metavar="PATH",
    help="Path under which a reverse proxy shows this server, and which the proxy removes.",
)
@click.option(
    "--relay",
    metavar="URL",
    help="Real gateway to which sends to the numbers of --relay-to are relayed, at your cost.",
)
@click.option(
    "--relay-to",
    multiple=True,
    metavar="NUMBERS",
    help="Number to relay, or several separated by commas. May be repeated.",
)
@tls_options
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    help="Format of the request log. The default is text, or no log with --json.",
)
@click.option("--quiet", is_flag=True, help="Do not log requests.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the addresses of the server as a line of JSON."
)
def mockserver(  # noqa: PLR0917 - click passes by name
    host: str,
    port: int,
    start: Path | None,
    accounts: Path | None,
    delivery_delay: float,
    profile: Path | None,
    db: Path | None,
    snapshot: Path | None,
    replay: Path | None,
    max_messages: int,
    max_requests: int,
    fail_under: float | None,
    fail_on: tuple[FindingKind, ...],
    allowed_hosts: tuple[str, ...],
    admin_token_file: Path | None,
    trusted_proxies: tuple[str, ...],
    root_path: str,
    relay: str | None,
    relay_to: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_client_ca: Path | None,
    tls_self_signed: bool,
    tls_ca_out: Path | None,
    log_format: LogFormat | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run a mock of the SMS gateway, over SOAP and HTTP, until Ctrl-C or SIGTERM.

    Each option may also be an environment variable: --max-messages is
    CONVERGIA_MOCKSERVER_MAX_MESSAGES. The command line has precedence.
    """
    from convergia_mockserver.gateway.storage import SnapshotError
    from convergia_mockserver.mock_server import MockServer

    try:
        server = MockServer(
            host,
            port,
            start=start,
            snapshot=snapshot,
            accounts=accounts,
            delivery_delay=delivery_delay,
            profile=profile,
            db=db,
            replay=replay,
            max_messages=max_messages,
            max_requests=max_requests,
            allowed_hosts=allowed_hosts,
            fail_on=fail_on,
            admin_tokens=admin_token_file,
            trusted_proxies=trusted_proxies,
            root_path=root_path,
            relay=relay,
            relay_to=[each for given in relay_to for each in given.split(",")],
            tls=tls_of(
                (host, *allowed_hosts),
                cert=tls_cert,
                key=tls_key,
                client_ca=tls_client_ca,
                self_signed=tls_self_signed,
                ca_out=tls_ca_out,
            ),
        )
    except (
        ValueError,
        RuntimeError,
    ) as error:  # e.g. AccountError, TlsError
        raise click.UsageError(str(error)) from error
    try:
        server.bind()
    except OSError as error:
        raise click.ClickException(
            f"cannot listen at {host} port {port}: {error.strerror or error}\n"
            "Hint: choose another --host or --port"
        ) from error
    if not _is_loopback(host):
        click.echo(_warning(host, asks=admin_token_file is not None), err=True)
    _announce(server, as_json=as_json)
    with _request_log(server, None if quiet else log_format or (None if as_json else "text")):
        try:
            server.serve(partial(_report_reload, start))
        except SnapshotError as error:
            raise click.ClickException(str(error)) from error
    covered = fail_under is None or _show_coverage(
        server.world.coverage, fail_under, as_json=as_json
    )
    if server.world.gate is not None:
        refuse_findings(server.world.gate.found, server.world.gate.count)
    if not covered:
        raise SystemExit(1)


def _announce(server: MockServer, *, as_json: bool) -> None:
    """Print the addresses of the server."""
    from convergia_mockserver.gateway.accounts import DEMO

    addresses = {part: server.url_for(part) for part in ("soap", "http", "portal", "admin")}
    if as_json:
        click.echo(json.dumps({"base_url": server.base_url, **addresses}))
    else:
        url = click.style(server.base_url, bold=True)
        click.echo(translated(f"Convergia mock server at {url}"))
        for label, part in (
            ("SOAP", "soap"),
            ("HTTP", "http"),
            ("portal", "portal"),
            ("control", "admin"),
        ):
            click.echo(f"  {label:8} {addresses[part]}")
        if server.world.settings.accounts == (DEMO,):
            click.echo(f"  {translated('account'):8} demo / demo")
        if (relay := server.dispatcher.relay) is not None:
            listed = ", ".join(sorted(relay.numbers))
            label = translated("relay")
            click.echo(f"  {label:8} {relay.gateway}: {translated(f'REALLY SENT to {listed}')}")
        click.echo(translated("Stop with Ctrl-C."))


def _report_reload(start: Path | None, failure: Exception | None) -> None:
    """Print the result of a reload to standard error."""
    if failure is None:
        click.echo(translated(f"Read {start} again."), err=True)
    else:
        click.echo(
            translated(
                f"Error: the start file was not reloaded, and nothing has changed: {failure}"
            ),
            err=True,
        )


@contextmanager
def _request_log(server: MockServer, form: LogFormat | None) -> Iterator[None]:
    """Write a line for each request to standard output in the `with` block, unless form is None."""
    if form is None:
        yield
        return
    from .request_log import RequestLog

    log = RequestLog(sys.stdout.fileno(), server.world.profile, form)
    server.world.observers.append(log)
    try:
        yield
    finally:
        log.close()


def _show_coverage(coverage: Coverage, fail_under: float, *, as_json: bool) -> bool:
    """Print the coverage. Return False if it is too low."""
    if as_json:
        click.echo(msgspec.json.encode(coverage))
    else:
        for face, part in coverage.faces.items():
            missing = ", ".join(part.missing)
            never = f"  {translated('never:')} {missing}" if missing else ""
            click.echo(f"{face:5}{part.percent:6.1f} %{never}")
        total = translated(f"total{coverage.percent:6.1f} %, of the transports that were used")
        click.echo(total)
    if coverage.percent < fail_under:
        click.echo(translated(f"Coverage is below {fail_under:g} %."), err=True)
        return False
    return True


def _warning(host: str, *, asks: bool) -> str:
    """Return the warning for a server that other machines can reach."""
    if asks:
        return translated(
            f"Warning: the server listens at {host}, so others on the network can send to it."
        )
    warning = translated(
        f"Warning: the server listens at {host} without --admin-token-file. ANYONE on the network"
        " can send to it, read all messages, control it, and delete its data."
    )
    hint = translated(
        "Hint: give a file with a token of at least 16 characters as --admin-token-file."
    )
    return f"{warning}\n{hint}"


def _is_loopback(host: str) -> bool:
    try:
        address = socket.getaddrinfo(host, None)[0][4][0]
        return ipaddress.ip_address(address).is_loopback
    except (OSError, ValueError):
        return False
