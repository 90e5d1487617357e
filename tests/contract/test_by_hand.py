"""Tests of the suite's own requests for WSDLs with more parameters than the guide."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from convergia_contract.suite.by_hand import SoapByHand
from convergia_contract.target import Target
from convergia_mockserver import MockServer
from convergia_wsdl import load_profile

if TYPE_CHECKING:
    from pathlib import Path

PART = '<part name="number"'


def test_an_extra_part_is_filled_from_the_profile(tmp_path: Path) -> None:
    ours = files("convergia_wsdl").joinpath("webservice.wsdl").read_text(encoding="utf-8")
    wider = ours.replace(PART, f'<part name="prioridad" type="xsd:int"/>{PART}', 1)
    (tmp_path / "wider.wsdl").write_text(wider, encoding="utf-8")
    file = tmp_path / "profile.toml"
    file.write_text('wsdl = "wider.wsdl"\n[binding]\nsend.values = { prioridad = "7" }\n')
    profile = load_profile(file)
    with MockServer(profile=profile) as server:
        target = Target(server.base_url, "demo", "demo", profile, True, False, "")
        assert SoapByHand(target).send("525512345678", "Hola").code == 100
        assert [message.text for message in server.space().inbox.all()] == ["Hola"]
        asked = target.questions.last
    assert asked is not None
    assert b">7</prioridad><number" in asked.body
