"""Writes onto a test's report what it is about and, where it failed, why and with what evidence.

They are user properties, so that a JUnit report has them, and a run of several processes too.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from .redaction import mask
from .target import DEFAULT_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from .target import Target

LONGEST_REPLY: Final = 600
"""Characters of a reply that evidence shows."""


def topic_of(item: pytest.Item) -> str:
    """Return what the marker `about` says, else the test's own name."""
    marker = item.get_closest_marker("about")
    return str(marker.args[0]) if marker else item.name.partition("[")[0].removeprefix("test_")


def annotate(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Add the properties of a test that has ended, or could not begin."""
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
    """Return a line for each cause of these failures: how many, what, and the cure."""
    counted: Counter[tuple[str, str]] = Counter()
    for report in reports:
        said = dict(report.user_properties)
        if "cause" in said:
            counted[str(said["title"]), str(said["cure"])] += 1
    return [f"{count} tests: {title}. {cure}" for (title, cure), count in counted.most_common()]


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
