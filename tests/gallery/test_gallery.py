"""Without a profile, and after `wsdl refresh`: which gateways of the gallery are understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_contract.reference import missing

from tests.gallery.cells import WORKS, try_gateway
from tests.gallery.gateways import GALLERY

if TYPE_CHECKING:
    from tests.gallery.gateways import Stranger

pytestmark = [
    pytest.mark.exhaustive("gallery"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.skipif(missing("ext-soap") is not None, reason=str(missing("ext-soap"))),
]
# Where no one could: the reason.
NOBODY_COULD = {
    "a priority that must be given": "only its owner knows which value a part must have",
    "names that say nothing, replies without a code": "neither WSDL nor reply says anything",
}
# What the client could understand and does not yet.
NOT_YET = {
    "pairs with HTML entities": "over HTTP the outcome of a send is unknown",
    "BOM and a notice before": "the same: a notice of PHP in HTML stands before the reply",
}


@pytest.mark.parametrize("stranger", GALLERY, ids=lambda stranger: stranger.name)
def test_a_stranger_is_understood_over_http_at_once_and_over_soap_with_its_wsdl(
    stranger: Stranger,
) -> None:
    cells = {
        (transport, stage): cell
        for transport, stage, cell in try_gateway(stranger, ("no profile", "after refresh"))
    }
    assert not [cell for cell in cells.values() if cell.startswith("WRONG")]
    asked = [cells["http", "no profile"], cells["soap", "after refresh"]]
    if stranger.name not in NOBODY_COULD | NOT_YET:
        assert asked == [WORKS, WORKS]
    else:
        assert asked != [WORKS, WORKS], "take it off the list"
