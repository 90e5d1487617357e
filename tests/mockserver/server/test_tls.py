"""Tests of the mock server with https, called by the client and by Python's own TLS."""

from __future__ import annotations

import socket
import ssl
import urllib.request
from typing import TYPE_CHECKING

import click
import pytest
import trustme
from click.testing import CliRunner
from convergia_mockserver import MockServer, Tls, TlsError
from convergia_mockserver.cli.mockserver import mockserver
from convergia_mockserver.cli.tls import tls_of
from convergia_sms import Client, NotSentError, OutcomeUnknownError, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="module")
def cert_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("server") / "server.pem"
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="module")
def self_signed() -> Iterator[MockServer]:
    with MockServer(tls=True) as server:
        yield server


@pytest.fixture(scope="module")
def self_signed_ca(self_signed: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("made") / "ca.pem"
    assert self_signed.ca_pem is not None
    file.write_text(self_signed.ca_pem)
    return file


@pytest.mark.parametrize("transport", ["soap", "http"])
def test_the_client_sends_and_asks_over_a_certificate_made_for_the_run(
    self_signed: MockServer, self_signed_ca: Path, transport: Transport
) -> None:
    with Client(
        "demo", "demo", base_url=self_signed.base_url, transport=transport, ca_file=self_signed_ca
    ) as sms:
        receipt = sms.send("5512345678", "Hola")
        sms.status(receipt.message_id)
    entries, _ = self_signed.space().journal.find()
    assert self_signed.base_url.startswith("https://127.0.0.1:")
    assert not [
        each for entry in entries for each in entry.findings if each.kind == "cleartext-password"
    ]


def test_a_client_that_does_not_trust_it_sends_nothing(self_signed: MockServer) -> None:
    before = len(self_signed.space().messages)
    with (
        Client("demo", "demo", base_url=self_signed.base_url) as sms,
        pytest.raises(NotSentError, match="not trusted"),
    ):
        sms.send("5512345678", "Hola")
    assert len(self_signed.space().messages) == before


def test_the_wsdl_names_https_and_the_authority_can_be_downloaded(
    self_signed: MockServer, self_signed_ca: Path
) -> None:
    context = ssl.create_default_context(cafile=str(self_signed_ca))
    with urllib.request.urlopen(f"{self_signed.url_for('soap')}?wsdl", context=context) as reply:
        assert f'location="{self_signed.url_for("soap")}"'.encode() in reply.read()
    url = f"{self_signed.url_for('admin').rstrip('/')}/ca.pem"
    with urllib.request.urlopen(url, context=context) as reply:
        assert reply.read().decode() == self_signed.ca_pem


def test_a_fault_of_the_connection_reaches_a_client_over_tls(
    self_signed: MockServer, self_signed_ca: Path
) -> None:
    before = len(self_signed.space().messages)
    self_signed.space().script(fault="accepted-then-reset")
    with (
        Client(
            "demo", "demo", base_url=self_signed.base_url, transport="http", ca_file=self_signed_ca
        ) as sms,
        pytest.raises(OutcomeUnknownError),
    ):
        sms.send("5512345678", "Hola")
    assert len(self_signed.space().messages) == before + 1


@pytest.mark.parametrize("transport", ["soap", "http"])
def test_mutual_tls_lets_in_clients_that_show_a_certificate(
    authority: trustme.CA, ca_file: Path, cert_file: Path, tmp_path: Path, transport: Transport
) -> None:
    client_cert = tmp_path / "client.pem"
    pem = authority.issue_cert("client").private_key_and_cert_chain_pem
    pem.write_to_path(str(client_cert))
    with MockServer(tls=Tls.of_files(cert_file, client_ca=ca_file)) as server:
        url = server.base_url
        with Client(
            "demo", "demo", base_url=url, transport=transport, ca_file=ca_file,
            client_cert=client_cert,
        ) as sms:  # fmt: skip
            sms.send("5512345678", "Hola")
        with (
            Client("demo", "demo", base_url=url, transport=transport, ca_file=ca_file) as sms,
            pytest.raises((NotSentError, OutcomeUnknownError)),
        ):
            sms.send("5512345678", "Hola")
        assert len(server.space().messages) == 1


def test_a_file_without_a_certificate_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.write_text("no certificate")
    done = CliRunner().invoke(mockserver, ["--port", "0", "--tls-cert", str(file)])
    assert done.exit_code == 2
    assert "cannot be used" in done.output
    with pytest.raises(TlsError, match="CA certificates for clients"):
        Tls.self_signed(client_ca=file)


def test_a_key_with_a_passphrase_is_refused_and_not_asked_for(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    certificate = trustme.CA().issue_cert("localhost")
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    (tmp_path / "cert.pem").write_bytes(certificate.cert_chain_pems[0].bytes())
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"s3cr3t"),
        )
    )
    with pytest.raises(TlsError, match="without a passphrase"):
        Tls.of_files(tmp_path / "cert.pem", tmp_path / "key.pem")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cert": "x", "self_signed": True}, "leave out --tls-cert"),
        ({"key": "x"}, "need --tls-cert"),
        ({"client_ca": "x"}, "need --tls-cert"),
        ({"ca_out": "x"}, "needs --tls-self-signed"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    options: dict[str, object], said: str
) -> None:
    given = {"cert": None, "key": None, "client_ca": None, "self_signed": False, "ca_out": None}
    with pytest.raises(click.UsageError, match=said):
        tls_of(("127.0.0.1",), **(given | options))  # type: ignore[arg-type]


def test_ca_out_writes_the_certificate_authority(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    tls = tls_of(
        ("0.0.0.0", "sms.test"), cert=None, key=None, client_ca=None, self_signed=True, ca_out=file
    )
    assert isinstance(tls, Tls)
    assert file.read_text() == tls.ca_pem


def test_stopping_does_not_wait_for_the_goodbye_of_an_idle_client(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with MockServer(tls=True) as server:
        context = ssl.create_default_context(cadata=server.ca_pem)
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        with context.wrap_socket(connection, server_hostname="127.0.0.1") as idle:
            idle.sendall(b"GET /?username=demo HTTP/1.1\r\nHost: x\r\n\r\n")
            assert idle.recv(1000).startswith(b"HTTP/1.1 200")
            server.stop()
    # After ten seconds uvicorn gives up, and says so.
    assert "graceful shutdown exceeded" not in caplog.text
