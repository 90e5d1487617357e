"""Tests that the client understands each gateway of the gallery, first without a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_contract.reference import missing

from tests.gallery.cells import STAGES, WORKS, try_gateway
from tests.gallery.gateways import GALLERY

if TYPE_CHECKING:
    from tests.gallery.cells import Stage
    from tests.gallery.stranger import Stranger

pytestmark = [
    pytest.mark.exhaustive("gallery"),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.skipif(missing("ext-soap") is not None, reason=str(missing("ext-soap"))),
]
# Where no one could: the stages, and the reason.
AFTER_REFRESH: frozenset[Stage] = frozenset({"after refresh"})
EACH_STAGE = frozenset(STAGES)
NOBODY_COULD: dict[str, tuple[frozenset[Stage], str]] = {
    "a priority that must be given": (
        AFTER_REFRESH,
        "only its owner knows which value a part must have; a probe proposes one",
    ),
    "names that say nothing, replies without a code": (
        EACH_STAGE,
        "neither WSDL nor reply says anything",
    ),
}


@pytest.mark.parametrize("stranger", GALLERY, ids=lambda stranger: stranger.name)
def test_an_unknown_gateway_is_understood_over_http_and_with_its_wsdl_over_soap(
    stranger: Stranger,
) -> None:
    cells = {(transport, stage): cell for transport, stage, cell in try_gateway(stranger)}

    assert not [cell for cell in cells.values() if cell.startswith("WRONG")]
    hopeless, _ = NOBODY_COULD.get(stranger.name, (frozenset(), ""))
    for (transport, stage), cell in cells.items():
        if transport == "soap" and stage == "no profile":
            continue  # the cached WSDL is another gateway's
        if stage in hopeless:
            assert cell != WORKS, "take it off the list"
        else:
            assert cell == WORKS, (transport, stage)
