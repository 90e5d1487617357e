"""The texts of the fixtures' failed assertions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.journal import JournalQuery
from convergia_mockserver.gateway.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convergia_mockserver.gateway.journal import RequestFinding
    from convergia_mockserver.gateway.messages import Message, MessageQuery
    from convergia_mockserver.gateway.scripts import ScriptState
    from convergia_mockserver.gateway.space import Space

_SHOWN = 5


def not_sent(query: MessageQuery, count: int | None, found: list[Message], space: Space) -> str:
    """Return the text for a failed `assert_sent`."""
    messages = space.messages
    wanted = _described(query)
    if found:
        lines = [f"{_sent(len(found))}{wanted}, not {count}:"]
        lines += [f"  {_line(message)}" for message in found[:_SHOWN]]
    elif not messages:
        lines = [f"no message was sent{wanted}: none was accepted at all"]
    else:
        count = len(messages)
        others = "1 other was" if count == 1 else f"{count:,} others were, the nearest"
        lines = [f"no message was sent{wanted}; {others}:"]
        lines += _difference(query, max(messages, key=lambda each: _agreement(query, each)))
    lines += _refused(space)
    return "\n".join(lines)


def sent_after_all(query: MessageQuery, found: list[Message]) -> str:
    """Return the text for a failed `assert_not_sent`."""
    lines = [f"{_sent(len(found))}{_described(query)}:"]
    return "\n".join(lines + [f"  {_line(message)}" for message in found[:_SHOWN]])


def unwanted_findings(found: Sequence[RequestFinding]) -> str:
    """Return the text for a failed `assert_no_findings`."""
    lines = [f"{_counted(len(found), 'finding')}:", *(f"  {each}" for each in found[:_SHOWN])]
    if len(found) > _SHOWN:
        lines.append(f"  and {len(found) - _SHOWN} more")
    return "\n".join(lines)


def unused_scripts(unused: Sequence[ScriptState], space: Space) -> str:
    """Return the text for a failed `assert_scripts_used`."""
    nearest = {miss.script: miss for _, miss in space.journal.unmatched() if miss is not None}
    lines = [f"{_counted(len(unused), 'script')} answered no request:"]
    for state in unused[:_SHOWN]:
        answer = state.script.answers[0]
        line = f"  script {state.id} ({answer.label})"
        if state.id in nearest:
            line += f": the nearest request: {'; '.join(nearest[state.id].reasons)}"
        lines.append(line)
    return "\n".join(lines)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _sent(count: int) -> str:
    return f"{_counted(count, 'message')} {'was' if count == 1 else 'were'} sent"


def _described(query: MessageQuery) -> str:
    parts = [f"{field} {pattern(wanted)}" for field, wanted in query.given().items()]
    return f" with {', '.join(parts)}" if parts else ""


def _agreement(query: MessageQuery, message: Message) -> tuple[int, int]:
    """Return the number of fields that match, and the length of the others' common beginnings."""
    agreed = common = 0
    tests = query.tests()
    for field, wanted in query.given().items():
        value: str = getattr(message, field)
        if tests[field](value):
            agreed += 1
        else:
            common += len(_common_start(str(wanted), value))
    return agreed, common


def _difference(query: MessageQuery, message: Message) -> list[str]:
    lines = [f"  message {message.id}, by {message.face}"]
    tests = query.tests()
    for field, wanted in query.given().items():
        value: str = getattr(message, field)
        if tests[field](value):
            lines.append(f"    {field:8}{value!r}")
            continue
        lines += [f"  - {field:8}{pattern(wanted)}", f"  + {field:8}{value!r}"]
        if isinstance(wanted, str) and (start := _common_start(wanted, value)):
            lines.append(f"  ? {'':8}{' ' * len(repr(start)[:-1])}^")
    return lines


def _common_start(one: str, other: str) -> str:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return one[:length]


def _refused(space: Space) -> list[str]:
    """Return lines about refused sends by code or fault, the usual reason for a missing message."""
    entries, _ = space.journal.find(JournalQuery(operation="send"))
    refused = Counter(
        entry.fault or str(entry.code) for entry in entries if entry.message_id is None
    )
    return [f"  refused with {reason}: {times}" for reason, times in refused.most_common()]


def _line(message: Message) -> str:
    extra = f" extra {message.extra!r}" if message.extra else ""
    return f"{message.id} {message.face} to {message.number}: {message.text!r}{extra}"
