"""The SOAP face of the mock server, which behaves like NuSOAP and is built on spyne."""

from .face import SoapFace

__all__ = ["SoapFace"]
