"""Adding the topic of a test to its report, and for a failure the cause and the evidence.

These are user properties, so that they are also in a JUnit report and in a run of several
processes.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from convergia_sms._counts import counted

from .redaction import mask
from .target import DEFAULT_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from .target import Target

LONGEST_REPLY: Final = 600
"""The largest number of characters of a reply that the evidence shows."""


def topic_of(item: pytest.Item) -> str:
    """Return the topic of the marker `about`, or else the name of the test."""
    marker = item.get_closest_marker("about")
    return str(marker.args[0]) if marker else item.name.partition("[")[0].removeprefix("test_")


def annotate(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Add the properties to the report of a test that has ended, or failed to begin."""
    target: Target | None = getattr(item, "funcargs", {}).get("target")
    if report.when == "setup" and report.passed:
        if target is not None:
            target.questions.begin()
        return
    said = {"topic": topic_of(item)}
    if report.failed and call.excinfo is not None:
        said |= _why(call.excinfo.value, target, said["topic"])
        if target is not None and target.password != DEFAULT_PASSWORD:
            said = {name: mask(text, target.password) for name, text in said.items()}
    for name, text in said.items():
        if text:
            item.user_properties.append((name, text))
            report.user_properties.append((name, text))


def cause_lines(reports: Iterable[pytest.TestReport]) -> list[str]:
    """Return one line for each cause of the failures, with the number of tests and the cure."""
    causes: Counter[tuple[str, str]] = Counter()
    for report in reports:
        said = dict(report.user_properties)
        if "cause" in said:
            causes[str(said["title"]), str(said["cure"])] += 1
    return [
        f"{counted(count, '1 test', f'{count} tests')}: {title}. {cure}"
        for (title, cure), count in causes.most_common()
    ]


def _why(error: BaseException, target: Target | None, topic: str) -> dict[str, str]:
    from .causes import cause_of

    last = None if target is None else target.questions.last
    cause = cause_of(error, last, topic)
    said = {
        "cause": cause.name,
        "title": cause.title,
        "cure": cause.cure.format(url=target.base_url if target else "URL"),
    }
    if last is None:
        return said
    return said | {
        "where": f"{last.operation.partition('?')[0]} over {last.transport}",
        "curl": last.curl(),
        "http_status": str(last.status or ""),
        "reply": last.reply.decode(errors="replace")[:LONGEST_REPLY],
    }
