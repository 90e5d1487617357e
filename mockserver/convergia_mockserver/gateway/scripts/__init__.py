"""Scripts: "answer the next requests that match with this"."""

from .book import ScriptBook
from .definition import (
    Match,
    NearMiss,
    Script,
    ScriptAnswer,
    ScriptError,
    ScriptOptions,
    ScriptState,
    Subject,
    script,
)

__all__ = [
    "Match",
    "NearMiss",
    "Script",
    "ScriptAnswer",
    "ScriptBook",
    "ScriptError",
    "ScriptOptions",
    "ScriptState",
    "Subject",
    "script",
]
