"""The questions of a probe: calls that no gateway can carry out, and their possible codes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_sms._codecs.wire import Credentials, Operation

# An account that no gateway has, so that wrong credentials lock nobody out.
NOBODY = "convergia-sms-probe"
NUMBER = "525512345678"
NO_NUMBER = "no-es-un-numero"
TEXT = "Prueba"
# Longer than the limit of any gateway: a concatenated SMS has at most 255 parts of 153 characters.
LONG_TEXT = "a" * 40_000
UNKNOWN_ID = "999999999999"


@dataclass(frozen=True, slots=True)
class Question:
    """A call of the probe.

    Attributes:
        name: the name for people to read.
        operation: send or status.
        arguments: the arguments by the guide's names. Others are left out.
        applies: the codes that apply. The answered one shows their precedence.
    """

    name: str
    operation: Operation
    arguments: Mapping[str, str]
    applies: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Defect:
    """A defect of a call: its codes, and the changed parameter."""

    name: str
    codes: frozenset[int]
    parameter: str
    value: str | None


_DEFECTS = (
    _Defect("no user", frozenset({101}), "username", None),
    _Defect("no password", frozenset({102}), "password", None),
    _Defect("no message", frozenset({103}), "message", None),
    # A missing number is not a valid number either.
    _Defect("no number", frozenset({104, 307}), "number", None),
    _Defect("letters for a number", frozenset({307}), "number", NO_NUMBER),
    _Defect("a long text", frozenset({105}), "message", LONG_TEXT),
)


def questions(account: Credentials) -> tuple[Question, ...]:
    """Return all questions. None can send, as no call has both a number and a known account.

    They contain each defect alone, and each pair of defects in different parameters, always with a
    wrong account. The answered code outranks the others.
    """
    user, password = account.username, account.password
    known = {"username": user, "password": password}
    nobody = {"username": NOBODY, "password": NOBODY}
    pairs = (pair for pair in combinations(_DEFECTS, 2) if pair[0].parameter != pair[1].parameter)
    return (
        Question("no parameters", "send", {}, frozenset({101, 102, 103, 104, 201, 307})),
        Question("a user", "send", {"username": user}, frozenset({102, 103, 104, 201, 307})),
        Question("a user and a password", "send", known, frozenset({103, 104, 307})),
        Question("all but the number", "send", {**known, "message": TEXT}, frozenset({104, 307})),
        _defective(),
        *(_defective(defect) for defect in _DEFECTS),
        *(_defective(*pair) for pair in pairs),
        Question("a status without parameters", "status", {}, frozenset({5, 6})),
        Question(
            "a status, wrong credentials",
            "status",
            {**nobody, "messageid": UNKNOWN_ID},
            frozenset({5, 6}),
        ),
        Question(
            "a status, an unknown id", "status", {**known, "messageid": UNKNOWN_ID}, frozenset({6})
        ),
    )


def _defective(*defects: _Defect) -> Question:
    """Return a call with wrong credentials and these defects."""
    call: dict[str, str] = {
        "username": NOBODY,
        "password": NOBODY,
        "number": NUMBER,
        "message": TEXT,
    }
    applies = {201}
    for defect in defects:
        applies |= defect.codes
        if defect.value is None:
            del call[defect.parameter]
        else:
            call[defect.parameter] = defect.value
    name = ", ".join(["wrong credentials", *(defect.name for defect in defects)])
    return Question(name, "send", call, frozenset(applies))
