"""Scripts, which answer the next matching requests."""

from .active import ActiveScript
from .book import ScriptBook
from .definition import NearMiss, Script, ScriptAnswer, ScriptError, ScriptState
from .delays import Delay
from .options import ScriptOptions, script
from .storage import ScriptStorage

__all__ = [
    "ActiveScript",
    "Delay",
    "NearMiss",
    "Script",
    "ScriptAnswer",
    "ScriptBook",
    "ScriptError",
    "ScriptOptions",
    "ScriptState",
    "ScriptStorage",
    "script",
]
