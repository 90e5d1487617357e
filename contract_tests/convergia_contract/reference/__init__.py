"""A reference gateway: a real PHP server that follows the guide, to test client and mock against.

NuSOAP or PHP's own `SoapServer` speaks SOAP. The gateway is configured (accounts, profile,
WSDL, names, habits) and shares no code with client or mock server: its rules and its dialects are
written in PHP.
"""

from .apache import ApacheGateway, apache_missing
from .gateway import ReferenceGateway
from .habits import Body, Habits
from .php import ReferenceUnavailableError, missing
from .service import Function, Operation, Service

__all__ = [
    "ApacheGateway",
    "Body",
    "Function",
    "Habits",
    "Operation",
    "ReferenceGateway",
    "ReferenceUnavailableError",
    "Service",
    "apache_missing",
    "missing",
]
