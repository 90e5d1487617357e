"""Tests that the client works with a real NuSOAP under every WSDL and dialect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from convergia_contract.reference import ReferenceGateway, Service, missing
from convergia_wsdl import load_profile

from tests.contract.matrix import PACKAGED, SERVICES, WSDLS, contract, pairs, profile_of, wsdls

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def serving(wsdl: str) -> Service:
    """The service that a WSDL describes; the packaged one is as NuSOAP writes it by itself."""
    if wsdl == PACKAGED:
        return Service()
    return replace(SERVICES[wsdl], wsdl=WSDLS / f"{wsdl}.wsdl")


@pytest.mark.parametrize("wsdl", wsdls("NuSOAP"))
def test_client_and_a_nusoap_gateway_keep_the_contract_under_any_wsdl(wsdl: str) -> None:
    profile = load_profile(WSDLS / f"{wsdl}.toml")
    with ReferenceGateway(profile, service=serving(wsdl)) as gateway:
        assert contract(gateway.base_url, "--profile", profile.source) == []


@pytest.mark.parametrize(("dialect", "wsdl"), pairs("NuSOAP"))
def test_client_and_a_nusoap_gateway_keep_the_contract_in_any_dialect(
    dialect: str, wsdl: str, tmp_path: Path
) -> None:
    profile = profile_of(dialect, wsdl, tmp_path)
    with ReferenceGateway(load_profile(profile), service=serving(wsdl)) as gateway:
        assert contract(gateway.base_url, "--profile", profile) == []
