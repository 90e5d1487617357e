"""Tests that the mock server replies to any request for the guide's URLs as the PHP scripts do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given

from tests.mockserver.differential import http_requests
from tests.mockserver.differential.plan import PLAN

if TYPE_CHECKING:
    from tests.mockserver.differential.comparison import Comparison
    from tests.mockserver.differential.exchange import Request

_LEAST_ANSWERED = 0.6


def test_replies_are_the_php_scripts(comparison: Comparison) -> None:
    @PLAN
    @given(request=http_requests.requests())
    def compare(request: Request) -> None:
        comparison.of(request)

    compare()
    assert comparison.report() == ""
    assert comparison.answers >= _LEAST_ANSWERED * comparison.total
