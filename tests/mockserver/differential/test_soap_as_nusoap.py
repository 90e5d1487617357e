"""Whatever is posted to the web service, the mock server replies as a real NuSOAP does."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

from hypothesis import given

from tests.mockserver.differential import soap_requests
from tests.mockserver.differential.plan import PLAN

if TYPE_CHECKING:
    from tests.mockserver.differential.comparison import Comparison
    from tests.mockserver.differential.exchange import Request

# Of the examples: generated requests are to reach the gateway's rules, not to end in a fault.
_LEAST_ANSWERED = 0.6
_DECLARED = re.compile(r"""<\?xml[^>]*encoding=["']([^"']*)""")


def utf16_that_lies(request: Request) -> bool:
    """UTF-16 that declares another charset: both refuse it, in other words."""
    body = request.body
    with suppress(OSError, EOFError, zlib.error):
        match request.headers.get("Content-Encoding"):
            case "gzip":
                body = gzip.decompress(body)
            case "deflate":
                body = zlib.decompress(body)
    if not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    declared = _DECLARED.match(body.decode("utf-16", "replace"))
    return declared is not None and declared[1].lower() not in {"utf-16", "utf-8"}


def test_replies_are_nusoaps(comparison: Comparison) -> None:
    @PLAN
    @given(request=soap_requests.requests())
    def compare(request: Request) -> None:
        comparison.of(request, words=not utf16_that_lies(request))

    compare()
    assert comparison.report() == ""
    assert comparison.answers >= _LEAST_ANSWERED * comparison.total


def test_refusals_of_broken_xml_are_nusoaps(comparison: Comparison) -> None:
    @PLAN
    @given(request=soap_requests.requests(always=frozenset({"form"})))
    def compare(request: Request) -> None:
        comparison.of(request, words=not utf16_that_lies(request))

    compare()
    assert comparison.report() == ""
