"""Small clients that pass a rehearsal, in several languages."""

from __future__ import annotations

from importlib.resources import files

EXAMPLES = {
    "php": "send.php",
    "node": "send.mjs",
    "java": "Send.java",
    "dotnet": "Send.cs",
    "python": "send.py",
}


def example_source(language: str) -> str:
    """Return the source of the client in that language.

    Raises:
        KeyError: no example is in that language.
    """
    return (files(__package__) / EXAMPLES[language]).read_text("utf-8")
