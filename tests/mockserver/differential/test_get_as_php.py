"""Whatever is asked of the guide's two URLs, the mock server replies as the PHP scripts do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given

from tests.mockserver.differential import http_requests
from tests.mockserver.differential.plan import PLAN

if TYPE_CHECKING:
    from collections import Counter

    from tests.mockserver.differential.exchange import Gateway, Request


@PLAN
@given(request=http_requests.requests())
def test_a_reply_is_the_php_scripts(
    request: Request, nusoap: Gateway, mock: Gateway, outcomes: Counter[str]
) -> None:
    theirs, ours = nusoap.ask(request), mock.ask(request)
    outcomes[f"GET: {theirs.status} {theirs.body.decode()[:20]}"] += 1
    assert ours == theirs
