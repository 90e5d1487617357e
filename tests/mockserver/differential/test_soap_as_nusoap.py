"""Tests that the mock server replies to any posted request as a real NuSOAP does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given

from tests.mockserver.differential import soap_requests
from tests.mockserver.differential.plan import PLAN

if TYPE_CHECKING:
    from tests.mockserver.differential.comparison import Comparison
    from tests.mockserver.differential.exchange import Request

# Of the examples: generated requests are to reach the gateway's rules, not to end in a fault.
_LEAST_ANSWERED = 0.6
# The mock server learns a form when it comes for the second time, and reads the third by it.
_READ_BY_FORM = 3


def test_replies_are_nusoaps(comparison: Comparison) -> None:
    @PLAN
    @given(request=soap_requests.requests())
    def compare(request: Request) -> None:
        comparison.of(request, times=_READ_BY_FORM)

    compare()
    assert comparison.report() == ""
    assert comparison.answers >= _LEAST_ANSWERED * comparison.total


def test_broken_xml_is_refused_as_by_nusoap(comparison: Comparison) -> None:
    @PLAN
    @given(request=soap_requests.requests(always=frozenset({"form"})))
    def compare(request: Request) -> None:
        comparison.of(request)

    compare()
    assert comparison.report() == ""
