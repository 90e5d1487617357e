"""`convergia mockserver`: the mock server in the foreground."""

from __future__ import annotations

import ipaddress
import json
import socket
from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port", default=8181, show_default=True, type=click.IntRange(0, 65535), help="0: a free one."
)
@click.option("--accounts", type=_FILE, help="TOML file of accounts; demo/demo when left out.")
@click.option(
    "--delivery-delay",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="From acceptance to delivery.",
)
@click.option(
    "--profile",
    type=_FILE,
    envvar="CONVERGIA_PROFILE",
    show_envvar=True,
    help="TOML file of assumptions.",
)
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as a line of JSON.")
def mockserver(  # noqa: PLR0917 - click passes by name
    host: str,
    port: int,
    accounts: Path | None,
    delivery_delay: float,
    profile: Path | None,
    as_json: bool,
) -> None:
    """Run a mock of the SMS gateway, over SOAP and HTTP, until Ctrl-C or SIGTERM."""
    from .server.runner import MockServer

    try:
        server = MockServer(
            host, port, accounts=accounts, delivery_delay=delivery_delay, profile=profile
        )
    except ValueError as error:  # AccountError, ContractError
        raise click.UsageError(str(error)) from error
    try:
        server.bind()
    except OSError as error:
        raise click.ClickException(
            f"cannot listen at {host} port {port}: {error.strerror or error}"
        ) from error
    addresses = {part: server.url_for(part) for part in ("soap", "http", "portal", "admin")}
    if as_json:
        click.echo(json.dumps({"base_url": server.base_url, **addresses}))
    else:
        click.echo(f"Convergia mock server at {click.style(server.base_url, bold=True)}")
        for label, part in (
            ("SOAP", "soap"),
            ("HTTP", "http"),
            ("portal", "portal"),
            ("control", "admin"),
        ):
            click.echo(f"  {label:8} {addresses[part]}")
        if accounts is None:
            click.echo("  account  demo / demo")
        click.echo("Stop with Ctrl-C.")
    if not _is_loopback(host):
        click.echo(
            f"Warning: it listens at {host}: others on the network can send to it, read what was"
            " sent and control it.",
            err=True,
        )
    server.serve()


def _is_loopback(host: str) -> bool:
    try:
        address = socket.getaddrinfo(host, None)[0][4][0]
        return ipaddress.ip_address(address).is_loopback
    except (OSError, ValueError):
        return False
