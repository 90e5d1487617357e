"""Scenarios, the situations of a client: the built-in ones, and the user's own in TOML."""

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
    """A scenario is invalid, or its name is unknown."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A step of a scenario: the answer to the next requests.

    Attributes:
        code: the guide's code.
        fault: the fault to inject.
        seconds: the time that a silence or a slow reply lasts.
        delay: the delay of the reply in seconds.
        outlasts: true to delay the reply, or to be silent, for longer than `--timeout`.
        times: the number of requests. 0 for all.
        operation: `send` or `status`. By default the code implies it.
        face: `soap` or `http`. By default both.
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
    """Limits of the account, for codes with a natural cause. The fields are those of `Account`."""

    allowance: int | None = None
    addresses: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    hours: str | None = None
    rate: float | None = None


class Scenario(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """A situation of a client, with the expected outcome of its message.

    Attributes:
        name: the unique name: lower-case letters, digits and hyphens.
        title: a title for people. The texts have one for each built-in scenario.
        message: the text to send.
        number: the recipient. Further runs use the following numbers.
        extra: the reference.
        steps: the steps of the gateway, in order.
        limits: the limits of the account.
        wrong_password: true to give the program a wrong password.
        runs: the number of runs of the program.
        at_once: true if the runs are concurrent.
        expects: the outcome of the message if the program sends it once.
        expects_next: the outcome of the messages of the second and later runs. By default
            `expects`.
        may_refuse: true if the program may refuse to send the message.
        asks: true if the scenario is about status queries. It is left out for programs that do not
            query.
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
    """Return the built-in scenarios, in the order of the list."""
    return tuple(_built_in(guide, profile))


def load(path: Path) -> tuple[Scenario, ...]:
    """Read the user's own scenarios from `[[scenario]]` tables.

    Raises:
        ScenarioError: if the file cannot be read or is invalid. The message names the place.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(raw, _ScenarioFile).scenario
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise ScenarioError(f"{path}: {error}") from None


def choose(scenarios: Sequence[Scenario], patterns: Sequence[str]) -> tuple[Scenario, ...]:
    """Return the scenarios that match a pattern (`fault-*`), or all without patterns.

    Raises:
        ScenarioError: if two have the same name, or a pattern matches none.
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
    """Yield a scenario for each send code, by its natural cause if a program can trigger it.

    The others are scripted on an ordinary number. Reserved numbers would do the same, but a program
    that checks numbers, as it should, refuses to send to them.
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
            # A temporary error does not occur at the next request, so that a retry succeeds.
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

# A tolerant client can read the reply in spite of these faults, without guessing.
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
        # A program that waits for the final status gets "pending" twice, and then the delivery.
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


# The gateway may damage these texts, so it is also right not to send them.
_MAY_REFUSE = {"text-euro", "text-emoji"}
