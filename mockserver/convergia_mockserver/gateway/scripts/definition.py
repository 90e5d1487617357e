"""Scripts as values: "answer the next N requests that match with this"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import msgspec

from convergia_mockserver.gateway.calls import FaceName, Operation, SoapFault
from convergia_mockserver.gateway.faults import Fault, FaultKind
from convergia_mockserver.gateway.patterns import Pattern  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Unpack

    from convergia_mockserver.gateway.calls import Value


class ScriptError(ValueError):
    """A script that cannot be; says why."""


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which requests a script answers: those that agree with all that is given here.

    A status query has the number, text and extra of the message that it asks for. `arguments` are
    those of another operation, by the WSDL's names (`pedido.fecha` inside a struct).
    """

    face: FaceName | None = None
    operation: Operation | None = None
    account: str | Pattern | None = None
    number: str | Pattern | None = None
    text: str | Pattern | None = None
    extra: str | Pattern | None = None
    arguments: dict[str, str | Pattern] = {}


class ScriptAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one request gets.

    Attributes:
        code: the guide's code; None for the one it would get without a script.
        fault: a failure below the codes.
        seconds: how long a silence or a drip lasts at most.
        delay: seconds to hold the reply back.
        returns: what an operation other than send and status returns: a struct is an object, an
            array a list.
        soap_fault: a SOAP Fault that such an operation answers instead.
    """

    code: int | None = None
    fault: FaultKind | None = None
    seconds: float = 30.0
    delay: float = 0.0
    returns: Any = msgspec.UNSET
    soap_fault: SoapFault | None = None

    @property
    def decides(self) -> bool:
        """Return True if it says what an operation answers."""
        return self.returns is not msgspec.UNSET or self.soap_fault is not None


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule for the next requests that match.

    Attributes:
        answers: one after the other; round again when `times` says more.
        match: which requests; all when left out.
        times: how many requests it answers; as many as it has answers when left out; 0: no end.
        probability: the chance that it answers a request that matches; others pass it by.
        seed: what the chance is drawn from, so that a run can be repeated.
    """

    answers: tuple[ScriptAnswer, ...]
    match: Match = Match()
    times: int | None = None
    probability: float = 1.0
    seed: int = 0


def typed(script: Script) -> Script:
    """The script with each of its values of the type that it must be.

    What comes from JSON is checked as it is read; what comes from Python is not.

    Raises:
        ScriptError: one is not; its text says which.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(script), Script)
    except (msgspec.ValidationError, TypeError) as error:
        raise ScriptError(f"a script that cannot be: {error}") from None


class ScriptState(msgspec.Struct, frozen=True):
    """A script at work.

    Attributes:
        id: its number in the space, from 1.
        script: what it says.
        used: how many requests it answered.
        remaining: how many more it will; None: no end.
        draws: how often its chance was drawn.
    """

    id: int
    script: Script
    used: int
    remaining: int | None
    draws: int = 0


class NearMiss(msgspec.Struct, frozen=True):
    """The script that came nearest to a request it did not answer, and why it did not."""

    script: int
    matched: tuple[str, ...]
    reasons: tuple[str, ...]


class Subject(msgspec.Struct, frozen=True):
    """A request, as scripts look at it."""

    face: str
    operation: str
    account: str = ""
    number: str = ""
    text: str = ""
    extra: str = ""
    arguments: dict[str, str] = {}


class ScriptOptions(TypedDict, total=False):
    """A script in plain values: what `script` takes, and whoever hands on to it."""

    code: int | None
    fault: FaultKind | str | None
    delay: float
    seconds: float
    sequence: Iterable[int | FaultKind | Fault | ScriptAnswer]
    times: int | None
    probability: float
    seed: int
    face: FaceName | None
    operation: Operation | None
    account: str | Pattern | None
    number: str | Pattern | None
    text: str | Pattern | None
    extra: str | Pattern | None
    arguments: Mapping[str, str | Pattern]
    returns: Value
    soap_fault: SoapFault | str | None


def script(**options: Unpack[ScriptOptions]) -> Script:
    """A script from plain values: one answer from `code`, `fault`, `delay`; or a `sequence`.

    Raises:
        ScriptError: there is no such fault, or nothing to answer with.
        TypeError: there is no such option.
    """
    unknown = options.keys() - ScriptOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"a script has no option {', '.join(sorted(unknown))}")
    answers = tuple(_answer(each) for each in options.get("sequence", ()))
    if not answers:
        code, fault = options.get("code"), options.get("fault")
        delay, seconds = options.get("delay", 0.0), options.get("seconds", 30.0)
        answer = ScriptAnswer(
            code,
            None if fault is None else kind(fault),
            seconds,
            delay,
            options.get("returns", msgspec.UNSET),
            _soap_fault(options.get("soap_fault")),
        )
        if code is None and fault is None and not delay and not answer.decides:
            raise ScriptError(
                "a script wants a code, a fault, a delay, a value to return, a SOAP Fault, or a"
                " sequence of them"
            )
        answers = (answer,)
    match = Match(
        options.get("face"),
        options.get("operation"),
        options.get("account"),
        options.get("number"),
        options.get("text"),
        options.get("extra"),
        dict(options.get("arguments", {})),
    )
    return Script(
        answers,
        match,
        options.get("times"),
        options.get("probability", 1.0),
        options.get("seed", 0),
    )


def kind(name: FaultKind | str) -> FaultKind:
    """The fault of that name.

    Raises:
        ScriptError: there is none; says which there are.
    """
    try:
        return FaultKind(name)
    except ValueError:
        raise ScriptError(f"no fault {name!r}; there are: {', '.join(FaultKind)}") from None


def _soap_fault(value: SoapFault | str | None) -> SoapFault | None:
    return SoapFault(value) if isinstance(value, str) else value


def _answer(value: int | str | Fault | ScriptAnswer) -> ScriptAnswer:
    if isinstance(value, ScriptAnswer):
        return value
    if isinstance(value, Fault):
        return ScriptAnswer(fault=value.kind, seconds=value.seconds)
    return ScriptAnswer(fault=kind(value)) if isinstance(value, str) else ScriptAnswer(code=value)
