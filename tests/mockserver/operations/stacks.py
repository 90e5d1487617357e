"""A mock server that serves one of the WSDLs of `tests/wsdls`, and zeep as its client."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convergia_mockserver import MockServer
from convergia_wsdl import load_profile
from zeep import Client
from zeep.helpers import serialize_object
from zeep.transports import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

WSDLS = Path(__file__).parents[2] / "wsdls"
STACKS = sorted(path.stem for path in WSDLS.glob("*.wsdl"))

# What an encoded array restricts, which zeep would fetch from the network.
_ENCODING = b"""<schema xmlns="http://www.w3.org/2001/XMLSchema"
    targetNamespace="http://schemas.xmlsoap.org/soap/encoding/">
  <attribute name="arrayType" type="string"/>
  <complexType name="Array">
    <sequence><any minOccurs="0" maxOccurs="unbounded" processContents="lax"/></sequence>
    <anyAttribute namespace="##other" processContents="lax"/>
  </complexType>
</schema>"""


class OfflineTransport(Transport):
    """zeep's own transport, but for the one schema that it would fetch from the network."""

    def load(self, url: str) -> bytes:
        if url == "http://schemas.xmlsoap.org/soap/encoding/":
            return _ENCODING
        loaded: bytes = super().load(url)  # type: ignore[no-untyped-call]
        return loaded


@contextmanager
def serving(stack: str, folder: Path, **options: Any) -> Iterator[MockServer]:
    """Serve the WSDL of a stack."""
    profile = folder / f"{stack}.toml"
    profile.write_text(f"wsdl = '{WSDLS / stack}.wsdl'\n", encoding="utf-8")
    with MockServer(profile=load_profile(profile), delivery_delay=0, **options) as server:
        yield server


@contextmanager
def zeep_of(server: MockServer, port: str | None = None, *, space: str = "") -> Iterator[Any]:
    """Give zeep's service proxy, made of the WSDL that the server publishes, maybe in a space."""
    transport = OfflineTransport(timeout=20, operation_timeout=20)  # type: ignore[no-untyped-call]
    with transport.session:
        path = f"s/{space}/webservice.php" if space else "webservice.php"
        client = Client(f"{server.base_url.rstrip('/')}/{path}?wsdl", transport=transport)  # type: ignore[no-untyped-call]
        yield client.bind(port_name=port) if port else client.service


def plain(value: Any) -> Any:
    """Return zeep's objects as dicts and lists."""
    return serialize_object(value, dict)  # type: ignore[no-untyped-call]
