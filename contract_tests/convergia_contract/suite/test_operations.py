"""Tests of the WSDL's operations other than send and status.

It costs nothing to check that an operation is published. The effect of a call is unknown, so on a
gateway without reserved numbers only the operations of `--call OPERATION` are called, which must be
repeatable. `test_webservice.py` tests that an unknown operation is answered with a fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from zeep.exceptions import Fault

from convergia_contract.suite.by_hand import exchange
from convergia_contract.suite.by_hand.asking import WEB_SERVICE
from convergia_contract.suite.by_hand.operations import operations
from convergia_contract.suite.typed_calls import TypedCalls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_contract.suite.by_hand.operations import Described
    from convergia_contract.target import Target

pytestmark: pytest.MarkDecorator = pytest.mark.about("operations")

WRONG = "sin-duda-otra-clave"
WRONG_CREDENTIALS = "5"


def described(wsdl: bytes, name: str) -> Described | None:
    """Return the description of an operation in a WSDL, or None."""
    return next((one for one in operations(wsdl) if one.name == name), None)


@pytest.fixture(scope="module")
def calls(target: Target) -> Iterator[TypedCalls]:
    """Yield a zeep client with the profile's WSDL."""
    typed = TypedCalls(target)
    yield typed
    typed.close()


def test_an_operation_is_published(target: Target, operation: str) -> None:
    served = exchange(target, "GET", f"{WEB_SERVICE}?wsdl").body
    assert described(served, operation) == described(target.profile.wsdl_bytes(), operation)


@pytest.mark.calls
def test_an_operation_answers_its_declared_type(calls: TypedCalls, operation: str) -> None:
    assert calls.is_declared(operation, calls.call(operation))


@pytest.mark.calls
@pytest.mark.about("operation-credentials")
def test_an_operation_refuses_wrong_credentials(
    target: Target, calls: TypedCalls, guarded_operation: str
) -> None:
    if target.profile.errors.operation_refusal == "fault":
        with pytest.raises(Fault):
            calls.call(guarded_operation, password=WRONG)
    else:
        try:
            calls.call(guarded_operation, password=WRONG)
        except Fault:
            return
        assert WRONG_CREDENTIALS in calls.texts_of_the_reply()
