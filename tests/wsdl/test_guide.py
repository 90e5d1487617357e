from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from convergia_contract.suite.guide_tables import SEND_CODES, STATUS_CODES
from convergia_wsdl import ContractError, load_guide, load_profile
from lxml import etree

if TYPE_CHECKING:
    from pathlib import Path

WSDL = {"wsdl": "http://schemas.xmlsoap.org/wsdl/", "soap": "http://schemas.xmlsoap.org/wsdl/soap/"}


def guide_with(tmp_path: Path, old: str, new: str) -> Path:
    """The packaged guide with a single mistake."""
    text = (files("convergia_wsdl") / "guide.toml").read_text(encoding="utf-8")
    assert old in text
    slipped = tmp_path / "guide.toml"
    slipped.write_text(text.replace(old, new), encoding="utf-8")
    return slipped


def test_the_two_tables_have_the_guides_codes_and_no_others() -> None:
    guide = load_guide()
    assert [known.code for known in guide.send.codes] == list(SEND_CODES)
    assert [known.code for known in guide.status.codes] == list(STATUS_CODES)


def test_texts_are_the_guides_own_with_its_accents_or_lack_of_them() -> None:
    guide = load_guide()
    assert guide.send.text(202) == "IP No permitida para esta acción"
    assert guide.send.text(205) == "Trafico no permitido"
    assert guide.status.text(5) == "Error de Autenticación"


def test_a_code_that_the_guide_does_not_list_has_no_text() -> None:
    assert load_guide().send.text(999) is None


def test_only_extra_is_optional() -> None:
    guide = load_guide()
    assert [part.name for part in guide.send.parameters if part.optional] == ["extra"]
    assert not [part.name for part in guide.status.parameters if part.optional]


def test_the_guides_example_number_is_one_that_the_profile_takes() -> None:
    example = load_guide().send.number_example
    assert example is not None
    assert re.fullmatch(load_profile().number.pattern, example)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("code = 101,", "code = 100,", r"send\.codes: 100 is listed twice"),
        ('name = "number"', 'name = "username"', r"send\.parameters: username is listed twice"),
        ('path = "/webservice.php"', 'pth = "/"', r"unknown field `pth` - at `\$\.webservice`"),
    ],
)
def test_a_mistake_in_guide_toml_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(ContractError, match=says):
        load_guide(guide_with(tmp_path, old, new))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"absent\.toml: cannot be read: No such file"):
        load_guide(tmp_path / "absent.toml")


def test_the_cached_wsdl_takes_the_guides_parameters_in_the_guides_order() -> None:
    guide = load_guide()
    root = etree.fromstring(load_profile().wsdl_bytes())
    for operation, endpoint in (("enviar_mensaje", guide.send), ("estatus_mensaje", guide.status)):
        parts = root.xpath(
            "wsdl:message[@name=$name]/wsdl:part/@name", namespaces=WSDL, name=operation + "Request"
        )
        assert parts == [parameter.name for parameter in endpoint.parameters]
