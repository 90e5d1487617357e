from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_wsdl import ContractError, load_profile

if TYPE_CHECKING:
    from pathlib import Path


def test_a_profile_keeps_the_packaged_assumptions_it_does_not_change(tmp_path: Path) -> None:
    changed = tmp_path / "profile.toml"
    changed.write_text("[text]\nmax_length = 70\n")
    profile = load_profile(changed)
    assert profile.text.max_length == 70
    assert profile.text.unit == load_profile().text.unit
    assert profile.wsdl_bytes() == load_profile().wsdl_bytes()


def test_a_relative_wsdl_starts_at_the_profile_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "live.wsdl").write_bytes(b"<definitions/>")
    changed = tmp_path / "profile.toml"
    changed.write_text('wsdl = "live.wsdl"\n')
    assert load_profile(changed).wsdl_bytes() == b"<definitions/>"


def test_an_overridden_binding_keeps_the_vocabulary(tmp_path: Path) -> None:
    changed = tmp_path / "profile.toml"
    changed.write_text('[binding]\nsend = { operation = "mandar" }\n')
    binding = load_profile(changed).binding
    assert binding.send is not None
    assert binding.send.operation == "mandar"
    assert binding.synonyms == load_profile().binding.synonyms


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[text]\nmax_length = 'many'\n", r"Expected `int`, got `str` - at `\$\.text\.max_length`"),
        ("[text]\nmaxlength = 1\n", "unknown field `maxlength`"),
        ("[text]\nmax_length = 0\n", r"text\.max_length: must be at least 1, not 0"),
        ("[number]\npattern = '('\n", r"number\.pattern: not a regular expression"),
        ("[text]\nhttp_charset = 'utf-9'\n", r"text\.http_charset: 'utf-9' is not a charset"),
        ("[errors]\nretryable = [999]\n", r"errors\.retryable: 999 is not a code of the guide"),
        (
            "[binding.synonyms]\nnumber = ['Número']\n",
            r"binding\.synonyms\.number: 'Número' must have only the letters a to z",
        ),
        (
            "[binding.synonyms]\nextra = ['mensaje']\n",
            r"binding\.synonyms: 'mensaje' stands for message and for extra",
        ),
        (
            "[binding.verbs]\nstatus = ['enviar']\n",
            r"binding\.verbs: 'enviar' stands for send and for status",
        ),
        ("text = \n", "is not TOML"),
    ],
)
def test_an_invalid_profile_is_refused_with_its_file_and_place(
    tmp_path: Path, text: str, says: str
) -> None:
    bad = tmp_path / "profile.toml"
    bad.write_text(text)
    with pytest.raises(ContractError, match=says) as refused:
        load_profile(bad)
    assert str(bad) in str(refused.value)
