"""Accepted deviations: known breaches of rules."""

from __future__ import annotations

import fnmatch
import tomllib
from typing import TYPE_CHECKING

import msgspec

from .rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


class ExpectationError(ValueError):
    """A file of accepted deviations is invalid."""


class Deviation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An accepted deviation.

    Attributes:
        scenario: the name of a scenario, or a pattern such as `text-*`.
        rule: the rule that may be broken.
        reason: the reason why this is accepted.
    """

    scenario: str
    rule: str
    reason: str


class _DeviationFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    deviation: tuple[Deviation, ...] = ()


def load_deviations(path: Path) -> tuple[Deviation, ...]:
    """Read `[[deviation]]` tables.

    Raises:
        ExpectationError: if the file cannot be read, or names an unknown rule.
    """
    try:
        deviations = msgspec.convert(
            tomllib.loads(path.read_text("utf-8")), _DeviationFile
        ).deviation
    except OSError as error:
        raise ExpectationError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise ExpectationError(f"{path}: {error}") from None
    for each in deviations:
        if each.rule not in RULES:
            raise ExpectationError(
                f"{path}: the rule {each.rule!r} does not exist; the rules are {', '.join(RULES)}"
            )
    return deviations


def accepted(deviations: Sequence[Deviation], scenario: str, rule: str) -> Deviation | None:
    """Return the deviation that accepts a breach, or None."""
    return next(
        (
            each
            for each in deviations
            if each.rule == rule and fnmatch.fnmatchcase(scenario, each.scenario)
        ),
        None,
    )


def gone(
    deviations: Sequence[Deviation], played: Iterable[str], used: Iterable[Deviation]
) -> tuple[Deviation, ...]:
    """Return the deviations that did not occur although their scenarios were played."""
    names, seen = list(played), set(used)
    return tuple(
        each for each in deviations if each not in seen and fnmatch.filter(names, each.scenario)
    )
