"""Whatever is posted to the web service, the mock server replies as a real NuSOAP does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given

from tests.mockserver.differential import soap_requests
from tests.mockserver.differential.plan import PLAN

if TYPE_CHECKING:
    from collections import Counter

    from tests.mockserver.differential.exchange import Gateway, Reply, Request

_SAID = re.compile(rb"<return[^>]*>([^<]*)</return>|<faultstring[^>]*>([^<]*)</faultstring>")


# Bytes beyond ASCII in a document that says it is ASCII: both refuse it, in other words.
_LYING_ASCII = re.compile(rb"\s*<\?xml[^>]*us-ascii.*[\x80-\xff]", re.DOTALL | re.IGNORECASE)


@PLAN
@given(request=soap_requests.requests())
def test_a_reply_is_nusoaps(
    request: Request, nusoap: Gateway, mock: Gateway, outcomes: Counter[str]
) -> None:
    theirs, ours = nusoap.ask(request), mock.ask(request)
    outcomes[f"SOAP: {outcome(theirs)}"] += 1
    if _LYING_ASCII.match(request.body):
        assert ours.comparable[:2] == theirs.comparable[:2]
    else:
        assert ours.comparable == theirs.comparable


def outcome(reply: Reply) -> str:
    """A few words that tell replies apart."""
    said = _SAID.search(reply.body)
    if said is None:
        return f"HTTP {reply.status}, no envelope"
    words = (said[1] or said[2] or b"").decode("latin-1")
    return re.sub(r"'[^']*'|&apos;.*?&apos;|line \d+", "…", words.replace("\n", " "))[:70]
