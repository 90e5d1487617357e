"""The rules of sending, each of which finds one kind of mistake.

The texts (title, reason, cure, and the sentence about a breach) are in `texts/`, by the name of the
rule. A rule yields the values for its sentence. Only one rule reports a given cause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from convergia_mockserver.gateway.patterns import twelve_digits

from .observation import answered, ended_by_signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convergia_mockserver import JournalEntry

    from .observation import Observation

Severity = Literal["failure", "remark"]
Values = dict[str, str]
_ACCEPTED = 100
_NO_FAILURE = frozenset({0, 3})
_SHOWN = 200

_TRACES = re.compile(
    r"Traceback \(most recent call last\)"
    r"|^Exception in thread \""
    r"|^\s+at [\w.$<>]+\([\w$]+\.java:\d+\)"
    r"|^\s+at .*\(?(?:file://|node:|/)[^()]*:\d+:\d+\)?$"
    r"|(?:PHP )?Fatal error: +Uncaught"
    r"|^Unhandled exception"
    r"|^panic: "
    r"|\.rb:\d+:in [`']",
    re.MULTILINE,
)
_LATER = re.compile(
    r"\b(?:try|tries|tried|retry|retried|retries) (?:it |this )?(?:again|later)|\bretr(?:y|ies)\b"
    r"|\btemporar(?:y|ily|io|ia)\b|\btransient\b|\bpassing\b|\blater\b|\breintent|\bm[aá]s tarde\b"
    r"|\bintente|\bde nuevo\b",
    re.IGNORECASE,
)
_TEMPORARY_EXIT_CODE = 75  # EX_TEMPFAIL of sysexits.h


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of sending.

    Attributes:
        name: the name in reports and in the file of `--expect`.
        severity: a `failure` fails the rehearsal, a `remark` does not.
        breaches: yields the values for the sentence about each breach.
    """

    name: str
    severity: Severity
    breaches: Callable[[Observation], Iterator[Values]]


def _hung(seen: Observation) -> Iterator[Values]:
    if seen.run is not None and seen.run.exit_code is None:
        yield {"seconds": f"{seen.run.seconds:.1f}"}


def _crashed(seen: Observation) -> Iterator[Values]:
    run = seen.run
    if run is None or run.exit_code is None:
        return
    signal = ended_by_signal(run)
    if signal is not None:
        yield {"how": f"signal {signal}"}
    elif run.exit_code and (trace := _TRACES.search(run.output)):
        yield {"how": trace.group().strip()[:_SHOWN]}


def _password_exposed(seen: Observation) -> Iterator[Values]:
    if seen.run is not None and seen.run.password_shown:
        yield {"where": ", ".join(seen.run.password_shown)}


def _resent_after_unknown(seen: Observation) -> Iterator[Values]:
    lost = _lost(seen)
    if lost:
        unclear = lost[0]
        yield {
            "why": unclear.fault or f"{unclear.delay:g} s",
            "requests": str(len(seen.sends)),
            "messages": str(len(seen.messages)),
        }


def _sent_twice(seen: Observation) -> Iterator[Values]:
    if len(seen.messages) > 1 and not _lost(seen):
        yield {"messages": str(len(seen.messages))}


def _claimed_success(seen: Observation) -> Iterator[Values]:
    if seen.claim == "success" and not seen.messages:
        yield {"codes": _replies(seen)}


def _claimed_failure(seen: Observation) -> Iterator[Values]:
    if (
        seen.claim == "failure"
        and seen.messages
        and answered(seen, -1)
        and seen.sends[-1].code == _ACCEPTED
        and all(each.code in _NO_FAILURE and not each.fault for each in seen.queries)
    ):
        yield {"id": seen.messages[-1].id, **_ending(seen)}


def _unknown_called_failure(seen: Observation) -> Iterator[Values]:
    if seen.claim == "failure" and seen.sends and not answered(seen, -1):
        yield {"taken": str(len(seen.messages)), **_ending(seen)}


def _not_accepted(seen: Observation) -> Iterator[Values]:
    if seen.claim == "success":
        return  # the rule claimed-success reports it
    if not seen.sends:
        if not seen.scenario.may_refuse:
            yield {"codes": "-"}
    elif seen.expects == "accepted" and not seen.messages:
        yield {"codes": _replies(seen)}


def _wrong_number(seen: Observation) -> Iterator[Values]:
    for message in seen.messages:
        if twelve_digits(message.number) != seen.assignment.number:
            yield {"wanted": seen.assignment.number, "found": message.number}


