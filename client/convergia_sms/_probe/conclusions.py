"""From what was seen to what it says about each assumption, and to the profile that follows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convergia_wsdl import ContractError, load_profile

from convergia_sms._webservice.comparison import differences
from convergia_sms._webservice.description import describe
from convergia_sms._webservice.profile_changes import changes

from .findings import Finding, compared, unknown
from .hypotheses import hypothesis
from .precedence import order
from .toml_values import spell_codes, spell_dialect, spell_text
from .transport import ANY_ID

if TYPE_CHECKING:
    from convergia_wsdl import Guide, Profile

    from convergia_sms._codecs.wire import Operation

    from .dialects import Inferred
    from .session import Observed

_NOT_SHOWN = "no accepted reply was seen; --send-to shows one"
_NEVER_SHOWN = "no reply tells it"
_FACES: tuple[tuple[str, Operation], ...] = (
    ("http", "send"),
    ("http", "status"),
    ("soap", "send"),
    ("soap", "status"),
)


@dataclass(slots=True)
class Conclusions:
    """What a probe found.

    Attributes:
        findings: assumption by assumption, in the profile's order.
        remarks: what fits no assumption: strange replies, differences between the transports.
        unreadable: what every gateway shows for nothing, and this one did not show.
        carried: where the assumed profile differs from the packaged one and no finding changes
            it, by dotted key.
        dialects: what is known of each dialect, by transport and operation.
        guessed: the transport that the rest of a dialect was taken from, by transport and
            operation.
    """

    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    carried: dict[str, str] = field(default_factory=dict)
    dialects: dict[tuple[str, Operation], Inferred] = field(default_factory=dict)
    guessed: dict[tuple[str, Operation], str] = field(default_factory=dict)

    @property
    def drifted(self) -> bool:
        """True if anything differs from the assumptions or no longer shows."""
        return bool(self.unreadable) or any(one.verdict == "otherwise" for one in self.findings)


def conclude(seen: Observed, guide: Guide, assumed: Profile) -> Conclusions:
    """Hold what was seen against the assumptions."""
    found = Conclusions()
    _take_dialects(seen, found)
    found.findings += [
        _wsdl(seen, assumed, found),
        *_values(seen),
        *_dialects(seen, found, assumed),
        _content_type(seen, assumed),
        _message_id(seen, assumed),
        _first_id(seen, assumed),
        _number(seen, assumed),
        *_text(seen, assumed),
        _precedence(seen, "send", assumed, found),
        _precedence(seen, "status", assumed, found),
        unknown("errors.retryable", spell_codes(sorted(assumed.errors.retryable)), _NEVER_SHOWN),
        _final(seen, assumed),
    ]
    found.carried |= _carried(seen, assumed, found)
    if seen.wsdl_trouble:
        found.unreadable.append(f"the SOAP service: {seen.wsdl_trouble}")
    for (transport, operation), replies in seen.replies.items():
        if replies.inferred is None:
            found.unreadable.append(
                f"{transport}: the replies to {operation} have no dialect known here"
            )
        found.remarks += [f"{transport}: {stray}" for stray in replies.strays]
    found.unreadable += seen.troubles
    if not seen.page:
        found.remarks.append(f"{guide.webservice.path} shows no page of functions")
    return found


def _carried(seen: Observed, assumed: Profile, found: Conclusions) -> dict[str, str]:
    told = [one.key for one in found.findings if one.verdict != "unknown"]
    if not seen.overruled:
        told += ["binding.send", "binding.status"]
    told += [f"binding.{operation}" for operation in seen.values]
    carried = {
        key: value
        for key, value in changes(assumed).items()
        if not any(key == one or key.startswith(f"{one}.") for one in told)
    }
    own = assumed.wsdl != load_profile().wsdl
    return {"wsdl": spell_text(assumed.wsdl), **carried} if own and "wsdl" not in told else carried


def _wsdl(seen: Observed, assumed: Profile, found: Conclusions) -> Finding:
    name = spell_text("webservice.wsdl")
    if seen.wsdl is None or seen.wsdl_trouble:
        return unknown("wsdl", name, seen.wsdl_trouble)
    try:
        cached = describe(assumed.wsdl_bytes(), assumed.wsdl)
        changes = differences(cached, describe(seen.wsdl, "the gateway's WSDL"))
    except ContractError as error:
        return unknown("wsdl", name, str(error))
    found.remarks += [f"WSDL: {change}" for change in changes]
    if not changes:
        return Finding("wsdl", "as assumed", name, name, "the same operations, parts and style")
    note = f"{len(changes)} differences; `convergia wsdl diff` lists them"
    return Finding("wsdl", "otherwise", name, name, note)


def _values(seen: Observed) -> list[Finding]:
    """Values for parts that the guide says nothing about: proposed, not seen."""
    note = "proposed: the guide has no parameter for it, and it must not be empty; check it"
    return [
        Finding(f"binding.{operation}.values.{spell_text(name)}", "otherwise", "unset", value, note)
        for operation, values in seen.values.items()
        for name, value in ((name, spell_text(value)) for name, value in values.items())
    ]


def _take_dialects(seen: Observed, found: Conclusions) -> None:
    """Keep each dialect, with what the other transport lets suppose of it."""
    for transport, operation in _FACES:
        replies = seen.replies.get((transport, operation))
        if replies is None:
            continue
        other = "http" if transport == "soap" else "soap"
        guess = hypothesis(
            replies.inferred,
            seen.replies.get((other, operation)),
            answered=bool(seen.samples.get((transport, operation))),
        )
        if guess is not None:
            found.guessed[transport, operation] = other
        inferred = guess or replies.inferred
        if inferred is not None:
            found.dialects[transport, operation] = inferred


def _dialects(seen: Observed, found: Conclusions, assumed: Profile) -> list[Finding]:
    return [_dialect(seen, found, transport, operation, assumed) for transport, operation in _FACES]


def _dialect(
    seen: Observed, found: Conclusions, transport: str, operation: Operation, assumed: Profile
) -> Finding:
    key = f"reply.{transport}.{operation}"
    assumed_spelling = spell_dialect(getattr(getattr(assumed.reply, transport), operation))
    inferred = found.dialects.get((transport, operation))
    if inferred is None:
        asked = (transport, operation) in seen.replies
        why = "the replies have no dialect known here" if asked else "the service was not asked"
        return unknown(key, assumed_spelling, why)
    spelling, hidden = spell_dialect(inferred.dialect), inferred.open
    other = found.guessed.get((transport, operation))
    guess = f"hypothesis: as over {other.upper()}" if other else ""
    if not hidden:
        return compared(key, assumed_spelling, spelling, guess)
    if spelling == assumed_spelling:
        return unknown(key, assumed_spelling, f"{', '.join(hidden)}: {_NOT_SHOWN}")
    note = f"{', '.join(hidden)} not seen: {_NOT_SHOWN}"
    spelling = spell_dialect(inferred.dialect, hidden)
    return compared(key, assumed_spelling, spelling, f"{guess}; {note}" if guess else note)


def _content_type(seen: Observed, assumed: Profile) -> Finding:
    key, spelt = "reply.http.content_type", assumed.reply.http.content_type
    if seen.content_type is None:
        return unknown(key, spell_text(spelt), "no reply bore one")
    same = _loose(seen.content_type) == _loose(spelt)
    return compared(key, spell_text(spelt), spell_text(spelt if same else seen.content_type))


def _loose(content_type: str) -> str:
    return content_type.lower().replace(" ", "")


def _message_id(seen: Observed, assumed: Profile) -> Finding:
    key, pattern = "message_id.pattern", assumed.message_id.pattern
    if seen.message_id is None:
        return unknown(key, spell_text(pattern), _NOT_SHOWN)
    fits = re.fullmatch(pattern, seen.message_id) is not None
    found = pattern if fits else ANY_ID
    return compared(key, spell_text(pattern), spell_text(found), f"seen: {seen.message_id}")


def _first_id(seen: Observed, assumed: Profile) -> Finding:
    """Where ids are plain numbers the mock may go on from the one that was seen."""
    key, first = "message_id.first", str(assumed.message_id.first)
    if seen.message_id is None:
        return unknown(key, first, _NOT_SHOWN)
    if not seen.message_id.isdecimal():
        return unknown(key, first, f"ids are no plain numbers here: {seen.message_id}")
    # Every id is another: one of as many digits is as assumed.
    if len(seen.message_id) == len(first):
        return compared(key, first, first, f"seen: {seen.message_id}")
    return compared(key, first, str(int(seen.message_id)))


def _number(seen: Observed, assumed: Profile) -> Finding:
    pattern = spell_text(assumed.number.pattern)
    if seen.number_pattern is None:
        return unknown("number.pattern", pattern, "a wrong password outranks a wrong number")
    return compared("number.pattern", pattern, spell_text(seen.number_pattern))


def _text(seen: Observed, assumed: Profile) -> list[Finding]:
    text = assumed.text
    unit = spell_text(text.unit)
    if seen.text_limit is None:
        why = "a wrong password outranks a long text, or there is no limit"
        limit = [
            unknown("text.max_length", str(text.max_length), why),
            unknown("text.unit", unit, why),
        ]
    else:
        longest, counted = seen.text_limit.max_length, seen.text_limit.unit
        limit = [
            compared("text.max_length", str(text.max_length), str(longest)),
            unknown("text.unit", unit, "accents count for more than one here")
            if counted is None
            else compared("text.unit", unit, spell_text(counted)),
        ]
    return [
        *limit,
        unknown("text.http_charset", spell_text(text.http_charset), _NEVER_SHOWN),
        unknown("text.soap_charset", spell_text(text.soap_charset), _NEVER_SHOWN),
    ]


def _precedence(
    seen: Observed, operation: Operation, assumed: Profile, found: Conclusions
) -> Finding:
    sends = operation == "send"
    key = "errors.precedence" if sends else "errors.status_precedence"
    known = assumed.errors.precedence if sends else assumed.errors.status_precedence
    replies = seen.replies.get(("http", operation))
    if replies is None or not replies.contests:
        return unknown(key, spell_codes(known), "no reply told it")
    ordered = order(replies.contests, known)
    if ordered is None:
        return unknown(key, spell_codes(known), "the replies contradict each other")
    over_soap = seen.replies.get(("soap", operation))
    told_over_soap = [] if over_soap is None else over_soap.contests
    if order([*replies.contests, *told_over_soap], known) is None:
        found.remarks.append(f"{operation}: SOAP has another precedence than HTTP")
    return compared(key, spell_codes(known), spell_codes(ordered), "as far as wrong calls tell it")


def _final(seen: Observed, assumed: Profile) -> Finding:
    spelt = spell_codes(sorted(assumed.status.final))
    if not seen.states:
        return unknown("status.final", spelt, _NOT_SHOWN)
    told = " → ".join(map(str, seen.states))
    return unknown("status.final", spelt, f"seen: {told}; one message does not tell")
