"""A script in plain values, as tests and people write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from convergia_mockserver.gateway.calls import SoapFault
from convergia_mockserver.gateway.criteria import Criteria, CriteriaOptions
from convergia_mockserver.gateway.faults import Fault, FaultKind

from .definition import Script, ScriptAnswer, ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from convergia_mockserver.gateway.calls import Value

_CRITERIA = CriteriaOptions.__annotations__.keys()


class ScriptOptions(CriteriaOptions, total=False):
    """A script in plain values: the arguments of `script` and of functions that pass them on."""

    code: int | None
    fault: FaultKind | str | None
    delay: float
    seconds: float
    sequence: Iterable[int | FaultKind | Fault | ScriptAnswer]
    times: int | None
    probability: float
    seed: int
    returns: Value
    soap_fault: SoapFault | str | None


def script(**options: Unpack[ScriptOptions]) -> Script:
    """Make a script from plain values: one answer from `code`, `fault`, `delay`; or a `sequence`.

    Raises:
        ScriptError: there is no such fault, or nothing to answer with.
        TypeError: there is no such option.
    """
    unknown = options.keys() - ScriptOptions.__annotations__.keys()
    if unknown:
        raise TypeError(
            f"a script has no option {', '.join(sorted(unknown))}; there are:"
            f" {', '.join(ScriptOptions.__annotations__)}"
        )
    answers = tuple(_answer(each) for each in options.get("sequence", ()))
    if not answers:
        code, fault = options.get("code"), options.get("fault")
        delay, seconds = options.get("delay", 0.0), options.get("seconds", 30.0)
        soap_fault = options.get("soap_fault")
        answer = ScriptAnswer(
            code,
            None if fault is None else kind(fault),
            seconds,
            delay,
            options.get("returns", msgspec.UNSET),
            SoapFault(soap_fault) if isinstance(soap_fault, str) else soap_fault,
        )
        if code is None and fault is None and not delay and not answer.decides:
            raise ScriptError(
                "a script wants a code, a fault, a delay, a value to return, a SOAP Fault, or a"
                " sequence of them"
            )
        answers = (answer,)
    criteria = {name: value for name, value in options.items() if name in _CRITERIA}
    return Script(
        answers,
        Criteria(**cast("CriteriaOptions", criteria)),
        options.get("times"),
        options.get("probability", 1.0),
        options.get("seed", 0),
    )


def kind(name: FaultKind | str) -> FaultKind:
    """Return the fault of that name.

    Raises:
        ScriptError: no such name; the error lists the valid ones.
    """
    try:
        return FaultKind(name)
    except ValueError:
        raise ScriptError(f"no fault {name!r}; there are: {', '.join(FaultKind)}") from None


def _answer(value: int | str | Fault | ScriptAnswer) -> ScriptAnswer:
    if isinstance(value, ScriptAnswer):
        return value
    if isinstance(value, Fault):
        return ScriptAnswer(fault=value.kind, seconds=value.seconds)
    return ScriptAnswer(fault=kind(value)) if isinstance(value, str) else ScriptAnswer(code=value)
