"""Conclusions from the observed replies: a finding for each assumption, and the new profile."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convergia_wsdl import ContractError, load_profile

from convergia_sms._counts import counted
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
_NEVER_SHOWN = "no reply shows it"
_FACES: tuple[tuple[str, Operation], ...] = (
    ("http", "send"),
    ("http", "status"),
    ("soap", "send"),
    ("soap", "status"),
)


@dataclass(slots=True)
class Conclusions:
    """The results of a probe.

    Attributes:
        findings: a finding for each assumption, in the profile's order.
        remarks: observations that no assumption covers: strange replies, differences between the
            transports.
        unreadable: what should be visible at every gateway, but was not at this one.
        carried: differences of the assumed profile from the packaged one that no finding changes,
            by dotted key.
        dialects: the known part of each dialect, by transport and operation.
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
        """True if anything differs from the assumptions, or is no longer visible."""
        return bool(self.unreadable) or any(one.verdict == "otherwise" for one in self.findings)


def conclude(observed: Observed, guide: Guide, assumed: Profile) -> Conclusions:
    """Compare the observations with the assumptions."""
    found = Conclusions()
    _take_dialects(observed, found)
    found.findings += [
        _wsdl(observed, assumed, found),
        *_values(observed),
        *_dialects(observed, found, assumed),
        _content_type(observed, assumed),
        _message_id(observed, assumed),
        _first_id(observed, assumed),
        _number(observed, assumed),
        *_text(observed, assumed),
        _precedence(observed, "send", assumed, found),
        _precedence(observed, "status", assumed, found),
        unknown("errors.retryable", spell_codes(sorted(assumed.errors.retryable)), _NEVER_SHOWN),
        _final(observed, assumed),
    ]
    found.carried |= _carried(observed, assumed, found)
    if observed.wsdl_trouble:
        found.unreadable.append(f"the SOAP service: {observed.wsdl_trouble}")
    for (transport, operation), replies in observed.replies.items():
        if replies.inferred is None:
            found.unreadable.append(
                f"{transport}: the replies to {operation} have no dialect known here"
            )
        found.remarks += [f"{transport}: {stray}" for stray in replies.strays]
    found.unreadable += observed.troubles
    if not observed.page:
        found.remarks.append(f"{guide.webservice.path} shows no page of functions")
    return found


def _carried(observed: Observed, assumed: Profile, found: Conclusions) -> dict[str, str]:
    told = [one.key for one in found.findings if one.verdict != "unknown"]
    if not observed.overridden:
        told += ["binding.send", "binding.status"]
    told += [f"binding.{operation}" for operation in observed.values]
    carried = {
        key: value
        for key, value in changes(assumed).items()
        if not any(key == one or key.startswith(f"{one}.") for one in told)
    }
    own = assumed.wsdl != load_profile().wsdl
    return {"wsdl": spell_text(assumed.wsdl), **carried} if own and "wsdl" not in told else carried


def _wsdl(observed: Observed, assumed: Profile, found: Conclusions) -> Finding:
    name = spell_text("webservice.wsdl")
    if observed.wsdl is None or observed.wsdl_trouble:
        return unknown("wsdl", name, observed.wsdl_trouble)
    try:
        cached = describe(assumed.wsdl_bytes(), assumed.wsdl)
        changes = differences(cached, describe(observed.wsdl, "the gateway's WSDL"))
    except ContractError as error:
        return unknown("wsdl", name, str(error))
    found.remarks += [f"WSDL: {change}" for change in changes]
    if not changes:
        return Finding("wsdl", "as assumed", name, name, "the same operations, parts and style")
    note = counted(
        len(changes),
        "1 difference; `convergia wsdl diff` shows it",
        f"{len(changes):,} differences; `convergia wsdl diff` lists them",
    )
    return Finding("wsdl", "otherwise", name, name, note)


def _values(observed: Observed) -> list[Finding]:
    """Return findings for parts without a parameter in the guide. Their values are proposals."""
    note = "proposed: the guide has no parameter for it, and it must not be empty; check it"
    return [
        Finding(f"binding.{operation}.values.{spell_text(name)}", "otherwise", "unset", value, note)
        for operation, values in observed.values.items()
        for name, value in ((name, spell_text(value)) for name, value in values.items())
    ]


def _take_dialects(observed: Observed, found: Conclusions) -> None:
    """Record each dialect, completed by that of the other transport."""
    for transport, operation in _FACES:
        replies = observed.replies.get((transport, operation))
        if replies is None:
            continue
        other = "http" if transport == "soap" else "soap"
        guess = hypothesis(
            replies.inferred,
            observed.replies.get((other, operation)),
            answered=bool(observed.samples.get((transport, operation))),
        )
        if guess is not None:
            found.guessed[transport, operation] = other
        inferred = guess or replies.inferred
        if inferred is not None:
            found.dialects[transport, operation] = inferred


