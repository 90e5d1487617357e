"""Has a gateway's WSDL: one request to that gateway and to no other host."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from convergia_wsdl import load_guide

from convergia_sms._errors import ConnectionFailedError, ConvergiaError

_MAX_BYTES = 4 * 1024 * 1024


class WsdlUnavailableError(ConvergiaError):
    """The gateway answered something else than its WSDL."""


def fetch_wsdl(base_url: str, timeout: float = 15.0) -> bytes:
    """The WSDL that the gateway at `base_url` serves, as it came.

    Redirects are not followed, and neither are the imports inside the document.

    Args:
        base_url: without a trailing slash.
        timeout: seconds for each read.

    Raises:
        ConnectionFailedError: nothing answers there.
        WsdlUnavailableError: the answer is no WSDL.
    """
    url = urlsplit(base_url)
    target = f"{url.path}{load_guide().webservice.path}?wsdl"
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(url.netloc, timeout=timeout)
    try:
        connection.request("GET", target)
        reply = connection.getresponse()
        body = reply.read(_MAX_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        reason = f"{base_url}: {str(error) or type(error).__name__}"
        raise ConnectionFailedError(reason) from error
    finally:
        connection.close()
    where = f"{base_url}{load_guide().webservice.path}?wsdl"
    if reply.status != http.client.OK:
        raise WsdlUnavailableError(f"{where}: HTTP {reply.status} {reply.reason}")
    if len(body) > _MAX_BYTES:
        raise WsdlUnavailableError(f"{where}: more than {_MAX_BYTES:,} bytes")
    return body
