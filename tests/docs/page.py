"""A page of the documentation as a list of steps for its reader.

CONTRIBUTING.md explains under "Docs that run" which blocks are steps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["python", "test", "console", "file"]

_FENCE = re.compile(
    r"(?:^<!-- (?P<comment>[^\n]*) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<source>.*?)^(?P=indent)```\n",
    re.MULTILINE | re.DOTALL,
)
_OUTPUT = re.compile(r"\n*^ *```text\n(?P<output>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"^(async )?def test_", re.MULTILINE)
_TRAILING_SPACE = re.compile(r"[ \t]+$", re.MULTILINE)
_COMMENT = re.compile(r"(?P<word>not run|file): (?P<rest>\S.*)")


@dataclass(frozen=True, slots=True)
class Step:
    """A fenced block that is run or saved.

    Attributes:
        kind: how it is run or saved.
        line: the line of the page on which its source begins, from 1.
        source: the block's text, without the fence's indent.
        output: the output that the page shows, if any.
        name: the name of the file in which the block is saved.
    """

    kind: Kind
    line: int
    source: str
    output: str | None = None
    name: str = ""


def steps(page: Path) -> list[Step]:
    """The steps of `page`.

    Raises:
        ValueError: a comment before a block is spelt like an opt-out and is none.
    """
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start("source")) + 1
        source = re.sub(rf"^{match['indent']}", "", match["source"], flags=re.MULTILINE)
        comment = _COMMENT.fullmatch(match["comment"] or "")
        if (match["comment"] or "").startswith(("not run", "file")) and not comment:
            raise ValueError(f"{page.name}:{line}: <!-- {match['comment']} --> gives no reason")
        if comment and comment["word"] == "not run":
            continue
        if comment:
            found.append(Step("file", line, source, name=comment["rest"]))
        elif match["language"] == "python":
            output = _OUTPUT.match(text, match.end() - 1)
            kind: Kind = (
                "test" if re.search(r"^(async )?def test_", source, re.MULTILINE) else "python"
            )
            found.append(Step(kind, line, source, output["output"] if output else None))
        elif match["language"] == "console":
            found.append(Step("console", line, source))
    return found


def matches(expected: str, actual: str) -> bool:
    """Return True if the page shows `actual`. `…` matches anything. Trailing space is ignored."""
    shown, printed = (_TRAILING_SPACE.sub("", text.strip()) for text in (expected, actual))
    pattern = "(?s:.*)".join(re.escape(part) for part in shown.split("…"))
    return bool(re.fullmatch(pattern, printed))