def _dialects(observed: Observed, found: Conclusions, assumed: Profile) -> list[Finding]:
    return [
        _dialect(observed, found, transport, operation, assumed) for transport, operation in _FACES
    ]


def _dialect(
    observed: Observed, found: Conclusions, transport: str, operation: Operation, assumed: Profile
) -> Finding:
    key = f"reply.{transport}.{operation}"
    assumed_spelling = spell_dialect(getattr(getattr(assumed.reply, transport), operation))
    inferred = found.dialects.get((transport, operation))
    if inferred is None:
        asked = (transport, operation) in observed.replies
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


def _content_type(observed: Observed, assumed: Profile) -> Finding:
    key, spelt = "reply.http.content_type", assumed.reply.http.content_type
    if observed.content_type is None:
        return unknown(key, spell_text(spelt), "no reply contained one")
    same = _loose(observed.content_type) == _loose(spelt)
    return compared(key, spell_text(spelt), spell_text(spelt if same else observed.content_type))


def _loose(content_type: str) -> str:
    return content_type.lower().replace(" ", "")


def _message_id(observed: Observed, assumed: Profile) -> Finding:
    key, pattern = "message_id.pattern", assumed.message_id.pattern
    if observed.message_id is None:
        return unknown(key, spell_text(pattern), _NOT_SHOWN)
    fits = re.fullmatch(pattern, observed.message_id) is not None
    found = pattern if fits else ANY_ID
    return compared(key, spell_text(pattern), spell_text(found), f"seen: {observed.message_id}")


def _first_id(observed: Observed, assumed: Profile) -> Finding:
    """Return the finding about the first id. The mock continues from an observed number."""
    key, first = "message_id.first", str(assumed.message_id.first)
    if observed.message_id is None:
        return unknown(key, first, _NOT_SHOWN)
    if not observed.message_id.isdecimal():
        return unknown(key, first, f"ids are not plain numbers here: {observed.message_id}")
    # Ids differ each time, so one with as many digits is as assumed.
    if len(observed.message_id) == len(first):
        return compared(key, first, first, f"seen: {observed.message_id}")
    return compared(key, first, str(int(observed.message_id)))


def _number(observed: Observed, assumed: Profile) -> Finding:
    pattern = spell_text(assumed.number.pattern)
    if observed.number_pattern is None:
        return unknown("number.pattern", pattern, "a wrong password outranks a wrong number")
    return compared("number.pattern", pattern, spell_text(observed.number_pattern))


def _text(observed: Observed, assumed: Profile) -> list[Finding]:
    text = assumed.text
    unit = spell_text(text.unit)
    if observed.text_limit is None:
        why = "a wrong password outranks a long text, or there is no limit"
        limit = [
            unknown("text.max_length", str(text.max_length), why),
            unknown("text.unit", unit, why),
        ]
    else:
        longest, limited = observed.text_limit.max_length, observed.text_limit.unit
        limit = [
            compared("text.max_length", str(text.max_length), str(longest)),
            unknown("text.unit", unit, "accents count for more than one here")
            if limited is None
            else compared("text.unit", unit, spell_text(limited)),
        ]
    return [
        *limit,
        unknown("text.http_charset", spell_text(text.http_charset), _NEVER_SHOWN),
        unknown("text.soap_charset", spell_text(text.soap_charset), _NEVER_SHOWN),
    ]


def _precedence(
    observed: Observed, operation: Operation, assumed: Profile, found: Conclusions
) -> Finding:
    sends = operation == "send"
    key = "errors.precedence" if sends else "errors.status_precedence"
    known = assumed.errors.precedence if sends else assumed.errors.status_precedence
    replies = observed.replies.get(("http", operation))
    if replies is None or not replies.contests:
        return unknown(key, spell_codes(known), _NEVER_SHOWN)
    ordered = order(replies.contests, known)
    if ordered is None:
        return unknown(key, spell_codes(known), "the replies contradict each other")
    over_soap = observed.replies.get(("soap", operation))
    soap_contests = [] if over_soap is None else over_soap.contests
    if order([*replies.contests, *soap_contests], known) is None:
        found.remarks.append(f"{operation}: SOAP has another precedence than HTTP")
    return compared(key, spell_codes(known), spell_codes(ordered), "as far as rejected calls show")


def _final(observed: Observed, assumed: Profile) -> Finding:
    spelt = spell_codes(sorted(assumed.status.final))
    if not observed.states:
        return unknown("status.final", spelt, _NOT_SHOWN)
    told = " → ".join(map(str, observed.states))
    return unknown("status.final", spelt, f"seen: {told}; one message is not enough")
