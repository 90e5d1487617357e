"""The SOAP face of the mock server: a NuSOAP server, over spyne."""

from .face import SoapFace

__all__ = ["SoapFace"]
