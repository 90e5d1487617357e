"""Scripts from keyword arguments, as tests write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from convergia_mockserver.gateway.calls import SoapFault
from convergia_mockserver.gateway.criteria import Criteria, RequestCriteriaOptions
from convergia_mockserver.gateway.faults import Fault, FaultKind
from convergia_mockserver.gateway.own_reply import OwnReply

from .definition import Script, ScriptAnswer, ScriptError
from .delays import Delay

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from convergia_mockserver.gateway.calls import Value

_CRITERIA = RequestCriteriaOptions.__annotations__.keys()


class ScriptOptions(RequestCriteriaOptions, total=False):
    """The keyword arguments of `script`, and of functions that pass them on."""

    code: int | None
    fault: FaultKind | str | None
    delay: float | tuple[float, float] | Delay
    seconds: float
    sequence: Iterable[int | str | Fault | ScriptAnswer]
    times: int | None
    probability: float
    seed: int
    returns: Value
    soap_fault: SoapFault | str | None
    reply: OwnReply | str | bytes | Path | None


def script(**options: Unpack[ScriptOptions]) -> Script:
    """Create a script from plain values.

    It has either one answer, made of `code`, `fault`, `delay` and so on, or those of `sequence`. A
    `delay` of two numbers is a range. A `reply` may be just a body, or the path of its file.

    Raises:
        ScriptError: if there is no answer, or a value is invalid.
        TypeError: if an option does not exist.
    """
    unknown = options.keys() - ScriptOptions.__annotations__.keys()
    if unknown:
        raise TypeError(
            f"a script has no option {', '.join(sorted(unknown))}; the options are:"
            f" {', '.join(ScriptOptions.__annotations__)}"
        )
    answers = tuple(_answer(each) for each in options.get("sequence", ()))
    if not answers:
        code, fault = options.get("code"), options.get("fault")
        delay, seconds = _delay(options.get("delay", 0.0)), options.get("seconds", 30.0)
        soap_fault, reply = options.get("soap_fault"), _reply(options.get("reply"))
        answer = ScriptAnswer(
            code,
            None if fault is None else kind(fault),
            seconds,
            delay,
            options.get("returns", msgspec.UNSET),
            SoapFault(soap_fault) if isinstance(soap_fault, str) else soap_fault,
            reply,
        )
        if answer == ScriptAnswer(seconds=seconds):
            raise ScriptError(
                "a script must have a code, a fault, a delay, a value to return, a SOAP Fault, a"
                " reply, or a sequence of them"
            )
        answers = (answer,)
    criteria = {name: value for name, value in options.items() if name in _CRITERIA}
    return Script(
        answers,
        _criteria(cast("RequestCriteriaOptions", criteria)),
        options.get("times"),
        options.get("probability", 1.0),
        options.get("seed", 0),
    )


def _criteria(given: RequestCriteriaOptions) -> Criteria:
    try:
        return Criteria(**given)
    except ValueError as error:
        raise ScriptError(str(error)) from None


def kind(name: FaultKind | str) -> FaultKind:
    """Return the kind of fault with this name.

    Raises:
        ScriptError: if there is none. The message lists the valid names.
    """
    try:
        return FaultKind(name)
    except ValueError:
        raise ScriptError(
            f"fault: {name!r} does not exist; it must be one of: {', '.join(FaultKind)}"
        ) from None


def _delay(value: float | tuple[float, float] | Delay) -> float | Delay:
    try:
        return Delay(low=value[0], high=value[1]) if isinstance(value, tuple) else value
    except (ValueError, TypeError, IndexError) as error:
        raise ScriptError(f"delay: {error}") from None


def _reply(value: OwnReply | str | bytes | Path | None) -> OwnReply | None:
    try:
        if isinstance(value, str | bytes):
            return OwnReply.of(value)
        reply = OwnReply(file=str(value)) if isinstance(value, Path) else value
        return None if reply is None else reply.loaded(Path())
    except ValueError as error:
        raise ScriptError(f"reply: {error}") from None


def with_files(script: Script, folder: Path) -> Script:
    """Return the script with the files of its replies read into it.

    Args:
        script: the script.
        folder: the folder that relative paths start from.

    Raises:
        ScriptError: if a file cannot be read.
    """
    try:
        answers = tuple(
            each
            if each.reply is None
            else msgspec.structs.replace(each, reply=each.reply.loaded(folder))
            for each in script.answers
        )
    except ValueError as error:
        raise ScriptError(f"reply: {error}") from None
    return msgspec.structs.replace(script, answers=answers)


def _answer(value: int | str | Fault | ScriptAnswer) -> ScriptAnswer:
    if isinstance(value, ScriptAnswer):
        reply = _reply(value.reply)
        return value if reply is value.reply else msgspec.structs.replace(value, reply=reply)
    if isinstance(value, Fault):
        return ScriptAnswer(fault=value.kind, seconds=value.seconds)
    return ScriptAnswer(fault=kind(value)) if isinstance(value, str) else ScriptAnswer(code=value)
