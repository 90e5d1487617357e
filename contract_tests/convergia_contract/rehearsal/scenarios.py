"""Scenarios as values: one situation a client is put in. Built-in ones, and the user's in TOML."""

from __future__ import annotations

import fnmatch
import tomllib
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from convergia_mockserver import FaceName, FaultKind, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from convergia_wsdl import Guide, Profile

NUMBER = "525512345678"
TEXT = "Su pedido va en camino"
REFERENCE = "rehearsal"
ACCEPTED = 100
_LIMIT_OF_RUNS = 100

Expected = Literal["accepted", "rejected", "unknown"]


class ScenarioError(ValueError):
    """A scenario that cannot be, or a name that no scenario has."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the gateway does to the next requests.

    Attributes:
        code: the guide's code.
        fault: a failure below the codes.
        seconds: how long a silence or a drip lasts.
        delay: seconds to hold the reply back.
        outlasts: hold the reply back, or stay silent, for longer than `--timeout`.
        times: how many requests; 0 for all.
        operation: `send` or `status`; as the code says when left out.
        face: `soap` or `http`; both when left out.
    """

    code: int | None = None
    fault: FaultKind | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0)] = 2.0
    delay: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    outlasts: bool = False
    times: Annotated[int, msgspec.Meta(ge=0)] = 1
    operation: Operation | None = None
    face: FaceName | None = None


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the account may do, for codes that have a natural cause. Named as in `Account`."""

    allowance: int | None = None
    addresses: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    hours: str | None = None
    rate: float | None = None


class Scenario(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """One situation, and what the gateway would make of the message in it.

    Attributes:
        name: unique; lower-case letters, digits and hyphens.
        title: for people; the texts have one for each built-in scenario.
        message: what the program is asked to send.
        number: to whom. With several runs, the number is counted up.
        extra: the reference.
        steps: what the gateway does, first to last.
        limits: what the account may do.
        wrong_password: the program is given another password than the account has.
        runs: how many times the program is run.
        at_once: whether the runs are concurrent.
        expects: what becomes of the message, if the program sends it once.
        expects_next: what becomes of the messages of the second and later runs; as `expects`
            when left out.
        may_refuse: the program may also refuse to send this message.
        asks: the scenario is about status queries; it is left out for programs that ask none.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,50}$")]
    title: str = ""
    message: Annotated[str, msgspec.Meta(min_length=1, max_length=5000)] = TEXT
    number: Annotated[str, msgspec.Meta(pattern=r"^52[0-9]{10}$")] = NUMBER
    extra: str = REFERENCE
    steps: tuple[Step, ...] = ()
    limits: Limits = Limits()
    wrong_password: bool = False
    runs: Annotated[int, msgspec.Meta(ge=1, le=_LIMIT_OF_RUNS)] = 1
    at_once: bool = False
    expects: Expected = "accepted"
    expects_next: Expected | None = None
    may_refuse: bool = False
    asks: bool = False


class _ScenarioFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scenario: tuple[Scenario, ...]


def built_in(guide: Guide, profile: Profile) -> tuple[Scenario, ...]:
    """All scenarios that come with the package, in the order they are listed."""
    return tuple(_built_in(guide, profile))


