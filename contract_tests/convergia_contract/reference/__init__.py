"""A reference gateway: a real PHP NuSOAP server that keeps the guide, to hold the mock against.

It is told what to be (accounts, profile, WSDL, names) and shares no code with client or mock
server: its rules and its dialects are written in PHP.
"""

from .apache import ApacheGateway, apache_missing
from .gateway import ReferenceGateway
from .php import ReferenceUnavailableError, missing
from .service import Function, Operation, Service

__all__ = [
    "ApacheGateway",
    "Function",
    "Operation",
    "ReferenceGateway",
    "ReferenceUnavailableError",
    "Service",
    "apache_missing",
    "missing",
]
