"""Every operation of the WSDL besides send and status.

On a gateway without reserved numbers only those are called that `--call OPERATION` says are
repeatable: what an operation does, its name does not tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from zeep.exceptions import Fault

from convergia_contract.suite.typed_calls import TypedCalls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_contract.target import Target

pytestmark: pytest.MarkDecorator = pytest.mark.about("operations")

WRONG = "sin-duda-otra-clave"


@pytest.fixture(scope="module")
def calls(target: Target) -> Iterator[TypedCalls]:
    """zeep, with the profile's WSDL."""
    typed = TypedCalls(target)
    yield typed
    typed.close()


def test_an_operation_answers_its_declared_type(calls: TypedCalls, operation: str) -> None:
    assert calls.is_declared(operation, calls.call(operation))


@pytest.mark.about("credentials")
def test_an_operation_refuses_wrong_credentials(calls: TypedCalls, operation: str) -> None:
    if not calls.takes_credentials(operation):
        return
    with pytest.raises(Fault):
        calls.call(operation, password=WRONG)
