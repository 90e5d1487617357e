"""Tests that PHP's own SOAP engine keeps the contract, except for what it does not offer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import convergia_wsdl
import pytest
from convergia_contract.reference import ReferenceGateway, Service, missing
from convergia_wsdl import load_profile

from tests.contract.matrix import PACKAGED, SERVICES, WSDLS, contract

pytestmark = [
    pytest.mark.exhaustive("matrix"),
    pytest.mark.skipif(missing("ext-soap") is not None, reason=str(missing("ext-soap"))),
]
NO_PAGE = "test_webservice.py::test_the_page_names_the_functions"
# In rpc style it answers a Fault "Missing parameter" before the script is called.
NO_CODE = "test_send.py::test_several_missing_parameters_get_the_profiles_first_code[by-hand-soap]"


@pytest.mark.parametrize(
    ("wsdl", "not_offered"), [(PACKAGED, {NO_PAGE, NO_CODE}), ("nusoap-document", {NO_PAGE})]
)
def test_client_and_a_gateway_of_ext_soap_keep_the_contract(
    wsdl: str, not_offered: set[str]
) -> None:
    if wsdl == PACKAGED:
        packaged = Path(convergia_wsdl.__file__).with_name("webservice.wsdl")
        profile, service = load_profile(), Service(engine="ext-soap", wsdl=packaged)
    else:
        profile = load_profile(WSDLS / f"{wsdl}.toml")
        file = WSDLS / f"{wsdl}.wsdl"
        service = replace(SERVICES[wsdl], engine="ext-soap", wsdl=file, functions={})
    with ReferenceGateway(profile, service=service) as gateway:
        options = () if wsdl == PACKAGED else ("--profile", profile.source)
        failures = contract(gateway.base_url, *options)
    assert {one.partition(": ")[0] for one in failures} == not_offered
