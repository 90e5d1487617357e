"""Known deviations: a file of accepted deviations of a gateway, with the reasons."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from convergia_sms._counts import counted

from .causes import GENERAL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from .outcome import Finding, FoundDeviation, Outcome


class KnownDeviation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An accepted deviation.

    Attributes:
        cause: the name of its cause in the report.
        reason: the reason why it is accepted.
        tests: the tests that may fail for it. Empty for all.
    """

    cause: str
    reason: str
    tests: tuple[str, ...] = ()


class _File(msgspec.Struct, forbid_unknown_fields=True):
    known: tuple[KnownDeviation, ...] = ()


def read_known(path: Path) -> tuple[KnownDeviation, ...]:
    """Read a file of known deviations.

    Raises:
        ValueError: if the file cannot be read or is invalid. The message names the file.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        known = msgspec.convert(table, _File).known
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path}: {error}") from None
    for each in known:
        if not each.reason.strip():
            raise ValueError(f"{path}: {each.cause}: `reason` must say why it is accepted")
    names = [each.cause for each in known]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{path}: {', '.join(twice)}: listed twice")
    return known


def known_text(deviations: Sequence[FoundDeviation]) -> str:
    """Return the text of a file with these deviations. Missing reasons are left empty."""
    lines = ["# Deviations that are accepted: `convergia contract --known FILE`."]
    for cause in dict.fromkeys(each.cause for each in deviations):
        parts = [each for each in deviations if each.cause == cause]
        reason = next((each.known for each in parts if each.known), "")
        lines += [
            "",
            f"# {parts[0].title}",
            "[[known]]",
            f"cause = {_text(cause)}",
            f"reason = {_text(reason)}",
            "tests = [",
            *(f"  {_text(test)}," for each in parts for test in each.tests),
            "]",
        ]
    return "\n".join([*lines, ""])


def judge(outcome: Outcome, known: Collection[KnownDeviation]) -> None:
    """Mark the known deviations in `outcome`, and find those that no longer occur."""
    judged: list[FoundDeviation] = []
    accepted = {each.cause: each for each in known}
    for deviation in outcome.deviations:
        listed = accepted.get(deviation.cause)
        judged += [deviation] if listed is None else _split(deviation, listed)
    outcome.deviations = judged
    outcome.gone = [told for each in known if (told := _gone(each, outcome.findings))]


def _split(deviation: FoundDeviation, listed: KnownDeviation) -> list[FoundDeviation]:
    """Split a deviation into its known part and its new part."""
    inside = [test for test in deviation.tests if not listed.tests or test in listed.tests]
    new = [test for test in deviation.tests if test not in inside]
    parts = (replace(deviation, tests=tuple(inside), known=listed.reason),) if inside else ()
    return [*parts, *((replace(deviation, tests=tuple(new)),) if new else ())]


def _gone(listed: KnownDeviation, findings: Sequence[Finding]) -> str:
    """Return a text if a known deviation was tested and no longer occurs. Otherwise empty."""
    if listed.tests:
        passed = {each.test for each in findings if each.verdict == "passed"}
        count, total = len(passed.intersection(listed.tests)), len(listed.tests)
        if not count:
            return ""
        if total == 1:
            return f"{listed.cause}: its test passes now; remove it from the file"
        return counted(
            count,
            f"{listed.cause}: 1 of its {total} tests passes now; remove it from the file",
            f"{listed.cause}: {count} of its {total} tests pass now; remove them from the file",
        )
    asked = [each for each in findings if each.verdict in {"passed", "failed"}]
    if any(each.said.get("cause") == listed.cause for each in asked):
        return ""
    about = [each for each in asked if each.said.get("topic") == listed.cause]
    general = listed.cause in GENERAL
    if not (about or (general and asked)):
        return ""
    return f"{listed.cause}: it no longer occurs; remove it from the file"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