def _text_altered(seen: Observation) -> Iterator[Values]:
    """Find messages whose stored text or reference is not the wanted one.

    Damage by the gateway's charset does not count.
    """
    for message in seen.messages:
        wanted = _stored(seen, seen.assignment.message, message.face)
        if message.text != wanted:
            yield {"wanted": _quoted(wanted), "found": _quoted(message.text)}
        extra = _stored(seen, seen.assignment.extra, message.face)
        if seen.names_extra and message.extra != extra:
            yield {"wanted": _quoted(extra), "found": _quoted(message.extra)}


def _text_lost(seen: Observation) -> Iterator[Values]:
    """Find texts with characters that the gateway's charset lost, unreported by the program."""
    text = seen.assignment.message
    for message in seen.messages:
        lost = sorted(set(text) - set(_stored(seen, text, message.face)))
        said = "" if seen.run is None else seen.run.output.replace(text, "")
        if lost and message.text == _stored(seen, text, message.face):
            # Programs write U+20AC or \u20ac.
            names = said.upper()
            unsaid = [one for one in lost if one not in said and f"{ord(one):04X}" not in names]
            if unsaid:
                yield {"characters": " ".join(unsaid), "found": _quoted(message.text)}


def _finding(seen: Observation) -> Iterator[Values]:
    reported = set()
    for entry in (*seen.sends, *seen.queries):
        for finding in entry.findings:
            # Resends and lost characters have their own rules.
            if finding.kind in {"encoding", "charset", "resend", "duplicate"}:
                continue
            if "gateway's charset" in finding.text or _lacks_extra_alone(entry, finding.text):
                continue
            if finding.text not in reported:
                reported.add(finding.text)
                yield {"kind": finding.kind, "text": finding.text}


def _gave_up(seen: Observation) -> Iterator[Values]:
    run = seen.run
    if run is None or seen.claim != "failure" or run.exit_code == _TEMPORARY_EXIT_CODE:
        return
    if _LATER.search(run.output):
        return
    if len(seen.sends) == 1 and answered(seen, 0):
        code = seen.sends[0].code
        if code in seen.profile.errors.retryable:
            yield {"what": f"{code}"}
    if len(seen.queries) == 1 and seen.queries[0].fault:
        yield {"what": f"{seen.queries[0].fault}"}


def _lost(seen: Observation) -> list[JournalEntry]:
    """Return the sends whose reply was lost, and that another send followed."""
    return [entry for position, entry in enumerate(seen.sends[:-1]) if not answered(seen, position)]


def _lacks_extra_alone(entry: JournalEntry, text: str) -> bool:
    """Return True if only the reference is missing, which the guide calls optional."""
    return text.startswith("only ") and {"username", "password", "number", "message"} <= set(
        entry.arguments
    )


def _stored(seen: Observation, text: str, face: str) -> str:
    charset = seen.profile.text.soap_charset if face == "soap" else ""
    return text.encode(charset, "replace").decode(charset) if charset else text


def _replies(seen: Observation) -> str:
    replies = [entry.fault or str(entry.code) for entry in seen.sends]
    return ", ".join(dict.fromkeys(replies)) or "-"


def _ending(seen: Observation) -> Values:
    return {"exit_code": "-" if seen.run is None else str(seen.run.exit_code)}


def _quoted(text: str) -> str:
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return repr(shown)


# A program that hung or crashed reports no outcome, but its requests are still judged.
_ENDED = (
    Rule("hung", "failure", _hung),
    Rule("crashed", "failure", _crashed),
)
_ALWAYS = (
    Rule("sent-twice", "failure", _sent_twice),
    Rule("resent-after-unknown", "failure", _resent_after_unknown),
    Rule("wrong-number", "failure", _wrong_number),
    Rule("text-altered", "failure", _text_altered),
    Rule("password-exposed", "failure", _password_exposed),
    Rule("finding", "failure", _finding),
    Rule("text-lost", "remark", _text_lost),
)
_CLAIMS = (
    Rule("claimed-success", "failure", _claimed_success),
    Rule("claimed-failure", "failure", _claimed_failure),
    Rule("not-accepted", "failure", _not_accepted),
    Rule("unknown-called-failure", "remark", _unknown_called_failure),
    Rule("gave-up", "remark", _gave_up),
)
RULES: dict[str, Rule] = {rule.name: rule for rule in (*_ALWAYS, *_ENDED, *_CLAIMS)}


def broken(seen: Observation) -> Iterator[tuple[Rule, Values]]:
    """Yield each breach of a rule."""
    ended = [(rule, values) for rule in _ENDED for values in rule.breaches(seen)]
    yield from ended
    for rule in _ALWAYS if ended else (*_ALWAYS, *_CLAIMS):
        for values in rule.breaches(seen):
            yield rule, values
