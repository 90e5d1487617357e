"""Tests of client, mock server and suite under every WSDL and dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer

from tests.contract.matrix import (
    DIALECTS,
    SERVICES,
    STRUCTURES,
    TEXTS,
    WSDLS,
    contract,
    pairs,
    profile_of,
    tried,
    wsdls,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_there_are_wsdls_that_differ_in_every_way() -> None:
    assert sorted(path.stem for path in WSDLS.glob("*.toml")) == sorted(SERVICES)


def test_every_dialect_is_tried_over_every_wsdl_that_returns_a_text() -> None:
    on_either = {*tried("mock"), *tried("NuSOAP")}
    assert {(dialect, wsdl) for dialect in DIALECTS for wsdl in TEXTS} <= on_either


@pytest.mark.parametrize("place", [0, 1], ids=["dialect", "WSDL"])
def test_both_gateways_are_tried_with_each(place: int) -> None:
    known = set((tuple(DIALECTS), (*TEXTS, *STRUCTURES))[place])
    assert {pair[place] for pair in tried("mock")} == known
    assert {pair[place] for pair in tried("NuSOAP")} == known


@pytest.mark.parametrize("wsdl", wsdls("mock"))
def test_client_and_mock_keep_the_contract_under_any_wsdl(wsdl: str) -> None:
    profile = WSDLS / f"{wsdl}.toml"
    with MockServer(profile=profile) as server:
        assert contract(server.base_url, "--profile", profile) == []


@pytest.mark.parametrize(("dialect", "wsdl"), pairs("mock"))
def test_client_and_mock_keep_the_contract_in_any_dialect(
    dialect: str, wsdl: str, tmp_path: Path
) -> None:
    profile = profile_of(dialect, wsdl, tmp_path)
    with MockServer(profile=profile) as server:
        assert contract(server.base_url, "--profile", profile) == []
