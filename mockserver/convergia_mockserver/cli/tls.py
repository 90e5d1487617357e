"""The TLS options of `convergia mockserver`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver.server.tls import Tls

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OPTIONS = (
    click.option(
        "--tls-cert", type=_FILE, metavar="FILE", help="PEM certificate to listen with https."
    ),
    click.option(
        "--tls-key",
        type=_FILE,
        metavar="FILE",
        help="PEM private key. By default it is in --tls-cert.",
    ),
    click.option(
        "--tls-client-ca",
        type=_FILE,
        metavar="FILE",
        help="PEM CA certificates. A client must have a certificate issued by one of them.",
    ),
    click.option(
        "--tls-self-signed",
        is_flag=True,
        help="Listen with https and a certificate created for this run. Clients must trust"
        " /__admin/ca.pem.",
    ),
    click.option(
        "--tls-ca-out",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        metavar="FILE",
        help="File for the CA certificate that clients must trust, with --tls-self-signed.",
    ),
)
CommandT = TypeVar("CommandT", bound="Callable[..., object]")


def tls_options(command: CommandT) -> CommandT:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def tls_of(
    names: tuple[str, ...],
    *,
    cert: Path | None,
    key: Path | None,
    client_ca: Path | None,
    self_signed: bool,
    ca_out: Path | None,
) -> Tls | bool:
    """Return the TLS settings of the options. False for plain HTTP.

    Raises:
        UsageError: if options contradict each other, or a file cannot be written.
        TlsError: if a file cannot be used.
    """
    if self_signed and (cert or key):
        raise click.UsageError(
            "--tls-self-signed creates a certificate: leave out --tls-cert and --tls-key"
        )
    if ca_out is not None and not self_signed:
        raise click.UsageError("--tls-ca-out needs --tls-self-signed")
    if cert is None and not self_signed:
        if key or client_ca:
            raise click.UsageError(
                "--tls-key and --tls-client-ca need --tls-cert or --tls-self-signed"
            )
        return False
    from convergia_mockserver.server.tls import Tls, names_of

    if cert is not None:
        return Tls.of_files(cert, key, client_ca=client_ca)
    host, *others = names
    tls = Tls.self_signed(*names_of(host), *others, client_ca=client_ca)
    if ca_out is not None and tls.ca_pem is not None:
        try:
            ca_out.write_text(tls.ca_pem)
        except OSError as error:
            raise click.UsageError(f"--tls-ca-out {ca_out}: {error.strerror or error}") from None
    return tls
