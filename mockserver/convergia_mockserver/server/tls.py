"""The mock server's certificate, from files or created for the run."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_DAYS = 365
_LOCAL = ("localhost", "127.0.0.1", "::1")


class TlsError(ValueError):
    """A certificate, a key or a CA certificate cannot be used."""


class Tls:
    """The TLS settings of a mock server that listens with https.

    Create them with `Tls.of_files` or `Tls.self_signed`.

    Args:
        context: the SSL context of the server.
        ca_pem: the CA certificate that clients must trust, if the server created it. None
            otherwise.

    Attributes:
        context: as above.
        ca_pem: as above.
    """

    def __init__(self, context: ssl.SSLContext, ca_pem: str | None = None) -> None:
        self.context = context
        self.ca_pem = ca_pem

    @classmethod
    def of_files(
        cls, cert: Path | str, key: Path | str | None = None, *, client_ca: Path | str | None = None
    ) -> Tls:
        """Load the settings from PEM files.

        Args:
            cert: the certificate, with its intermediate certificates.
            key: the private key, without a passphrase. By default it is in `cert`.
            client_ca: CA certificates. A client must have a certificate issued by one of them.

        Raises:
            TlsError: if a file cannot be read, or the key does not match the certificate.
        """
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            # Without a passphrase here, OpenSSL asks for one on the terminal.
            context.load_cert_chain(cert, key, password=lambda: "")
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            where = cert if key is None else f"{cert} and {key}"
            raise TlsError(
                f"The certificate in {where} cannot be used: {_reason(error)}."
                " Give PEM files, and a key without a passphrase."
            ) from None
        _require_clients_of(context, client_ca)
        return cls(context)

    @classmethod
    def self_signed(cls, *names: str, client_ca: Path | str | None = None) -> Tls:
        """Create a certificate from a new CA, valid for a year.

        Args:
            names: host names and addresses besides localhost, 127.0.0.1 and ::1.
            client_ca: see `of_files`.

        Raises:
            TlsError: if the extra `tls` is not installed, a name is not allowed in a certificate,
                or `client_ca` cannot be read.
        """
        try:
            import trustme
        except ImportError:
            raise TlsError(
                "A certificate cannot be created: trustme is not installed."
                " Run pip install 'convergia-sms[tls]', or give a certificate file."
            ) from None
        valid = [name for name in names if not _is_any_address(name)]
        until = dt.datetime.now(dt.UTC) + dt.timedelta(days=_DAYS)
        authority = trustme.CA(
            organization_name="convergia-sms",
            organization_unit_name="mock server: trust it in tests only",
        )
        try:
            certificate = authority.issue_cert(
                *dict.fromkeys((*_LOCAL, *valid)), not_after=until.replace(tzinfo=None)
            )
        except ValueError as error:  # idna's errors are ValueErrors
            raise TlsError(
                f"A certificate for {', '.join(valid)} cannot be created: {error}"
            ) from None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
        _require_clients_of(context, client_ca)
        return cls(context, authority.cert_pem.bytes().decode("ascii"))


def _require_clients_of(context: ssl.SSLContext, authorities: Path | str | None) -> None:
    if authorities is None:
        return
    try:
        context.load_verify_locations(authorities)
    except (OSError, ValueError) as error:
        raise TlsError(
            f"The CA certificates for clients in {authorities} cannot be used: {_reason(error)}."
            " Give a PEM file of certificates."
        ) from None
    context.verify_mode = ssl.CERT_REQUIRED


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)


def _is_any_address(name: str) -> bool:
    """Return True for an address of every interface, or an empty one."""
    if not name:
        return True
    try:
        return ipaddress.ip_address(name).is_unspecified
    except ValueError:
        return False


def names_of(host: str) -> tuple[str, ...]:
    """Return the names under which other machines reach a server that listens at `host`."""
    return (socket.gethostname(),) if _is_any_address(host) else (host,)