def load(path: Path) -> tuple[Scenario, ...]:
    """Read the user's own scenarios, `[[scenario]]` tables.

    Raises:
        ScenarioError: the file cannot be read, or holds something else; says what and where.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(raw, _ScenarioFile).scenario
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise ScenarioError(f"{path}: {error}") from None


def choose(scenarios: Sequence[Scenario], patterns: Sequence[str]) -> tuple[Scenario, ...]:
    """Return the scenarios that any pattern names (`fault-*`); all without patterns.

    Raises:
        ScenarioError: two have the same name, or a pattern names none.
    """
    names = [scenario.name for scenario in scenarios]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ScenarioError(f"two scenarios are called {min(twice)!r}; rename one")
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            raise ScenarioError(f"no scenario is called {pattern!r}")
    if not patterns:
        return tuple(scenarios)
    return tuple(
        scenario
        for scenario in scenarios
        if any(fnmatch.fnmatchcase(scenario.name, pattern) for pattern in patterns)
    )


def _built_in(guide: Guide, profile: Profile) -> Iterator[Scenario]:
    yield from _codes(guide, profile)
    yield from _faults()
    yield Scenario(name="slow-reply", steps=(Step(delay=1.5),))
    yield Scenario(name="reply-too-late", steps=(Step(outlasts=True),), expects="unknown")
    yield from _states(guide)
    yield from _texts(profile)
    yield Scenario(
        name="again-after-failure",
        runs=2,
        steps=(Step(fault=FaultKind.HTTP_503),),
        expects="unknown",
        expects_next="accepted",
    )
    yield Scenario(name="twenty-at-once", runs=20, at_once=True)


def _codes(guide: Guide, profile: Profile) -> Iterator[Scenario]:
    """One scenario for each send code: by its natural cause where a program can bring it about.

    The others are scripted on an ordinary number. The reserved numbers would do the same, but a
    program that checks numbers, as it should, refuses them before it sends.
    """
    for known in guide.send.codes:
        code = known.code
        name, expects = f"code-{code}", "accepted" if code == ACCEPTED else "rejected"
        natural = _NATURAL.get(code)
        if natural is not None:
            yield msgspec.structs.replace(natural, name=name, expects="rejected")
        elif expects == "accepted":
            yield Scenario(name=name)
        else:
            # A temporary error is gone at the next request, so that a retry shows.
            times = 1 if code in profile.errors.retryable else 0
            steps = (Step(code=code, times=times),)
            yield Scenario(name=name, steps=steps, expects="rejected")


_NATURAL = {
    105: Scenario(name="code-105", message="Oferta del mes. " * 20, may_refuse=True),
    201: Scenario(name="code-201", wrong_password=True),
    202: Scenario(name="code-202", limits=Limits(addresses=("192.0.2.1",))),
    204: Scenario(name="code-204", limits=Limits(allowance=0)),
    205: Scenario(name="code-205", limits=Limits(prefixes=("5281",))),
}

# The reply can be read by a client that reads what can be read without guessing.
_READABLE = {
    FaultKind.SLOW_DRIP,
    FaultKind.PHP_WARNING,
    FaultKind.BLANK_LINES,
    FaultKind.BYTE_ORDER_MARK,
    FaultKind.LYING_CHARSET,
    FaultKind.DUPLICATE_ID,
}


def _faults() -> Iterator[Scenario]:
    for kind in FaultKind:
        yield Scenario(
            name=f"fault-{kind.value}",
            steps=(Step(fault=kind, outlasts=kind is FaultKind.ACCEPTED_THEN_SILENCE),),
            expects="accepted" if kind in _READABLE else "unknown",
        )


def _states(guide: Guide) -> Iterator[Scenario]:
    for known in guide.status.codes:
        # A program that waits for the end is shown two times "pending", and then the delivery.
        times = 2 if known.code == 0 else 0
        yield Scenario(
            name=f"status-{known.code}",
            steps=(Step(code=known.code, operation="status", times=times),),
            asks=True,
        )
    yield Scenario(
        name="status-query-fails",
        steps=(Step(fault=FaultKind.HTTP_503, operation="status"),),
        asks=True,
    )


def _texts(profile: Profile) -> Iterator[Scenario]:
    limit = profile.text.max_length
    texts = {
        "text-accents": "Señora Núñez: su cita es mañana. ¿Confirma? ¡Gracias!",
        "text-euro": "Su saldo es de 25 €",
        "text-emoji": "Feliz cumpleaños 🎂🎉",
        "text-longest": ("1234567890" * (limit // 10 + 1))[:limit],
        "text-markup": "a&b <c> \"d\" 'e' + 100% f=g;h#i",
        "text-line-breaks": "Línea 1\nLínea 2\n\nLínea 4",
    }
    for name, message in texts.items():
        yield Scenario(name=name, message=message, may_refuse=name in _MAY_REFUSE)
    yield Scenario(
        name="text-too-long",
        message=("1234567890" * (limit // 10 + 2))[: limit + 1],
        expects="rejected",
        may_refuse=True,
    )


# What the gateway may damage, or refuses: not to send it is right too.
_MAY_REFUSE = {"text-euro", "text-emoji"}
