"""Descriptions of scripts: their answers and their conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.criteria import is_secret
from convergia_mockserver.gateway.masking import MASK

if TYPE_CHECKING:
    from convergia_mockserver.gateway import ScriptState
    from convergia_mockserver.gateway.scripts import ScriptAnswer

    from .languages import Texts

_ARGUMENTS = "arguments."
_HEADERS = "headers."
_PERCENT = 100


def answers(state: ScriptState, texts: Texts) -> list[str]:
    """Return the answers of a script in their order."""
    return [_answer(each, texts) for each in state.script.answers]


def conditions(state: ScriptState, texts: Texts, account: str) -> list[str]:
    """Return the conditions under which a script answers a request. Empty if it answers any.

    Args:
        state: the script.
        texts: the catalogue.
        account: the account of the visitor, which is not listed as a condition.
    """
    found = [
        texts("script.if", what=_field(field, texts), value=_value(field, str(value), texts))
        for field, value in state.script.match.given().items()
        if (field, value) != ("account", account)
    ]
    if state.script.match.xpath is not None:
        found.append(f"XPath {state.script.match.xpath}")
    if state.script.probability < 1:
        percent = f"{_PERCENT * state.script.probability:g}"
        found.append(texts("script.probability", percent=percent))
    return found


def _answer(answer: ScriptAnswer, texts: Texts) -> str:
    said = []
    if answer.code is not None:
        said.append(str(answer.code))
    if answer.fault is not None:
        said.append(texts(f"fault.{answer.fault}"))
    if answer.soap_fault is not None:
        said.append(f"SOAP Fault: {answer.soap_fault.text}")
    if answer.reply is not None:
        said.append(f"HTTP {answer.reply.status}")
    if answer.returns is not msgspec.UNSET:
        said.append(f"= {answer.returns!r}")
    if answer.delay:
        fixed = isinstance(answer.delay, float | int)
        said.append(f"+{answer.delay:g} s" if fixed else texts("script.delay"))
    return " ".join(said)


def _field(field: str, texts: Texts) -> str:
    if field.startswith((_ARGUMENTS, _HEADERS)):
        return field.partition(".")[2]
    key = f"criteria.{field}"
    return texts(key) if key in texts.catalogue else field


def _value(field: str, value: str, texts: Texts) -> str:
    if is_secret(field):
        return MASK
    if field == "face":
        return value.upper()
    if field == "operation" and f"operation.{value}" in texts.catalogue:
        return texts(f"operation.{value}")
    return value
