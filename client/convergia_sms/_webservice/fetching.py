"""Fetching of a gateway's WSDL, with one request to that gateway and to no other host."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from convergia_wsdl import load_guide

from convergia_sms._codecs.markup import bare_document
from convergia_sms._codecs.wire import Request
from convergia_sms._errors import ConvergiaError
from convergia_sms._exchange import Failure
from convergia_sms._rules import not_sent
from convergia_sms._transports.blocking import BlockingTransport
from convergia_sms._transports.endpoint import endpoint_of

if TYPE_CHECKING:
    from convergia_sms._settings import Settings

__all__ = ["WsdlUnavailableError", "fetch_wsdl"]

# Far larger than any gateway's WSDL.
_MAX_BYTES = 4 << 20


class WsdlUnavailableError(ConvergiaError):
    """The gateway answered, but not with a WSDL."""


def fetch_wsdl(settings: Settings) -> bytes:
    """Return the WSDL that the gateway serves, without what PHP printed around it.

    Redirects and imports in the document are not followed. User and password are not sent.

    Args:
        settings: the gateway's address, and the proxy, certificates and limits to use.

    Raises:
        ConnectionFailedError: there was no complete reply.
        LiveGatewayBlockedError: CONVERGIA_FORBID_LIVE forbids the live gateway.
        WsdlUnavailableError: the reply is an error or a redirect.
    """
    endpoint = endpoint_of(settings)
    path = load_guide().webservice.path
    where = f"{settings.base_url}{path}?wsdl"
    request = Request("GET", f"{endpoint.path}{path}?wsdl")
    with closing(BlockingTransport(endpoint)) as transport:
        reply = transport.request(request, settings.timeout, _MAX_BYTES)
    if isinstance(reply, Failure):
        raise not_sent(replace(reply, reason=f"{where}: {reply.reason}"))
    if reply.status != HTTPStatus.OK:
        raise WsdlUnavailableError(f"{where}: HTTP {reply.status}")
    if reply.content_encoding not in ("", "identity"):
        raise WsdlUnavailableError(f"{where}: the reply is {reply.content_encoding}-encoded")
    return bare_document(reply.body)
